// SPDX-License-Identifier: Apache-2.0
// Values in their places: patterns and principals, where a bare word is text,
// and conditions, where the literals say which family of operators is meant.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/lower_writ.h"
#include "grammar/members.h"
#include "grammar/script.h"
#include "grammar/value.h"

namespace writ {
namespace {

std::string_view LiteralName(WritLiteral literal) {
  switch (literal) {
    case WritLiteral::kText:
      return "a text in quotes";
    case WritLiteral::kNumber:
      return "a number";
    case WritLiteral::kDate:
      return "a date";
    case WritLiteral::kBool:
      return "true or false";
    case WritLiteral::kBlock:
      return "an address";
    case WritLiteral::kOpen:
      break;
  }
  return "a value";
}

bool LooksLikeDate(std::string_view text) {
  return text.size() >= 8 && text.find('-') != std::string_view::npos &&
         std::all_of(text.begin(), text.begin() + 4,
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool LooksLikeAddress(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF.:/*") ==
             std::string_view::npos &&
         text.find_first_of(".:") != std::string_view::npos;
}

// The operator of that name in the condition, made when it is not there.
ast::ConditionOperator* OperatorIn(const ast::Text& name,
                                   ast::Condition* condition) {
  for (ast::ConditionOperator& op : condition->operators) {
    if (op.name.text == name.text) return &op;
  }
  ast::ConditionOperator op;
  op.name = name;
  if (const OperatorInfo* info = FindOperator(name.text)) op.op = info->op;
  condition->operators.push_back(std::move(op));
  return &condition->operators.back();
}

}  // namespace

ast::Values WritLowering::Patterns(P::ValuesContext* context,
                                   bool check_script) {
  WrittenValues written = names_->Values(context, scope_);
  ast::Values values;
  values.span = written.span;
  values.is_list = written.is_list;
  values.items.reserve(written.items.size());
  for (WrittenValue& item : written.items) {
    if (item.form == WrittenValue::Form::kJson) {
      Report(DiagnosticId::kValueType, item.value.span,
             {"a pattern", "a JSON value", Excerpt(item.value.text)});
    }
    if (check_script) {
      ReportMixedScript(item.value.text, item.value.span, "",
                        names_->diagnostics());
    }
    values.items.push_back(std::move(item.value));
  }
  return values;
}

ast::Principal WritLowering::Principal(P::PrincipalsContext* context) {
  ast::Principal principal;
  principal.name_span = SpanOf(context->TO());
  principal.span = SpanOf(context);
  if (context->ANYONE() != nullptr) {
    const Span span = SpanOf(context->ANYONE());
    principal.bare.is_list = true;
    principal.bare.span = span;
    principal.bare.items.push_back({ast::Value::Kind::kString, "*", span});
    return principal;
  }
  if (context->values() != nullptr) {
    principal.bare = Patterns(context->values());
    return principal;
  }
  principal.form = ast::Principal::Form::kTyped;
  std::unordered_set<std::string> types;
  for (P::TypedContext* typed : context->typed()) {
    ast::Text type = PrincipalType(typed->principalType());
    if (!types.insert(type.text).second) Twice(type.span, type.text);
    principal.typed.push_back({std::move(type), Patterns(typed->values())});
  }
  return principal;
}

ast::Text WritLowering::PrincipalType(P::PrincipalTypeContext* context) {
  if (context->STRING() != nullptr) {
    return names_->Verbatim(context->STRING(), scope_);
  }
  const std::string_view word = TextOf(context->WORD());
  const Span span = SpanOf(context);
  if (word == "ram") return {"RAM", span};
  if (word == "service") return {"Service", span};
  if (word == "federated") return {"Federated", span};
  constexpr std::string_view kWords[] = {"ram", "service", "federated"};
  const std::string_view nearest = NearestName(word, kWords);
  Report(DiagnosticId::kWritValue, span,
         {"`" + Excerpt(word) + "` is not a type of principal",
          nearest.empty() ? "write `ram`, `service` or `federated`"
                          : "did you mean `" + std::string(nearest) + "`?"});
  return {std::string(word), span};
}

ast::Condition WritLowering::Conditions(P::ConditionsContext* context) {
  ast::Condition condition;
  condition.name_span = SpanOf(context->WHEN());
  condition.span = SpanOf(context);
  size_t count = 0;
  for (P::ConditionContext* test : context->condition()) {
    // Each is compared with those before it.
    if (++count > kMaxConditionTests) {
      Report(DiagnosticId::kTooMany, SpanOf(test),
             {std::to_string(kMaxConditionTests), "tests in one condition"});
      break;
    }
    Test(test, &condition);
  }
  return condition;
}

ast::Text WritLowering::Key(P::KeyContext* context) {
  ast::Text key = context->STRING() != nullptr
                      ? names_->String(context->STRING(), scope_)
                      : names_->Word(context->WORD(), scope_);
  ReportMixedScript(key.text, key.span, "", names_->diagnostics());
  return key;
}

void WritLowering::Test(P::ConditionContext* context,
                        ast::Condition* condition) {
  std::vector<WritLiteral> literals;
  // One bad test does not silence the others.
  const bool was_broken = names_->broken();
  names_->set_broken(false);
  if (context->BY() != nullptr) {
    const ast::Text name = names_->Verbatim(context->STRING(), scope_);
    ast::ConditionOperator* op = OperatorIn(name, condition);
    if (context->NOTHING() != nullptr) {
      if (!op->tests.empty()) Twice(SpanOf(context), name.text);
    } else {
      ast::Values values = Literals(context->values(), &literals);
      AddTest(Key(context->key()), std::move(values), op);
    }
    names_->set_broken(names_->broken() || was_broken);
    return;
  }
  ast::Text key = Key(context->key());
  ast::Values values = Literals(context->test()->values(), &literals);
  const bool is_broken = names_->broken();
  names_->set_broken(is_broken || was_broken);
  if (is_broken) return;
  if (std::find(literals.begin(), literals.end(), WritLiteral::kOpen) !=
      literals.end()) {
    return;
  }
  const OperatorInfo* info = Choose(context->test(), values, literals);
  if (info == nullptr) return;
  const ast::Text name{std::string(info->json), SpanOf(context->test())};
  AddTest(std::move(key), std::move(values), OperatorIn(name, condition));
}

void WritLowering::AddTest(ast::Text key, ast::Values values,
                           ast::ConditionOperator* op) {
  for (const ast::ConditionTest& test : op->tests) {
    if (test.key.text != key.text) continue;
    Report(DiagnosticId::kSameKeyTwice, key.span,
           {Excerpt(key.text), Excerpt(op->name.text)});
    return;
  }
  op->tests.push_back({std::move(key), std::move(values)});
}

ast::Values WritLowering::Literals(P::ValuesContext* context,
                                   std::vector<WritLiteral>* literals) {
  WrittenValues written = names_->Values(context, scope_);
  ast::Values values;
  values.span = written.span;
  values.is_list = written.is_list;
  values.items.reserve(written.items.size());
  for (WrittenValue& item : written.items) {
    const std::string& text = item.value.text;
    WritLiteral literal = WritLiteral::kText;
    if (item.open) {
      literal = WritLiteral::kOpen;
    } else if (item.form == WrittenValue::Form::kJson) {
      literal = item.value.kind == ast::Value::Kind::kBool
                    ? WritLiteral::kBool
                    : WritLiteral::kNumber;
    } else if (item.form == WrittenValue::Form::kText) {
      literal = WritLiteral::kText;
    } else if (text == "true" || text == "false") {
      literal = WritLiteral::kBool;
    } else if (IsJsonNumber(text)) {
      literal = WritLiteral::kNumber;
    } else if (ParseInstant(text)) {
      literal = WritLiteral::kDate;
    } else if (ParseCidr(text)) {
      literal = WritLiteral::kBlock;
    } else {
      BadWord(text, item.value.span);
    }
    literals->push_back(literal);
    values.items.push_back(std::move(item.value));
  }
  return values;
}

// A bare word that is no literal; says what it was likely meant to be.
void WritLowering::BadWord(std::string_view word, Span span) {
  const std::string quoted = "\"" + Excerpt(word) + "\"";
  if (word == "absent" || word == "present") {
    Report(DiagnosticId::kWritValue, span,
           {"RAM cannot ask whether a key is there",
            "negated tests also hold when the key is absent: "
            "`acs:MFAPresent != \"true\" nocase`"});
  } else if (LooksLikeDate(word)) {
    Report(DiagnosticId::kWritValue, span,
           {"`" + Excerpt(word) + "` is not a full date",
            "write it like `2026-12-01T00:00:00Z` or "
            "`2026-12-01T08:00:00+08:00`; as text write " +
                quoted});
  } else if (LooksLikeAddress(word)) {
    Report(DiagnosticId::kWritValue, span,
           {"`" + Excerpt(word) +
                "` is neither a number nor an address or block of addresses",
            "write `10.0.0.0/8` or `192.0.2.7`; as text write " + quoted});
  } else {
    Report(DiagnosticId::kWritValue, span,
           {"`" + Excerpt(word) + "` stands without quotes",
            "write " + quoted +
                "; only numbers, dates, addresses, true and false stand "
                "bare behind an operator"});
  }
}

// The operator that spelling and literals mean; null after a finding.
const OperatorInfo* WritLowering::Choose(
    P::TestContext* context, const ast::Values& values,
    const std::vector<WritLiteral>& literals) {
  std::string spelling(scope_.module->places->TextOf(*context->getStart()));
  if (context->NOT() != nullptr) {
    spelling += context->LIKE() != nullptr ? " like" : " within";
  }
  if (context->NOCASE() != nullptr) spelling += " nocase";
  const bool inferred =
      context->NOCASE() == nullptr && context->LIKE() == nullptr &&
      context->WITHIN() == nullptr && context->IS() == nullptr;
  std::optional<OperandFamily> family;
  if (inferred) {
    family = Family(context, values, literals);
    if (!family) return nullptr;
  }
  for (const OperatorInfo& info : kOperators) {
    if (info.dsl == spelling && (!family || info.family == *family)) {
      return &info;
    }
  }
  Report(DiagnosticId::kWritValue, SpanOf(context),
         {"`" + spelling + "` compares numbers and dates, not text",
          "write the number or the date without quotes"});
  return nullptr;
}

std::optional<OperandFamily> WritLowering::Family(
    P::TestContext* context, const ast::Values& values,
    const std::vector<WritLiteral>& literals) {
  const bool ordered =
      context->EQUAL() == nullptr && context->UNEQUAL() == nullptr;
  if (literals.empty()) {
    if (!ordered) return OperandFamily::kString;
    Report(DiagnosticId::kWritValue, values.span,
           {"an empty list does not say what is compared",
            "write `by \"NumericLessThan\" key []`, or name a value"});
    return std::nullopt;
  }
  for (size_t i = 1; i < literals.size(); ++i) {
    if (literals[i] == literals[0]) continue;
    Report(DiagnosticId::kWritMixedValues, values.items[i].span,
           {LiteralName(literals[0]), LiteralName(literals[i])});
    return std::nullopt;
  }
  switch (literals[0]) {
    case WritLiteral::kText:
      return OperandFamily::kString;
    case WritLiteral::kNumber:
      return OperandFamily::kNumeric;
    case WritLiteral::kDate:
      return OperandFamily::kDate;
    case WritLiteral::kBool:
      Report(DiagnosticId::kWritValue, values.span,
             {"true and false are asked for with `is`",
              "write `is true`, or \"true\" to compare text"});
      return std::nullopt;
    case WritLiteral::kOpen:
      return std::nullopt;
    case WritLiteral::kBlock:
      Report(DiagnosticId::kWritValue, values.span,
             {"addresses are asked for with `within`",
              "write `within 10.0.0.0/8`, or quotes to compare text"});
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace writ
