// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/value.h"
#include "lint/edit.h"
#include "lint/lint.h"
#include "lint/names.h"
#include "lint/pattern.h"

// W-TYP-015 to 017: is the condition key known, do requests of the statement's
// actions carry it, does the operator read it as what it is.
namespace writ {
namespace {

// The name as the catalogue spells it, with the author's tag key.
std::string Spelling(const CatalogueKey& known, std::string_view key) {
  if (!known.name.ends_with("/*")) return known.name;
  return known.name.substr(0, known.name.size() - 1) +
         std::string(key.substr(known.name.size() - 1));
}

// What a key holds, in words.
std::string_view TypePhrase(OperandFamily type) {
  switch (type) {
    case OperandFamily::kString:
      return "text";
    case OperandFamily::kNumeric:
      return "a number";
    case OperandFamily::kDate:
      return "a point in time";
    case OperandFamily::kBool:
      return "true or false";
    case OperandFamily::kIp:
      return "an address";
  }
  return "";
}

// What an operator takes its operands for.
std::string_view ComparesPhrase(OperandFamily type) {
  switch (type) {
    case OperandFamily::kString:
      return "texts";
    case OperandFamily::kNumeric:
      return "numbers";
    case OperandFamily::kDate:
      return "points in time";
    case OperandFamily::kBool:
      return "true and false";
    case OperandFamily::kIp:
      return "addresses";
  }
  return "";
}

bool IsOfType(std::string_view text, OperandFamily type) {
  switch (type) {
    case OperandFamily::kString:
      return true;
    case OperandFamily::kNumeric:
      return ParseDecimal(text).has_value();
    case OperandFamily::kDate:
      return ParseInstant(text).has_value();
    case OperandFamily::kBool:
      return ParseBool(text).has_value();
    case OperandFamily::kIp:
      return ParseCidr(text).has_value();
  }
  return false;
}

// The same question asked of another type; null when there is none.
const OperatorInfo* SameQuestion(const OperatorInfo& op, OperandFamily type) {
  const bool equal = op.relation == Relation::kEqual ||
                     op.relation == Relation::kEqualNoCase ||
                     op.relation == Relation::kLike ||
                     op.relation == Relation::kWithin;
  for (const OperatorInfo& info : kOperators) {
    if (info.family != type || info.negated != op.negated) continue;
    const bool asks_equal =
        info.relation == Relation::kEqual || info.relation == Relation::kWithin;
    if (equal ? asks_equal : info.relation == op.relation) return &info;
  }
  return nullptr;
}

// The operator that suits the key and these values; null when none does.
const OperatorInfo* Suiting(const OperatorInfo& op, OperandFamily type,
                            const ast::Values& values) {
  const OperatorInfo* suiting = SameQuestion(op, type);
  if (suiting == nullptr || values.items.empty()) return nullptr;
  const bool all = std::all_of(
      values.items.begin(), values.items.end(),
      [type](const ast::Value& v) { return IsOfType(v.text, type); });
  return all ? suiting : nullptr;
}

// `!= "true" nocase` also holds for requests without the key, which no operator
// for booleans can say (R01): such a test is no slip.
bool IsBoolIdiom(const OperatorInfo& op, const ast::Values& values) {
  return op.relation == Relation::kEqualNoCase &&
         std::all_of(
             values.items.begin(), values.items.end(),
             [](const ast::Value& v) { return ParseBool(v.text).has_value(); });
}

void JudgeOperator(const CatalogueKey& known, const ast::Condition& condition,
                   const ast::ConditionOperator& op,
                   const ast::ConditionTest& test, const CheckScope& scope,
                   NamesPass* pass) {
  const OperatorInfo& info = InfoOf(*op.op);
  if (info.family == known.type) return;
  if (known.type == OperandFamily::kBool && IsBoolIdiom(info, test.values)) {
    return;
  }
  const PolicyFile& file = pass->subject.file;
  const OperatorInfo* suiting = Suiting(info, known.type, test.values);
  std::string help = "compare it with an operator for " +
                     std::string(ComparesPhrase(known.type));
  if (suiting != nullptr) {
    const std::string& value = test.values.items.front().text;
    help = file.is_json ? "use `" + std::string(suiting->json) + "`"
                        : "write `" + Excerpt(test.key.text) + " " +
                              std::string(suiting->dsl) + " " +
                              (known.type == OperandFamily::kString
                                   ? "\"" + Excerpt(value) + "\""
                                   : Excerpt(value)) +
                              "`";
  }
  Diagnostic finding =
      scope.Draft(DiagnosticId::kOperatorType, test.key.span,
                  {Excerpt(test.key.text), TypePhrase(known.type), info.json,
                   ComparesPhrase(info.family), help});
  if (suiting != nullptr) {
    if (auto edits = ReplaceOperator(file, condition, op, test, *suiting)) {
      finding.fix = Fix{"compare with `" + std::string(suiting->json) + "`",
                        false, *std::move(edits)};
    }
  }
  pass->Add(scope, std::move(finding));
}

// What the test comes to when the key is never there.
std::string_view Consequence(bool negated, ast::Effect effect) {
  if (negated) return "the test always holds";
  return effect == ast::Effect::kDeny ? "this denies nothing"
                                      : "this allows nothing";
}

void JudgePlace(const CatalogueKey& known, const OperatorInfo& op,
                const ast::ConditionTest& test, const ast::Statement& statement,
                const CheckScope& scope, NamesPass* pass) {
  if (!statement.action || statement.action->negated) return;
  std::vector<std::string> carriers = known.actions;
  const std::string code = known.name.substr(0, known.name.find(':'));
  if (carriers.empty()) {
    // A key of a service: all its requests may carry it, and nobody else's.
    if (pass->subject.catalogue.FindService(code) == nullptr) return;
    carriers.push_back(code + ":*");
  }
  for (const std::string& carrier : carriers) {
    if (ListReaches(PatternKind::kAction, *statement.action, carrier)) return;
  }
  const std::string example = carriers.front();
  Diagnostic finding = scope.Draft(
      DiagnosticId::kConditionKeyMisplaced, test.key.span,
      {Excerpt(test.key.text), Consequence(op.negated, statement.effect),
       carriers.size() == 1
           ? "it belongs to `" + example + "`"
           : "it belongs to `" + example + "` and others like it"});
  if (statement.effect == ast::Effect::kDeny && !op.negated) {
    finding.level = Level::kSecurity;
  }
  pass->Add(scope, std::move(finding));
}

void JudgeUnknown(const ast::Text& key, const CheckScope& scope,
                  NamesPass* pass) {
  const Catalogue& catalogue = pass->subject.catalogue;
  const std::string_view text = key.text;
  const size_t colon = text.find(':');
  // The form is judged by W-TYP-014.
  if (colon == 0 || colon == std::string_view::npos ||
      colon + 1 == text.size()) {
    return;
  }
  const std::string_view code = text.substr(0, colon);
  const std::string nearest = catalogue.NearestKey(text);
  bool complete = EqualsIgnoreCase(code, "acs");
  if (const CatalogueService* service = catalogue.FindService(code)) {
    complete = service->keys_are_complete;
  } else if (catalogue.IsServiceCode(code)) {
    return;
  }
  if (!complete && nearest.empty()) return;
  Diagnostic finding = scope.Draft(
      DiagnosticId::kConditionKeyUnknown, key.span,
      {Excerpt(text), nearest.empty()
                          ? "check the name; a key that is new goes into a "
                            "catalogue file"
                          : "did you mean `" + Excerpt(nearest) + "`?"});
  if (!nearest.empty()) {
    if (auto edit = ReplaceKey(pass->subject.file, key, nearest)) {
      finding.fix = Fix{"write `" + Excerpt(nearest) + "`", false, {*edit}};
    }
  }
  pass->Add(scope, std::move(finding));
}

void JudgeSpelling(const CatalogueKey& known, const ast::Text& key,
                   const CheckScope& scope, NamesPass* pass) {
  const std::string spelled = Spelling(known, key.text);
  if (spelled == key.text) return;
  Diagnostic finding = scope.Draft(DiagnosticId::kConditionKeyCase, key.span,
                                   {Excerpt(key.text), Excerpt(spelled)});
  if (auto edit = ReplaceKey(pass->subject.file, key, spelled)) {
    finding.fix = Fix{"write `" + Excerpt(spelled) + "`", false, {*edit}};
  }
  pass->Add(scope, std::move(finding));
}

// The bytes between a key and its values, without the space around them.
std::optional<Span> OperatorBetween(const PolicyFile& file,
                                    const ast::ConditionTest& test) {
  Span span{test.key.span.end, test.values.span.begin};
  if (span.end <= span.begin || !file.source.Owns(span)) return std::nullopt;
  const std::string_view text = file.source.text();
  const auto is_space = [&text](uint32_t at) {
    return text[at] == ' ' || text[at] == '\n' || text[at] == '\t' ||
           text[at] == '\r';
  };
  while (span.begin < span.end && is_space(span.begin)) ++span.begin;
  while (span.end > span.begin && is_space(span.end - 1)) --span.end;
  return span;
}

bool HasTest(const ast::Condition& condition, std::string_view op,
             std::string_view key) {
  for (const ast::ConditionOperator& other : condition.operators) {
    if (other.name.text != op) continue;
    for (const ast::ConditionTest& test : other.tests) {
      if (FoldConditionKey(test.key.text) == FoldConditionKey(key)) return true;
    }
  }
  return false;
}

// In the language the values' form says their type: texts stand in quotes, all
// else bare.
std::optional<std::vector<TextEdit>> ReplaceInWrit(
    const PolicyFile& file, const OperatorInfo& from,
    const ast::ConditionTest& test, const OperatorInfo& to) {
  const std::optional<Span> between = OperatorBetween(file, test);
  if (!between || file.source.TextOf(*between) != from.dsl ||
      to.dsl.find("nocase") != std::string_view::npos ||
      to.dsl.starts_with("by ")) {
    return std::nullopt;
  }
  std::vector<TextEdit> edits = {{*between, std::string(to.dsl)}};
  if (from.family == to.family) return edits;
  for (const ast::Value& value : test.values.items) {
    if (value.kind != ast::Value::Kind::kString ||
        !file.source.Owns(value.span) || value.span.end <= value.span.begin) {
      return std::nullopt;
    }
    const std::string_view raw = file.source.TextOf(value.span);
    const std::string quoted = "\"" + value.text + "\"";
    if (raw != value.text && raw != quoted) return std::nullopt;
    const bool quotes = to.family == OperandFamily::kString;
    edits.push_back({value.span, quotes ? quoted : value.text});
  }
  return edits;
}

}  // namespace

std::optional<std::vector<TextEdit>> ReplaceOperator(
    const PolicyFile& file, const ast::Condition& condition,
    const ast::ConditionOperator& op, const ast::ConditionTest& test,
    const OperatorInfo& to) {
  if (!op.op || HasTest(condition, to.json, test.key.text)) {
    return std::nullopt;
  }
  if (!file.is_json) return ReplaceInWrit(file, InfoOf(*op.op), test, to);
  // A second member of that name is no JSON; another test would move along.
  const bool taken =
      std::any_of(condition.operators.begin(), condition.operators.end(),
                  [&to](const ast::ConditionOperator& o) {
                    return o.name.text == to.json;
                  });
  if (taken || op.tests.size() != 1) return std::nullopt;
  const std::optional<TextEdit> edit = ReplaceKey(file, op.name, to.json);
  if (!edit) return std::nullopt;
  return std::vector<TextEdit>{*edit};
}

void JudgeKeys(const ast::Statement& statement, const CheckScope& scope,
               NamesPass* pass) {
  if (!statement.condition) return;
  const CheckScope block = scope.In("Condition");
  for (const ast::ConditionOperator& op : statement.condition->operators) {
    if (!op.op) continue;
    const CheckScope tests = block.In(op.name.text);
    for (const ast::ConditionTest& test : op.tests) {
      const CheckScope at = tests.In(test.key.text);
      const CatalogueKey* known =
          pass->subject.catalogue.FindKey(test.key.text);
      if (known == nullptr) {
        JudgeUnknown(test.key, at, pass);
        continue;
      }
      JudgeSpelling(*known, test.key, at, pass);
      JudgePlace(*known, InfoOf(*op.op), test, statement, at, pass);
      JudgeOperator(*known, *statement.condition, op, test, at, pass);
    }
  }
}

}  // namespace writ
