// SPDX-License-Identifier: Apache-2.0
#include "lint/edit.h"

#include <algorithm>
#include <utility>

#include "grammar/json_string.h"
#include "grammar/parse_writ.h"
#include "grammar/value.h"

namespace writ {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsSpace(char c) { return IsBlank(c) || c == '\n'; }

// The text that an edit may change, with what both languages agree on.
class Place {
 public:
  explicit Place(const PolicyFile& file)
      : file_(file), text_(file.source.text()) {}

  std::string_view text() const { return text_; }
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  // The bytes are the file's own and used by one policy only.
  bool IsPlain(Span span) const {
    if (!file_.source.Owns(span) || span.begin >= span.end) return false;
    return std::none_of(file_.content.definitions.begin(),
                        file_.content.definitions.end(),
                        [span](const WritDefinition& definition) {
                          return definition.span.begin < span.end &&
                                 span.begin < definition.span.end;
                        });
  }

  // The bytes of `span` write `value` out, in quotes or as a bare word.
  bool Writes(Span span, std::string_view value) const {
    if (!IsPlain(span)) return false;
    std::string_view raw = file_.source.TextOf(span);
    if (!raw.starts_with('"')) return raw == value && !file_.is_json;
    if (raw.size() < 2 || !raw.ends_with('"')) return false;
    raw = raw.substr(1, raw.size() - 2);
    std::string read = UnescapeJson(raw);
    if (!file_.is_json && !CloseBraces(&read)) return false;
    return read == value;
  }

  // Past white space and comments, at most to `end`.
  size_t Skip(size_t at, size_t end) const {
    while (at < end) {
      if (IsSpace(text_[at])) {
        ++at;
      } else if (!file_.is_json && text_.substr(at, 2) == "//") {
        at = std::min(text_.find('\n', at), end);
      } else {
        break;
      }
    }
    return at;
  }

  bool HasComment(size_t begin, size_t end) const {
    return !file_.is_json && text_.substr(begin, end - begin).find("//") !=
                                 std::string_view::npos;
  }

  // Widens what is taken out so that no empty line and no double space stays.
  Span Widen(Span span) const {
    size_t begin = span.begin;
    size_t end = span.end;
    while (begin > 0 && IsBlank(text_[begin - 1])) --begin;
    const bool first = begin == 0 || text_[begin - 1] == '\n';
    while (IsBlank(at(end))) ++end;
    size_t rest = end;
    if (!file_.is_json && text_.substr(rest, 2) == "//") {
      rest = std::min(text_.find('\n', rest), text_.size());
    }
    const bool last = rest >= text_.size() || text_[rest] == '\n';
    if (first && last) {
      return Make(begin, rest < text_.size() ? rest + 1 : rest);
    }
    const char next = at(end);
    const bool closes = next == '\n' || next == ']' || next == '}' ||
                        next == ';' || next == '/' || end >= text_.size();
    if (closes && !first) return Make(begin, span.end);
    return Make(span.begin, end);
  }

  static Span Make(size_t begin, size_t end) {
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }

 private:
  // Turns `{{` into a brace; false when a name in braces stands there.
  static bool CloseBraces(std::string* text) {
    std::string out;
    for (size_t i = 0; i < text->size(); ++i) {
      if ((*text)[i] == '{') {
        if (i + 1 >= text->size() || (*text)[i + 1] != '{') return false;
        ++i;
      }
      out.push_back((*text)[i]);
    }
    *text = std::move(out);
    return true;
  }

  const PolicyFile& file_;
  const std::string_view text_;
};

// Elements of a list between brackets: where each stands and the comma behind
// it, if there is one.
struct Element {
  Span span;
  std::optional<uint32_t> comma;
};

// Finds the commas between `spans`, which must be in order inside `list`, with
// nothing but white space, commas and comments between them.
std::optional<std::vector<Element>> ReadElements(const Place& place,
                                                 const std::vector<Span>& spans,
                                                 Span list) {
  std::vector<Element> elements;
  size_t at = place.Skip(list.begin + size_t{1}, list.end);
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].begin != at || spans[i].end >= list.end) return std::nullopt;
    Element element{spans[i], std::nullopt};
    at = place.Skip(spans[i].end, list.end);
    if (place.at(at) == ',') {
      element.comma = static_cast<uint32_t>(at);
      at = place.Skip(at + 1, list.end);
    } else if (i + 1 < spans.size()) {
      return std::nullopt;
    }
    elements.push_back(element);
  }
  if (at + 1 != list.end) return std::nullopt;
  return elements;
}

// Takes elements out; at least one must stay.
std::optional<std::vector<TextEdit>> TakeOut(
    const Place& place, const std::vector<Element>& elements,
    const std::vector<bool>& out) {
  size_t kept = elements.size();
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!out[i]) kept = i;
  }
  if (kept == elements.size()) return std::nullopt;
  std::vector<TextEdit> edits;
  // What follows the last that stays takes its comma along, unless there is
  // one behind the very last.
  if (kept + 1 < elements.size() && !elements.back().comma) {
    const uint32_t comma = *elements[kept].comma;
    edits.push_back({{comma, comma + 1}, ""});
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!out[i]) continue;
    const size_t first = i;
    while (
        i + 1 < elements.size() && out[i + 1] &&
        !place.HasComment(elements[i].span.end, elements[i + 1].span.begin)) {
      ++i;
    }
    const uint32_t end =
        elements[i].comma ? *elements[i].comma + 1 : elements[i].span.end;
    if (place.HasComment(elements[i].span.end, end)) return std::nullopt;
    edits.push_back({place.Widen({elements[first].span.begin, end}), ""});
  }
  std::sort(edits.begin(), edits.end(),
            [](const TextEdit& a, const TextEdit& b) {
              return a.span.begin < b.span.begin;
            });
  std::vector<TextEdit> joined;
  for (TextEdit& edit : edits) {
    if (!joined.empty() && joined.back().span.end >= edit.span.begin) {
      joined.back().span.end = std::max(joined.back().span.end, edit.span.end);
    } else {
      joined.push_back(std::move(edit));
    }
  }
  return joined;
}

std::string Quoted(const PolicyFile& file, std::string_view text) {
  std::string out;
  if (file.is_json) {
    AppendJsonString(text, &out);
    return out;
  }
  std::string doubled;
  for (const char c : text) {
    if (c == '{') doubled.push_back(c);
    doubled.push_back(c);
  }
  AppendJsonString(doubled, &out);
  return out;
}

// The same kind of bare literal, so that the operator stays what it is.
bool SameLiteral(std::string_view a, std::string_view b) {
  const auto both = [a, b](auto read) {
    return static_cast<bool>(read(a)) && static_cast<bool>(read(b));
  };
  return both([](std::string_view t) { return IsJsonNumber(t); }) ||
         both(ParseInstant) || both(ParseCidr) ||
         both([](std::string_view t) { return t == "true" || t == "false"; });
}

// A test refers to a statement of the policy in a way that would go wrong.
bool TestsName(const WritFile& content, const ast::Policy& policy,
               const ast::Statement& statement) {
  for (const WritTest& test : content.tests) {
    for (const WritExpectation& expectation : test.expectations) {
      for (const ast::Text& name : expectation.because) {
        if (name.text.starts_with(policy.name + "#")) return true;
        if (statement.label &&
            name.text == policy.name + "." + statement.label->text) {
          return true;
        }
      }
    }
  }
  return false;
}

// The brackets of a JSON policy's list of statements.
std::optional<Span> AroundStatements(const Place& place,
                                     const ast::Policy& policy) {
  size_t begin = policy.statements.front().span.begin;
  while (begin > 0 && IsSpace(place.at(begin - 1))) --begin;
  if (begin == 0 || place.at(begin - 1) != '[') return std::nullopt;
  const size_t last = policy.statements.back().span.end;
  const size_t end = place.Skip(last, place.text().size());
  if (place.at(end) != ']') return std::nullopt;
  return Place::Make(begin - 1, end + 1);
}

// A member of a JSON object from the quote of its name to the end of its value,
// with one comma.
std::optional<TextEdit> RemoveMember(const Place& place, Span name,
                                     size_t end) {
  if (!place.IsPlain(name) || place.at(name.begin) != '"') return std::nullopt;
  const size_t behind = place.Skip(end, place.text().size());
  if (place.at(behind) == ',') {
    return TextEdit{place.Widen(Place::Make(name.begin, behind + 1)), ""};
  }
  size_t before = name.begin;
  while (before > 0 && IsSpace(place.at(before - 1))) --before;
  if (before == 0) return std::nullopt;
  if (place.at(before - 1) == ',') {
    return TextEdit{Place::Make(before - 1, end), ""};
  }
  if (place.at(before - 1) != '{') return std::nullopt;
  return TextEdit{Place::Make(before, end), ""};
}

bool IsWordPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

// A test of the Writ language, with the `and` behind or before it.
std::optional<TextEdit> RemoveWritTest(const Place& place,
                                       const ast::Condition& condition,
                                       const ast::ConditionOperator& op,
                                       size_t index) {
  const ast::ConditionTest& test = op.tests[index];
  const std::string_view text = place.text();
  const auto word_at = [&](size_t at, std::string_view word) {
    return text.substr(at, word.size()) == word &&
           !IsWordPart(place.at(at + word.size()));
  };
  if (!place.IsPlain(test.key.span) || !place.IsPlain(test.values.span)) {
    return std::nullopt;
  }
  size_t begin = test.key.span.begin;
  // `by "Operator" key values` begins before its key.
  if (op.name.span.end <= begin && place.at(op.name.span.begin) == '"') {
    return std::nullopt;
  }
  size_t end = test.values.span.end;
  const size_t nocase = place.Skip(end, text.size());
  if (word_at(nocase, "nocase")) end = nocase + 6;
  const size_t behind = place.Skip(end, text.size());
  if (word_at(behind, "and")) {
    const size_t next = place.Skip(behind + 3, text.size());
    if (place.HasComment(begin, next)) return std::nullopt;
    return TextEdit{Place::Make(begin, next), ""};
  }
  size_t before = begin;
  while (before > 0 && IsSpace(place.at(before - 1))) --before;
  if (before >= 3 && word_at(before - 3, "and")) {
    before -= 3;
    while (before > 0 && IsSpace(place.at(before - 1))) --before;
    return TextEdit{Place::Make(before, end), ""};
  }
  const size_t first = place.Skip(condition.name_span.end, text.size());
  if (first != begin || place.HasComment(condition.name_span.begin, end)) {
    return std::nullopt;
  }
  before = condition.name_span.begin;
  while (before > 0 && IsSpace(place.at(before - 1))) --before;
  return TextEdit{Place::Make(before, end), ""};
}

}  // namespace

std::optional<std::vector<TextEdit>> RemoveItems(
    const PolicyFile& file, const ast::Values& values,
    std::span<const size_t> items) {
  const Place place(file);
  if (!values.is_list || !place.IsPlain(values.span) ||
      place.at(values.span.begin) != '[') {
    return std::nullopt;
  }
  std::vector<Span> spans;
  for (const ast::Value& value : values.items) spans.push_back(value.span);
  const auto elements = ReadElements(place, spans, values.span);
  if (!elements) return std::nullopt;
  std::vector<bool> out(values.items.size());
  for (const size_t item : items) {
    if (item >= values.items.size()) return std::nullopt;
    const ast::Value& value = values.items[item];
    if (value.kind == ast::Value::Kind::kString &&
        !place.Writes(value.span, value.text)) {
      return std::nullopt;
    }
    out[item] = true;
  }
  return TakeOut(place, *elements, out);
}

std::optional<TextEdit> AppendPatterns(const PolicyFile& file,
                                       const ast::Values& values,
                                       std::span<const std::string> texts) {
  const Place place(file);
  if (!place.IsPlain(values.span) || values.items.empty()) return std::nullopt;
  std::vector<std::string> written;
  for (const std::string& text : texts) {
    written.push_back(!file.is_json && IsBareWord(text) ? text
                                                        : Quoted(file, text));
  }
  if (!values.is_list) {
    if (!place.Writes(values.items[0].span, values.items[0].text)) {
      return std::nullopt;
    }
    std::string list = "[" + std::string(file.source.TextOf(values.span));
    for (const std::string& text : written) list += ", " + text;
    return TextEdit{values.span, list + "]"};
  }
  std::vector<Span> spans;
  for (const ast::Value& value : values.items) spans.push_back(value.span);
  const auto elements = place.at(values.span.begin) == '['
                            ? ReadElements(place, spans, values.span)
                            : std::nullopt;
  if (!elements) return std::nullopt;
  const Element& last = elements->back();
  // As the last item stands: on a line of its own, or behind the one before.
  size_t begin = last.span.begin;
  while (begin > 0 && IsBlank(place.at(begin - 1))) --begin;
  const bool own_line = begin > 0 && place.at(begin - 1) == '\n';
  const std::string between = own_line
                                  ? "\n" + std::string(place.text().substr(
                                               begin, last.span.begin - begin))
                                  : " ";
  const uint32_t at = last.comma ? *last.comma + 1 : last.span.end;
  if (place.HasComment(last.span.end, at)) return std::nullopt;
  std::string added;
  for (size_t i = 0; i < written.size(); ++i) {
    if (i > 0 || !last.comma) added += ",";
    added += between + written[i];
  }
  if (last.comma) added += ",";
  return TextEdit{{at, at}, added};
}

std::optional<TextEdit> ReplacePattern(const PolicyFile& file,
                                       const ast::Value& value,
                                       std::string_view text) {
  const Place place(file);
  if (!place.Writes(value.span, value.text)) return std::nullopt;
  if (place.at(value.span.begin) != '"' && IsBareWord(text)) {
    return TextEdit{value.span, std::string(text)};
  }
  return TextEdit{value.span, Quoted(file, text)};
}

std::optional<TextEdit> ReplaceLiteral(const PolicyFile& file,
                                       const ast::Value& value,
                                       std::string_view text) {
  const Place place(file);
  if (!place.IsPlain(value.span)) return std::nullopt;
  if (value.kind != ast::Value::Kind::kString) {
    if (!file.is_json) return std::nullopt;
    return TextEdit{value.span, Quoted(file, text)};
  }
  if (!place.Writes(value.span, value.text)) return std::nullopt;
  if (place.at(value.span.begin) == '"') {
    return TextEdit{value.span, Quoted(file, text)};
  }
  if (!SameLiteral(value.text, text)) return std::nullopt;
  return TextEdit{value.span, std::string(text)};
}

std::optional<TextEdit> ReplaceKey(const PolicyFile& file, const ast::Text& key,
                                   std::string_view text) {
  return ReplacePattern(file, {ast::Value::Kind::kString, key.text, key.span},
                        text);
}

std::optional<TextEdit> RemoveStatement(const PolicyFile& file,
                                        const ast::Policy& policy,
                                        size_t statement) {
  const Place place(file);
  if (statement >= policy.statements.size() || policy.statements.size() < 2) {
    return std::nullopt;
  }
  const ast::Statement& gone = policy.statements[statement];
  if (!place.IsPlain(gone.span) || gone.span.begin < policy.span.begin ||
      gone.span.end > policy.span.end ||
      TestsName(file.content, policy, gone)) {
    return std::nullopt;
  }
  if (!file.is_json) {
    Span span = gone.span;
    for (const ast::Annotation& annotation : gone.annotations) {
      if (!place.IsPlain(annotation.span)) return std::nullopt;
      span.begin = std::min(span.begin, annotation.span.begin);
    }
    if (place.at(span.end - size_t{1}) != ';') return std::nullopt;
    return TextEdit{place.Widen(span), ""};
  }
  const std::optional<Span> list = AroundStatements(place, policy);
  if (!list) return std::nullopt;
  std::vector<Span> spans;
  for (const ast::Statement& one : policy.statements) spans.push_back(one.span);
  const auto elements = ReadElements(place, spans, *list);
  if (!elements) return std::nullopt;
  const Element& element = (*elements)[statement];
  if (element.comma) {
    return TextEdit{place.Widen({element.span.begin, *element.comma + 1}), ""};
  }
  // The last: with the comma behind the one before it, one edit for both.
  return TextEdit{{*(*elements)[statement - 1].comma, element.span.end}, ""};
}

std::optional<TextEdit> RemoveTest(const PolicyFile& file,
                                   const ast::Statement& statement,
                                   size_t test) {
  const Place place(file);
  if (!statement.condition || !place.IsPlain(statement.condition->span)) {
    return std::nullopt;
  }
  const ast::Condition& condition = *statement.condition;
  size_t first = 0;
  for (const ast::ConditionOperator& op : condition.operators) {
    if (test >= first + op.tests.size()) {
      first += op.tests.size();
      continue;
    }
    if (!file.is_json)
      return RemoveWritTest(place, condition, op, test - first);
    if (op.tests.size() > 1) {
      return RemoveMember(place, op.tests[test - first].key.span,
                          op.tests[test - first].values.span.end);
    }
    if (condition.operators.size() > 1) {
      const size_t end =
          place.Skip(op.tests[0].values.span.end, place.text().size());
      if (place.at(end) != '}') return std::nullopt;
      return RemoveMember(place, op.name.span, end + 1);
    }
    return RemoveMember(place, condition.name_span, condition.span.end);
  }
  return std::nullopt;
}

std::optional<TextEdit> RemoveEmptyCondition(const PolicyFile& file,
                                             const ast::Statement& statement) {
  const Place place(file);
  if (!statement.condition || !statement.condition->operators.empty() ||
      !place.IsPlain(statement.condition->span)) {
    return std::nullopt;
  }
  if (file.is_json) {
    return RemoveMember(place, statement.condition->name_span,
                        statement.condition->span.end);
  }
  const Span span = statement.condition->span;
  if (file.source.TextOf(span) != "when nothing") return std::nullopt;
  return TextEdit{place.Widen(span), ""};
}

std::optional<std::string> ApplyEdits(std::string_view text,
                                      std::span<const TextEdit> edits) {
  std::vector<const TextEdit*> sorted;
  for (const TextEdit& edit : edits) sorted.push_back(&edit);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TextEdit* a, const TextEdit* b) {
                     return a->span.begin < b->span.begin;
                   });
  std::string out;
  size_t at = 0;
  for (const TextEdit* edit : sorted) {
    if (edit->span.begin < at || edit->span.end < edit->span.begin ||
        edit->span.end > text.size()) {
      return std::nullopt;
    }
    out += text.substr(at, edit->span.begin - at);
    out += edit->text;
    at = edit->span.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace writ
