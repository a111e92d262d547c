// SPDX-License-Identifier: Apache-2.0
#include "grammar/json_tree.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// What a word or a number that went wrong is made of.
bool IsWordByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '_' || c == '.' || c == '+' || c == '-' || c == '*' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

}  // namespace

// One pass over the text with a stack of open containers. `expect_` says what
// may stand at `at_`; every round of Run consumes at least one byte or changes
// the state, so the work is linear.
class JsonReader {
 public:
  JsonReader(const SourceText& source, Diagnostics* diagnostics)
      : source_(source), text_(source.text()), diagnostics_(diagnostics) {
    tree_.text_ = text_;
  }

  std::optional<JsonTree> Run() {
    if (!Preflight()) return std::nullopt;
    while (!done_ && !failed_) {
      SkipSpace();
      if (failed_) break;
      if (at_ >= text_.size()) {
        EndOfText();
        break;
      }
      switch (expect_) {
        case Expect::kValue:
        case Expect::kValueOrEnd:
          ReadValue();
          break;
        case Expect::kName:
        case Expect::kNameOrEnd:
          ReadName();
          break;
        case Expect::kColon:
          ReadColon();
          break;
        case Expect::kCommaOrEnd:
          ReadCommaOrEnd();
          break;
      }
    }
    if (failed_ || tree_.nodes_.empty()) return std::nullopt;
    SkipSpace();
    if (at_ < text_.size() && !failed_) {
      Report(DiagnosticId::kJsonTrailingText, {At(at_), At(text_.size())}, {});
    }
    FindDuplicates();
    return std::move(tree_);
  }

 private:
  using Index = JsonTree::Index;
  enum class Expect : uint8_t {
    kValue,
    kValueOrEnd,  // after [
    kName,
    kNameOrEnd,  // after {
    kColon,
    kCommaOrEnd,
  };
  struct Open {
    Index node;
    Index name;      // of the member being read, in an object
    uint32_t count;  // elements begun, in a list
    size_t comma;    // where the last comma stands, or npos
  };
  static constexpr Index kNoName = UINT32_MAX;

  static uint32_t At(size_t offset) { return static_cast<uint32_t>(offset); }

  bool Preflight() {
    if (text_.size() > kMaxPolicyTextBytes) {
      Report(
          DiagnosticId::kTextTooLarge, {0, 0},
          {std::to_string(text_.size()), std::to_string(kMaxPolicyTextBytes)});
      return false;
    }
    if (const auto bad = InvalidUtf8Offset(text_)) {
      Report(DiagnosticId::kBadText, {At(*bad), At(*bad + 1)},
             {"this byte is not UTF-8", "save the file as UTF-8"});
      return false;
    }
    if (text_.starts_with("\xEF\xBB\xBF")) {
      ReportWithFix(DiagnosticId::kBadText, {0, 3},
                    {"the text begins with a byte order mark",
                     "save the file as UTF-8 without BOM"},
                    {"remove the byte order mark", true, {{{0, 3}, ""}}});
      at_ = 3;
    }
    SkipSpace();
    if (at_ >= text_.size() && !failed_) {
      Report(DiagnosticId::kJsonEmpty, {0, 0}, {});
      return false;
    }
    return !failed_;
  }

  // White space, and comments after a complaint.
  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (IsSpace(c)) {
        ++at_;
        continue;
      }
      const std::string_view rest = text_.substr(at_, 2);
      if (c != '#' && rest != "//" && rest != "/*") return;
      const size_t begin = at_;
      if (rest == "/*") {
        const size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        at_ = std::min(text_.find('\n', at_), text_.size());
      }
      SyntaxWithFix(DiagnosticId::kJsonComment, {At(begin), At(at_)}, {},
                    {"remove the comment",
                     false,
                     {{{At(BlankBefore(begin)), At(at_)}, ""}}});
      if (failed_) return;
    }
  }

  void ReadValue() {
    const char c = text_[at_];
    if (c == ']' || c == '}') {
      CloseWithoutValue(c);
      return;
    }
    if (c == ',' || c == ':') {
      Unexpected("a value");
      if (c == ',' && !stack_.empty() && !IsArray(stack_.back())) {
        AssumeNull();
      } else {
        ++at_;
      }
      return;
    }
    if (!stack_.empty()) ++stack_.back().count;
    if (c == '{' || c == '[') {
      OpenContainer(c);
    } else if (c == '"' || c == '\'') {
      ReadString();
      AfterValue();
    } else if (IsWordByte(c)) {
      ReadWord();
      AfterValue();
    } else {
      Unexpected("a value");
      SkipCodePoint();
    }
  }

  // The word or sign at at_, for a message.
  std::string Found() const {
    if (at_ >= text_.size()) return "the end of the text";
    if (text_[at_] == '"') return "a text in quotes";
    size_t end = at_;
    while (end < text_.size() && IsWordByte(text_[end])) ++end;
    if (end == at_) end = at_ + 1;
    return "`" + Excerpt(text_.substr(at_, end - at_)) + "`";
  }

  void Unexpected(std::string_view wanted) {
    Syntax(DiagnosticId::kJsonUnexpected, {At(at_), At(at_ + 1)},
           {wanted, Found(), ""});
  }

  void SkipCodePoint() {
    ++at_;
    while (at_ < text_.size() &&
           (static_cast<unsigned char>(text_[at_]) & 0xC0U) == 0x80U) {
      ++at_;
    }
  }

  void CloseWithoutValue(char c) {
    const bool in_list = !stack_.empty() && IsArray(stack_.back());
    if (in_list && c == ']' &&
        (expect_ == Expect::kValueOrEnd ||
         stack_.back().comma != std::string_view::npos)) {
      if (expect_ == Expect::kValue) TrailingComma("element");
      CloseContainer(c);
      return;
    }
    Unexpected("a value");
    if (in_list || stack_.empty()) {
      failed_ = true;
      return;
    }
    AssumeNull();
  }

  // For a member whose value is not there, after the complaint.
  void AssumeNull() {
    AddNode(JsonType::kNull, at_, at_);
    AfterValue();
  }

  void TrailingComma(std::string_view what) {
    const size_t comma = stack_.back().comma;
    SyntaxWithFix(
        DiagnosticId::kJsonTrailingComma, {At(comma), At(comma + 1)},
        {std::string_view(&text_[at_], 1), what},
        {"remove the comma", false, {{{At(comma), At(comma + 1)}, ""}}});
  }

  bool IsArray(const Open& open) const {
    return tree_.nodes_[open.node].type == JsonType::kArray;
  }

  void OpenContainer(char c) {
    if (stack_.size() >= kMaxJsonDepth) {
      Report(DiagnosticId::kTooDeep, {At(at_), At(at_ + 1)},
             {std::to_string(kMaxJsonDepth)});
      failed_ = true;
      return;
    }
    const bool object = c == '{';
    const Index node = AddNode(object ? JsonType::kObject : JsonType::kArray,
                               at_, text_.size());
    tree_.nodes_[node].next = UINT32_MAX;
    stack_.push_back({node, kNoName, 0, std::string_view::npos});
    expect_ = object ? Expect::kNameOrEnd : Expect::kValueOrEnd;
    ++at_;
  }

  void CloseContainer(char c) {
    if (stack_.empty()) {
      Unexpected("the end of the text");
      failed_ = true;
      return;
    }
    const bool array = IsArray(stack_.back());
    const JsonTree::Node& open = tree_.nodes_[stack_.back().node];
    if (array != (c == ']')) {
      Syntax(
          DiagnosticId::kJsonMismatch, {At(at_), At(at_ + 1)},
          {std::string_view(&c, 1), array ? "[" : "{",
           std::to_string(source_.Locate(open.begin).line), array ? "]" : "}"});
      // Which of the two is wrong cannot be known.
      failed_ = true;
      return;
    }
    ++at_;
    tree_.nodes_[stack_.back().node].end = At(at_);
    last_end_ = at_;
    tree_.nodes_[stack_.back().node].next = At(tree_.nodes_.size());
    stack_.pop_back();
    AfterValue();
  }

  void AfterValue() {
    if (stack_.empty()) {
      done_ = true;
    } else {
      expect_ = Expect::kCommaOrEnd;
    }
  }

  void ReadName() {
    const char c = text_[at_];
    if (c == '}') {
      if (expect_ == Expect::kName) TrailingComma("member");
      CloseContainer(c);
      return;
    }
    if (c == '"' || c == '\'') {
      stack_.back().name = At(tree_.nodes_.size());
      ReadString();
      expect_ = Expect::kColon;
    } else if (IsWordByte(c)) {
      const size_t begin = at_;
      while (at_ < text_.size() &&
             (IsWordByte(text_[at_]) || text_[at_] == '/')) {
        ++at_;
      }
      const std::string word = Excerpt(text_.substr(begin, at_ - begin));
      SyntaxWithFix(DiagnosticId::kJsonString, {At(begin), At(at_)},
                    {"the name `" + word + "` stands without quotes",
                     "write \"" + word + "\""},
                    Quote(begin, at_));
      stack_.back().name = AddNode(JsonType::kString, begin, at_);
      expect_ = Expect::kColon;
    } else if (c == ']') {
      CloseContainer(c);
    } else {
      Unexpected("the name of a member");
      SkipCodePoint();
    }
  }

  void ReadColon() {
    if (text_[at_] == ':') {
      ++at_;
    } else {
      Unexpected("`:`");
      if (text_[at_] == '}' || text_[at_] == ',') {
        AssumeNull();
        return;
      }
      if (text_[at_] == '=') ++at_;
    }
    expect_ = Expect::kValue;
  }

  void ReadCommaOrEnd() {
    const char c = text_[at_];
    const bool array = IsArray(stack_.back());
    if (c == ',') {
      stack_.back().comma = at_++;
      expect_ = array ? Expect::kValue : Expect::kName;
    } else if (c == ']' || c == '}') {
      CloseContainer(c);
    } else if (c == '"' || c == '\'' || c == '{' || c == '[' || IsWordByte(c)) {
      SyntaxWithFix(
          DiagnosticId::kJsonMissingComma, {At(at_), At(at_ + 1)},
          {Found(), array ? "elements" : "members"},
          {"add the comma", false, {{{At(last_end_), At(last_end_)}, ","}}});
      expect_ = array ? Expect::kValue : Expect::kName;
    } else {
      Unexpected(array ? "`,` or `]`" : "`,` or `}`");
      SkipCodePoint();
    }
  }

  // A string in double quotes; in single quotes after a complaint.
  void ReadString() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '\\') {
        ReadEscape();
      } else if (c < 0x20) {
        StringSlip(at_, at_ + 1,
                   c == 0 ? "a NUL character in a string"
                          : "a control character in a string",
                   "write \\t for a tab; other control characters do not "
                   "belong into a policy");
        ++at_;
      } else {
        CheckCodePoint();
      }
    }
    if (at_ >= text_.size() || text_[at_] == '\n') {
      StringSlip(begin, at_, "this string is not closed on its line",
                 "add the closing quote");
    } else {
      ++at_;
      if (quote == '\'') {
        StringSlip(begin, at_, "JSON strings stand in double quotes",
                   "replace the ' by \"");
      }
    }
    AddNode(JsonType::kString, begin, at_);
  }

  void StringSlip(size_t begin, size_t end, std::string_view what,
                  std::string_view help) {
    Syntax(DiagnosticId::kJsonString, {At(begin), At(end)}, {what, help});
  }

  void CheckCodePoint() {
    const CodePoint point = DecodeUtf8(text_, at_);
    if (IsBidiControl(point.value)) {
      const Span span{At(at_), At(at_ + point.size)};
      ReportWithFix(DiagnosticId::kBidiControl, span,
                    {BidiControlName(point.value)},
                    {"remove the mark", false, {{span, ""}}});
    }
    at_ += point.size;
  }

  void ReadEscape() {
    const size_t begin = at_++;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == 'u') {
      ReadUnicodeEscape(begin);
      return;
    }
    if (c == '\0' ||
        std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
      StringSlip(begin, std::min(at_ + 1, text_.size()),
                 "an escape that JSON does not know",
                 "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX");
      if (c == '\n' || c == '\0') return;
    }
    SkipCodePoint();
  }

  void ReadUnicodeEscape(size_t begin) {
    ++at_;
    const int unit = HexQuad(text_, at_);
    if (unit < 0) {
      StringSlip(begin, at_, "\\u needs four hexadecimal digits",
                 "write it like \\u00e9");
      return;
    }
    at_ += 4;
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    if (high && text_.substr(at_, 2) == "\\u") {
      const int second = HexQuad(text_, at_ + 2);
      if (second >= 0xDC00 && second < 0xE000) {
        at_ += 6;
        return;
      }
    }
    if (high || low) {
      Report(DiagnosticId::kBadText, {At(begin), At(at_)},
             {"half of a surrogate pair", "write the character itself"});
    } else if (unit == 0) {
      Report(DiagnosticId::kBadText, {At(begin), At(at_)},
             {"a NUL character in a string", "remove it"});
    } else if (IsBidiControl(static_cast<uint32_t>(unit))) {
      const Span span{At(begin), At(at_)};
      ReportWithFix(DiagnosticId::kBidiControl, span,
                    {BidiControlName(static_cast<uint32_t>(unit))},
                    {"remove the mark", false, {{span, ""}}});
    }
  }

  void ReadWord() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "true") {
      AddNode(JsonType::kTrue, begin, at_);
    } else if (word == "false") {
      AddNode(JsonType::kFalse, begin, at_);
    } else if (word == "null") {
      AddNode(JsonType::kNull, begin, at_);
    } else if (IsJsonNumber(word)) {
      AddNode(JsonType::kNumber, begin, at_);
    } else if (IsDigit(word[0]) || word[0] == '-' || word[0] == '+' ||
               word[0] == '.') {
      Syntax(DiagnosticId::kJsonNumber, {At(begin), At(at_)}, {Excerpt(word)});
      AddNode(JsonType::kNumber, begin, at_);
    } else {
      SyntaxWithFix(DiagnosticId::kJsonWord, {At(begin), At(at_)},
                    {Excerpt(word)}, Quote(begin, at_));
      AddNode(JsonType::kString, begin, at_);
    }
  }

  Index AddNode(JsonType type, size_t begin, size_t end) {
    const Index index = At(tree_.nodes_.size());
    if (tree_.nodes_.size() >= kMaxJsonValues && !failed_) {
      Report(DiagnosticId::kTooMany, {At(begin), At(begin + 1)},
             {std::to_string(kMaxJsonValues), "values"});
      failed_ = true;
    }
    tree_.nodes_.push_back({type, At(begin), At(end), index + 1});
    last_end_ = end;
    return index;
  }

  void EndOfText() {
    failed_ = true;
    if (stack_.empty()) {
      Unexpected("a value");
      return;
    }
    const bool array = IsArray(stack_.back());
    const uint32_t begin = tree_.nodes_[stack_.back().node].begin;
    Syntax(DiagnosticId::kJsonUnclosed, {begin, begin + 1},
           {array ? "[" : "{", array ? "]" : "}"});
  }

  // A slip of syntax; after kMaxSyntaxErrors of them reading on helps nobody.
  void Syntax(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    Report(id, span, parts);
    if (++syntax_errors_ >= kMaxSyntaxErrors) failed_ = true;
  }

  void SyntaxWithFix(DiagnosticId id, Span span,
                     std::initializer_list<std::string_view> parts, Fix fix) {
    ReportWithFix(id, span, parts, std::move(fix));
    if (++syntax_errors_ >= kMaxSyntaxErrors) failed_ = true;
  }

  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    diagnostics_->Add(
        Diagnose(id, span, diagnostics_->full() ? "" : StackPointer(), parts));
  }
  void ReportWithFix(DiagnosticId id, Span span,
                     std::initializer_list<std::string_view> parts, Fix fix) {
    Diagnostic finding =
        Diagnose(id, span, diagnostics_->full() ? "" : StackPointer(), parts);
    finding.fix = std::move(fix);
    diagnostics_->Add(std::move(finding));
  }

  // Where the white space before a comment begins; the line break goes with it
  // when nothing else stands on the line.
  size_t BlankBefore(size_t comment) const {
    size_t begin = comment;
    while (begin > 0 && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) {
      --begin;
    }
    const bool to_the_end = at_ >= text_.size() || text_[at_] == '\n';
    if (to_the_end && begin > 0 && text_[begin - 1] == '\n') --begin;
    return begin;
  }

  // Puts a word, which holds nothing to escape, in quotes.
  Fix Quote(size_t begin, size_t end) const {
    return {"put it in quotes",
            false,
            {{{At(begin), At(end)},
              "\"" + std::string(text_.substr(begin, end - begin)) + "\""}}};
  }

  std::string StackPointer() const {
    std::string pointer;
    for (const Open& open : stack_) {
      if (IsArray(open)) {
        pointer = PointerTo(pointer, open.count == 0 ? 0 : open.count - 1);
      } else if (open.name != kNoName) {
        pointer = PointerTo(pointer, open.name < tree_.nodes_.size()
                                         ? tree_.String(open.name)
                                         : "");
      }
    }
    return pointer;
  }

  // Members that stand twice in one object. A second walk, because only now
  // is every object complete.
  void FindDuplicates() {
    struct Container {
      Index end;
      std::string pointer;
      bool array;
      uint32_t count;
    };
    std::vector<Container> levels;
    for (Index i = 0; i < tree_.size(); ++i) {
      while (!levels.empty() && i >= levels.back().end) levels.pop_back();
      const JsonTree::Node& node = tree_.at(i);
      std::string pointer;
      if (!levels.empty()) {
        Container& level = levels.back();
        if (level.array) {
          pointer = PointerTo(level.pointer, level.count++);
        } else if (level.count++ % 2 == 1) {
          pointer = PointerTo(level.pointer, tree_.String(i - 1));
        } else {
          continue;  // a name
        }
      }
      if (node.type == JsonType::kObject) CheckMembers(i, pointer);
      if (node.type == JsonType::kObject || node.type == JsonType::kArray) {
        levels.push_back(
            {node.next, std::move(pointer), node.type == JsonType::kArray, 0});
      }
    }
  }

  void CheckMembers(Index object, const std::string& pointer) {
    std::unordered_map<std::string, Index> seen;
    const Index end = tree_.at(object).next;
    for (Index i = tree_.First(object); i < end;
         i = tree_.at(tree_.at(i).next).next) {
      std::string name = tree_.String(i);
      const auto [place, fresh] = seen.emplace(name, i);
      if (fresh) continue;
      const uint32_t line = source_.Locate(tree_.at(place->second).begin).line;
      diagnostics_->Add(Diagnose(DiagnosticId::kDuplicateMember,
                                 tree_.SpanOf(i), PointerTo(pointer, name),
                                 {Excerpt(name), std::to_string(line)}));
    }
  }

  const SourceText& source_;
  const std::string_view text_;
  Diagnostics* const diagnostics_;
  JsonTree tree_;
  std::vector<Open> stack_;
  Expect expect_ = Expect::kValue;
  size_t at_ = 0;
  size_t last_end_ = 0;  // of the value read last
  size_t syntax_errors_ = 0;
  bool done_ = false;
  bool failed_ = false;
};

std::string_view JsonTypeName(JsonType type) {
  switch (type) {
    case JsonType::kObject:
      return "an object";
    case JsonType::kArray:
      return "a list";
    case JsonType::kString:
      return "a string";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kTrue:
      return "`true`";
    case JsonType::kFalse:
      return "`false`";
    case JsonType::kNull:
      return "`null`";
  }
  return "a value";
}

std::string JsonTree::String(Index index) const {
  std::string_view raw = Raw(index);
  // A word that stood without quotes, after a finding.
  if (raw.empty() || (raw[0] != '"' && raw[0] != '\'')) return std::string(raw);
  const char quote = raw[0];
  raw.remove_prefix(1);
  if (!raw.empty() && raw.back() == quote) raw.remove_suffix(1);
  return UnescapeJson(raw);
}

std::string JsonTree::Compact(Index index) const {
  const std::string_view raw = Raw(index);
  std::string out;
  out.reserve(raw.size());
  bool in_string = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (!in_string && IsSpace(c)) continue;
    out.push_back(c);
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string && c == '\\' && i + 1 < raw.size()) {
      out.push_back(raw[++i]);
    }
  }
  return out;
}

std::optional<JsonTree> ReadJson(const SourceText& source,
                                 Diagnostics* diagnostics) {
  return JsonReader(source, diagnostics).Run();
}

}  // namespace writ
