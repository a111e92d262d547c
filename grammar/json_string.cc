// SPDX-License-Identifier: Apache-2.0
#include "grammar/json_string.h"

#include <cstdint>

#include "grammar/utf8.h"

namespace writ {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUnicodeEscape(uint32_t value, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out->push_back(kHex[(value >> shift) & 15U]);
  }
}

}  // namespace

int HexQuad(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const int digit = HexValue(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

std::string UnescapeJson(std::string_view inner) {
  std::string out;
  out.reserve(inner.size());
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\' || i + 1 == inner.size()) {
      out.push_back(inner[i]);
      continue;
    }
    const char c = inner[++i];
    const size_t simple = std::string_view("bfnrt").find(c);
    if (simple != std::string_view::npos) {
      out.push_back("\b\f\n\r\t"[simple]);
      continue;
    }
    const int unit = c == 'u' ? HexQuad(inner, i + 1) : -1;
    if (unit < 0) {
      out.push_back(c);
      continue;
    }
    i += 4;
    uint32_t value = static_cast<uint32_t>(unit);
    if (value >= 0xD800 && value < 0xDC00 && inner.substr(i + 1, 2) == "\\u") {
      const int second = HexQuad(inner, i + 3);
      if (second >= 0xDC00 && second < 0xE000) {
        value = 0x10000 + ((value - 0xD800) << 10) +
                (static_cast<uint32_t>(second) - 0xDC00);
        i += 6;
      }
    }
    if (value >= 0xD800 && value < 0xE000) value = 0xFFFD;
    AppendUtf8(value, &out);
  }
  return out;
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    const size_t short_form = point.value < 0x20
                                  ? std::string_view("\b\f\n\r\t")
                                        .find(static_cast<char>(point.value))
                                  : std::string_view::npos;
    if (point.value == '"' || point.value == '\\') {
      out->push_back('\\');
      out->push_back(static_cast<char>(point.value));
    } else if (short_form != std::string_view::npos) {
      out->push_back('\\');
      out->push_back("bfnrt"[short_form]);
    } else if (point.value < 0x20 || point.value == 0x7F ||
               IsBidiControl(point.value)) {
      AppendUnicodeEscape(point.value, out);
    } else {
      out->append(text.substr(i, point.size));
    }
    i += point.size;
  }
  out->push_back('"');
}

bool IsJsonNumber(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t from = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i > from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (i < text.size() && text[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

}  // namespace writ
