// SPDX-License-Identifier: Apache-2.0
#include "base/json_scanner.h"

#include "base/limits.h"

namespace writ {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Stands for itself in a string, alone.
bool IsPlain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void AppendUtf8(unsigned code_point, std::string* out) {
  const auto put = [&](unsigned byte) {
    out->push_back(static_cast<char>(byte));
  };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace

size_t Utf8SequenceSize(std::string_view text) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool JsonScanner::Fail(std::string_view what) {
  if (error_.empty()) {
    error_ = std::string(what) + " at byte " + std::to_string(at_ + 1);
  }
  return false;
}

void JsonScanner::SkipSpace() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

JsonScanner::Type JsonScanner::Peek() {
  SkipSpace();
  if (at_ >= text_.size()) return Type::kNone;
  switch (text_[at_]) {
    case '{':
      return Type::kObject;
    case '[':
      return Type::kArray;
    case '"':
      return Type::kString;
    case 't':
    case 'f':
      return Type::kBool;
    case 'n':
      return Type::kNull;
    default:
      return text_[at_] == '-' || IsDigit(text_[at_]) ? Type::kNumber
                                                      : Type::kNone;
  }
}

bool JsonScanner::Open(char bracket) {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != bracket) {
    return Fail(bracket == '{' ? "expected an object" : "expected a list");
  }
  ++at_;
  first_ = true;
  return true;
}

bool JsonScanner::NextElement(bool* more) {
  SkipSpace();
  if (at_ >= text_.size()) return Fail("the text ends inside a list");
  const bool first = first_;
  first_ = false;
  if (text_[at_] == ']') {
    ++at_;
    *more = false;
    return true;
  }
  if (!first) {
    if (text_[at_] != ',') return Fail("expected `,` or `]`");
    ++at_;
  }
  *more = true;
  return true;
}

bool JsonScanner::NextMember(bool* more, std::string* key) {
  SkipSpace();
  if (at_ >= text_.size()) return Fail("the text ends inside an object");
  const bool first = first_;
  first_ = false;
  if (text_[at_] == '}') {
    ++at_;
    *more = false;
    return true;
  }
  if (!first) {
    if (text_[at_] != ',') return Fail("expected `,` or `}`");
    ++at_;
  }
  *more = true;
  if (!ReadString(key)) return false;
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != ':') return Fail("expected `:`");
  ++at_;
  return true;
}

bool JsonScanner::ReadHex4(unsigned* unit) {
  *unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ >= text_.size()) return Fail("the text ends inside an escape");
    const char c = text_[at_];
    unsigned digit = 0;
    if (IsDigit(c)) {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return Fail("a \\u escape needs four hexadecimal digits");
    }
    *unit = *unit << 4 | digit;
  }
  return true;
}

// Just behind the backslash.
bool JsonScanner::ReadEscape(std::string* value) {
  if (at_ >= text_.size()) return Fail("the text ends inside a string");
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const char name = text_[at_++];
  if (const size_t i = kNames.find(name); i != kNames.npos) {
    value->push_back(kMeant[i]);
    return true;
  }
  if (name != 'u') return Fail("no such escape");
  unsigned unit = 0;
  if (!ReadHex4(&unit)) return false;
  if (unit >= 0xDC00 && unit <= 0xDFFF) return Fail("a lone surrogate");
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    if (text_.substr(at_, 2) != "\\u") return Fail("a lone surrogate");
    at_ += 2;
    unsigned low = 0;
    if (!ReadHex4(&low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return Fail("a lone surrogate");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(unit, value);
  return true;
}

bool JsonScanner::ReadString(std::string* value) {
  SkipSpace();
  value->clear();
  if (at_ >= text_.size() || text_[at_] != '"') {
    return Fail("expected a string");
  }
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      ++at_;
      if (!ReadEscape(value)) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return Fail("a control character in a string");
    }
    // Most texts are plain from one end to the other.
    size_t end = at_;
    while (end < text_.size() && IsPlain(text_[end])) ++end;
    if (end == at_) {
      const size_t size = Utf8SequenceSize(text_.substr(at_, 4));
      if (size == 0) return Fail("not UTF-8");
      end += size;
    }
    value->append(text_, at_, end - at_);
    at_ = end;
  }
  return Fail("the text ends inside a string");
}

bool JsonScanner::ReadNumber(std::string_view* text) {
  SkipSpace();
  const size_t begin = at_;
  const auto digits = [&] {
    const size_t from = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return at_ - from;
  };
  const auto at = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (at('-')) ++at_;
  const size_t whole = at_;
  const size_t count = digits();
  if (count == 0 || (count > 1 && text_[whole] == '0')) {
    return Fail("not a number");
  }
  if (at('.')) {
    ++at_;
    if (digits() == 0) return Fail("not a number");
  }
  if (at('e') || at('E')) {
    ++at_;
    if (at('+') || at('-')) ++at_;
    if (digits() == 0) return Fail("not a number");
  }
  *text = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonScanner::SkipWord(std::string_view word) {
  SkipSpace();
  if (text_.substr(at_, word.size()) != word) return Fail("not a value");
  at_ += word.size();
  return true;
}

bool JsonScanner::ReadBool(bool* value) {
  SkipSpace();
  *value = at_ < text_.size() && text_[at_] == 't';
  return SkipWord(*value ? "true" : "false");
}

// Recursion is bounded by kMaxJsonDepth.
bool JsonScanner::SkipValue(int depth) {
  if (depth > static_cast<int>(kMaxJsonDepth)) return Fail("too deep");
  std::string text;
  std::string_view number;
  bool flag = false;
  bool more = false;
  switch (Peek()) {
    case Type::kString:
      return ReadString(&text);
    case Type::kNumber:
      return ReadNumber(&number);
    case Type::kBool:
      return ReadBool(&flag);
    case Type::kNull:
      return SkipWord("null");
    case Type::kObject:
      if (!Open('{')) return false;
      while (NextMember(&more, &text)) {
        if (!more) return true;
        if (!SkipValue(depth + 1)) return false;
      }
      return false;
    case Type::kArray:
      if (!Open('[')) return false;
      while (NextElement(&more)) {
        if (!more) return true;
        if (!SkipValue(depth + 1)) return false;
      }
      return false;
    case Type::kNone:
      return Fail("expected a value");
  }
  return false;
}

bool JsonScanner::TakeRaw(std::string_view* bytes) {
  SkipSpace();
  const size_t begin = at_;
  size_t depth = 0;
  bool in_string = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (in_string) {
      if (c == '\\') ++at_;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']' || c == ',') && depth == 0) {
      break;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  if (at_ >= text_.size()) return Fail("the text ends inside a value");
  *bytes = text_.substr(begin, at_ - begin);
  while (!bytes->empty() && (bytes->back() == ' ' || bytes->back() == '\t' ||
                             bytes->back() == '\r' || bytes->back() == '\n')) {
    bytes->remove_suffix(1);
  }
  if (bytes->empty()) return Fail("expected a value");
  return true;
}

bool JsonScanner::AtEnd() {
  SkipSpace();
  return at_ == text_.size() || Fail("more text after the value");
}

}  // namespace writ
