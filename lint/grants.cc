// SPDX-License-Identifier: Apache-2.0
#include "lint/grants.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "grammar/operators.h"
#include "grammar/value.h"

namespace writ {
namespace {

constexpr size_t kSegments = 5;

// The five segments of a resource pattern; the last may hold colons.
std::array<std::string_view, kSegments> SegmentsOf(std::string_view pattern) {
  std::array<std::string_view, kSegments> segments = {};
  for (size_t i = 0; i + 1 < kSegments; ++i) {
    const size_t colon = pattern.find(':');
    if (colon == std::string_view::npos) {
      segments[i] = pattern;
      return segments;
    }
    segments[i] = pattern.substr(0, colon);
    pattern.remove_prefix(colon + 1);
  }
  segments[kSegments - 1] = pattern;
  return segments;
}

// `shape` in the account that `item` names, if it names one, and without a
// region if it has none: all of one account is all that there is to lose.
std::string ShapeAsIn(std::string_view item, std::string_view shape) {
  const auto of_item = SegmentsOf(item);
  auto segments = SegmentsOf(shape);
  if (of_item[2].empty()) segments[2] = "";
  if (!HasWildcard(of_item[3])) segments[3] = of_item[3];
  std::string out;
  for (size_t i = 0; i < kSegments; ++i) {
    if (i > 0) out += ':';
    out += segments[i];
  }
  return out;
}

bool IsEverything(const ast::ConditionTest& test) {
  return std::any_of(test.values.items.begin(), test.values.items.end(),
                     [](const ast::Value& value) { return value.text == "*"; });
}

bool IsKey(std::string_view written, std::string_view key) {
  const std::string folded = FoldConditionKey(written);
  if (key.ends_with('/')) return folded.starts_with(FoldConditionKey(key));
  return folded == FoldConditionKey(key);
}

bool HasCondition(const ast::Statement& statement) {
  return statement.condition && !statement.condition->operators.empty();
}

bool AsksOneOf(const ast::Statement& statement,
               std::span<const std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
    return PositiveTest(statement, key) != nullptr;
  });
}

bool HoldsKey(const ast::Condition& condition, std::string_view key) {
  for (const ast::ConditionOperator& op : condition.operators) {
    for (const ast::ConditionTest& test : op.tests) {
      if (IsKey(test.key.text, key)) return true;
    }
  }
  return false;
}

// What a line of the Writ language holds, as `writ fmt` sees it.
constexpr size_t kLineColumns = 100;

// Where the last member or clause of a statement ends that the tree knows.
uint32_t EndOfMembers(const ast::Statement& statement) {
  uint32_t end = statement.effect_span.end;
  if (statement.principal) end = std::max(end, statement.principal->span.end);
  if (statement.action) end = std::max(end, statement.action->values.span.end);
  if (statement.resource) {
    end = std::max(end, statement.resource->values.span.end);
  }
  return end;
}

// The line break and white space that the line of `offset` begins with, or a
// blank when other text of the statement stands before it.
std::string BreakBefore(std::string_view text, uint32_t offset) {
  const size_t line = text.rfind('\n', offset);
  if (line == std::string_view::npos) return " ";
  const size_t word = text.find_first_not_of(" \t", line + 1);
  if (word == std::string_view::npos || text[word] == '{') return " ";
  return std::string(text.substr(line, word - line));
}

// The line break and white space before `offset` when nothing else stands
// before it on its line, else a blank.
std::string BreakAt(std::string_view text, uint32_t offset) {
  const size_t line = text.rfind('\n', offset);
  if (line == std::string_view::npos ||
      text.find_first_not_of(" \t", line + 1) != offset) {
    return " ";
  }
  return std::string(text.substr(line, offset - line));
}

std::optional<TextEdit> JsonEdit(std::string_view text,
                                 const ast::Statement& statement,
                                 const NewCondition& added) {
  const std::string test = "\"" + std::string(added.key) + "\": \"" +
                           std::string(added.value) + "\"";
  const std::string op = "\"" + std::string(added.op) + "\": {" + test + "}";
  if (!statement.condition) {
    const uint32_t end = EndOfMembers(statement);
    const uint32_t last = end == 0 ? 0 : end - 1;
    return TextEdit{
        {end, end},
        "," + BreakBefore(text, last) + "\"Condition\": {" + op + "}"};
  }
  const ast::Condition& condition = *statement.condition;
  if (condition.operators.empty()) {
    const uint32_t inside = condition.span.begin + 1;
    return TextEdit{{inside, inside}, op};
  }
  for (const ast::ConditionOperator& there : condition.operators) {
    if (there.name.text != added.op || there.tests.empty()) continue;
    const uint32_t at = there.tests[0].key.span.begin;
    return TextEdit{{at, at}, test + "," + BreakAt(text, at)};
  }
  const uint32_t at = condition.operators[0].name.span.begin;
  return TextEdit{{at, at}, op + "," + BreakAt(text, at)};
}

std::optional<TextEdit> WritEdit(std::string_view text,
                                 const ast::Statement& statement,
                                 const NewCondition& added) {
  if (!statement.condition) {
    const uint32_t end = EndOfMembers(statement);
    const std::string when = "when " + std::string(added.writ);
    const size_t line = text.rfind('\n', end - size_t{1}) + 1;
    std::string between = " ";
    if (end - line + when.size() + 2 > kLineColumns) {
      // Below the statement, as the formatter would have it.
      const size_t first = text.rfind('\n', statement.span.begin) + 1;
      const size_t word = text.find_first_not_of(" \t", first);
      between = "\n" + std::string(text.substr(first, word - first)) + "  ";
    }
    return TextEdit{{end, end}, between + when};
  }
  if (statement.condition->operators.empty()) return std::nullopt;
  const uint32_t end = statement.condition->span.end;
  return TextEdit{{end, end}, " and " + std::string(added.writ)};
}

}  // namespace

std::optional<size_t> ItemReaching(PatternKind kind,
                                   const ast::PatternList& list,
                                   std::string_view pattern) {
  if (list.negated) {
    if (ListReaches(kind, list, pattern)) return kWholeList;
    return std::nullopt;
  }
  for (size_t i = 0; i < list.values.items.size(); ++i) {
    if (PatternsIntersect(kind, list.values.items[i].text, pattern)) return i;
  }
  return std::nullopt;
}

Span SpanOfItem(const ast::PatternList& list, size_t item) {
  return item < list.values.items.size() ? list.values.items[item].span
                                         : list.name_span;
}

std::optional<size_t> StarItem(PatternKind kind, const ast::PatternList& list) {
  if (list.negated) return std::nullopt;
  for (size_t i = 0; i < list.values.items.size(); ++i) {
    const std::string_view text = list.values.items[i].text;
    if (text.find_first_not_of('*') == std::string_view::npos ||
        (kind == PatternKind::kAction && text == "*:*")) {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<size_t> ItemMeaningAllOf(const ast::PatternList& resource,
                                       std::string_view shape) {
  if (resource.negated) {
    if (ListReaches(PatternKind::kResource, resource, shape)) return kWholeList;
    return std::nullopt;
  }
  if (const auto star = StarItem(PatternKind::kResource, resource)) {
    return star;
  }
  if (shape == "*") return std::nullopt;
  for (size_t i = 0; i < resource.values.items.size(); ++i) {
    const std::string_view item = resource.values.items[i].text;
    // What names one thing, or one kind of another service, is soon told.
    if (!HasWildcard(item)) continue;
    if (PatternCovers(PatternKind::kResource, item, ShapeAsIn(item, shape))) {
      return i;
    }
  }
  return std::nullopt;
}

bool IsFullAdmin(const ast::Statement& statement) {
  if (statement.effect != ast::Effect::kAllow) return false;
  if (!statement.action || !statement.resource) return false;
  return StarItem(PatternKind::kAction, *statement.action) &&
         ItemMeaningAllOf(*statement.resource, "acs:*:*:*:*") &&
         !statement.resource->negated;
}

bool IsDeniedOutright(const ast::Policy& policy, std::string_view action,
                      std::string_view shape) {
  return std::any_of(
      policy.statements.begin(), policy.statements.end(),
      [&](const ast::Statement& statement) {
        return statement.effect == ast::Effect::kDeny &&
               !HasCondition(statement) && !statement.principal &&
               statement.action && statement.resource &&
               ListCovers(PatternKind::kAction, *statement.action, action) &&
               ListCovers(PatternKind::kResource, *statement.resource, shape);
      });
}

const ast::ConditionTest* PositiveTest(const ast::Statement& statement,
                                       std::string_view key) {
  if (!statement.condition) return nullptr;
  for (const ast::ConditionOperator& op : statement.condition->operators) {
    if (!op.op || InfoOf(*op.op).negated) continue;
    const bool is_like = InfoOf(*op.op).relation == Relation::kLike;
    for (const ast::ConditionTest& test : op.tests) {
      if (IsKey(test.key.text, key) && !(is_like && IsEverything(test))) {
        return &test;
      }
    }
  }
  return nullptr;
}

bool AsksForMfa(const ast::Statement& statement) {
  const ast::ConditionTest* test = PositiveTest(statement, "acs:MFAPresent");
  return test != nullptr &&
         std::all_of(test->values.items.begin(), test->values.items.end(),
                     [](const ast::Value& value) {
                       return EqualsIgnoreCase(value.text, "true");
                     });
}

bool ChoosesByCondition(const ast::Statement& statement) {
  constexpr std::string_view kKeys[] = {
      "acs:ResourceTag/", "acs:RequestTag/",       "ecs:tag/",
      "rds:ResourceTag/", "oss:BucketTag/",        "oss:ExistingObjectTag/",
      "oss:Prefix",       "oss:RequestObjectTag/", "ram:ServiceName",
      "oss:x-oss-acl",    "oss:x-oss-object-acl",
  };
  return AsksOneOf(statement, kKeys);
}

bool LimitsCaller(const ast::Statement& statement) {
  constexpr std::string_view kKeys[] = {
      "acs:SourceIp",      "acs:SourceVpc",       "acs:PrincipalARN",
      "acs:PrincipalRDId", "acs:PrincipalRDPath", "acs:AccessId",
      "acs:SourceAccount", "acs:SourceArn",
  };
  return AsksOneOf(statement, kKeys);
}

std::string ShowCondition(const PolicyFile& file, const NewCondition& added) {
  if (!file.is_json) return "`when " + std::string(added.writ) + "`";
  return "`\"" + std::string(added.op) + "\": {\"" + std::string(added.key) +
         "\": \"" + std::string(added.value) + "\"}`";
}

bool IsInPlace(const PolicyFile& file, const ast::Policy& policy,
               const ast::Statement& statement) {
  return file.source.Owns(policy.span) &&
         statement.span.begin >= policy.span.begin &&
         statement.span.end <= policy.span.end &&
         EndOfMembers(statement) <= statement.span.end;
}

std::optional<Fix> AddCondition(const PolicyFile& file,
                                const ast::Policy& policy,
                                const ast::Statement& statement,
                                const NewCondition& added) {
  if (!IsInPlace(file, policy, statement)) return std::nullopt;
  if (statement.condition && HoldsKey(*statement.condition, added.key)) {
    return std::nullopt;
  }
  std::optional<TextEdit> edit =
      file.is_json ? JsonEdit(file.source.text(), statement, added)
                   : WritEdit(file.source.text(), statement, added);
  if (!edit) return std::nullopt;
  return Fix{"add " + ShowCondition(file, added), false, {*std::move(edit)}};
}

void AddNote(std::string text, Diagnostic* finding) {
  finding->notes.push_back({DiagnosticNote::Kind::kNote, std::move(text)});
}

void AddExample(std::string text, Diagnostic* finding) {
  finding->notes.push_back({DiagnosticNote::Kind::kExample, std::move(text)});
}

std::string NameSome(const std::vector<std::string>& names) {
  std::string out;
  const size_t shown = names.size() > 3 ? 2 : names.size();
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += "`" + Excerpt(names[i]) + "`";
  }
  if (shown < names.size()) {
    out += " and " + std::to_string(names.size() - shown) + " more";
  }
  return out;
}

std::string NameSome(const ast::Values& values) {
  std::vector<std::string> names;
  for (const ast::Value& value : values.items) names.push_back(value.text);
  return NameSome(names);
}

}  // namespace writ
