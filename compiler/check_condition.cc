// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/check_scope.h"
#include "grammar/members.h"
#include "grammar/value.h"

namespace writ {
namespace {

// Operators of other policy languages, and what to write instead.
void ReportForeignOperator(const ast::Text& name, const CheckScope& scope) {
  const std::string_view text = name.text;
  std::string_view help;
  if (text.starts_with("ForAllValues:") || text.starts_with("ForAnyValue:")) {
    help =
        "a request with several values matches when any of them does; remove "
        "the prefix";
  } else if (text == "Null") {
    help =
        "a test of an absent key fails, a negated one holds: "
        "`StringNotEquals` also covers requests without the key";
  } else if (text.ends_with("IfExists")) {
    help =
        "a negated operator also holds when the key is absent; for the others "
        "write a second statement";
  } else if (text.starts_with("Arn")) {
    help = "compare ARNs with `StringEquals` or `StringLike`";
  } else if (text.starts_with("Binary")) {
    help = "compare the text with `StringEquals`";
  }
  if (!help.empty()) {
    scope.Report(DiagnosticId::kNotInRam, name.span, {Excerpt(text), help});
    return;
  }
  std::vector<std::string_view> names;
  for (const OperatorInfo& info : kOperators) names.push_back(info.json);
  const std::string_view nearest = NearestName(text, names);
  scope.Report(DiagnosticId::kOperatorUnknown, name.span,
               {Excerpt(text),
                nearest.empty()
                    ? "operators are String…, Numeric…, Date…, Bool, IpAddress "
                      "and NotIpAddress"
                    : "did you mean `" + std::string(nearest) + "`?"});
}

std::string NumberHelp(std::string_view text) {
  if (text.starts_with("+") || text.starts_with(".")) {
    return "write it without a leading `+`, and with a digit before the point";
  }
  if (text.starts_with("0x")) return "write it in decimal";
  return "write at most 34 digits, with at most a three-digit exponent, like "
         "`5`, `-0.25` or `1e3`";
}

std::string CidrHelp(std::string_view text) {
  if (text.find('*') != std::string_view::npos) {
    return "write a block such as `10.0.0.0/8` for `10.*`";
  }
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(slash + 1);
    if (prefix.find('.') != std::string_view::npos) {
      return "write the length of the prefix instead of a netmask, as in `/24`";
    }
    if (ParseCidr(text.substr(0, slash))) {
      return text.find(':') == std::string_view::npos
                 ? "the prefix of an IPv4 block is 0 to 32"
                 : "the prefix of an IPv6 block is 0 to 128";
    }
  }
  return "write `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`";
}

void CheckCidr(const ast::Value& value, const CheckScope& scope) {
  const std::optional<IpBlock> block = ParseCidr(value.text);
  if (!block) {
    scope.Report(DiagnosticId::kCidrInvalid, value.span,
                 {Excerpt(value.text), CidrHelp(value.text)});
    return;
  }
  if (block->had_host_bits) {
    scope.Report(DiagnosticId::kCidrHostBits, value.span,
                 {Excerpt(value.text)});
  } else if (block->had_prefix && block->prefix == (block->is_v6 ? 128 : 32)) {
    scope.Report(DiagnosticId::kCidrSingle, value.span, {Excerpt(value.text)});
  }
}

void CheckStringValue(const OperatorInfo& op, const ast::Value& value,
                      const CheckScope& scope) {
  if (op.relation != Relation::kEqual) return;
  if (value.text.find_first_of("*?") == std::string::npos) return;
  scope.Report(DiagnosticId::kWildcardWithoutLike, value.span,
               {op.json, op.negated ? "StringNotLike" : "StringLike"});
}

void CheckValue(const OperatorInfo& op, const ast::Value& value,
                const CheckScope& scope) {
  if (value.kind != ast::Value::Kind::kString) {
    scope.Report(DiagnosticId::kUnquotedValue, value.span,
                 {Excerpt(value.text)});
  }
  CheckVariables(value, scope);
  switch (op.family) {
    case OperandFamily::kString:
      CheckStringValue(op, value, scope);
      return;
    case OperandFamily::kNumeric:
      if (!ParseDecimal(value.text)) {
        scope.Report(DiagnosticId::kNumberFormat, value.span,
                     {Excerpt(value.text), NumberHelp(value.text)});
      }
      return;
    case OperandFamily::kDate:
      if (!ParseInstant(value.text)) {
        scope.Report(DiagnosticId::kDateFormat, value.span,
                     {Excerpt(value.text)});
      }
      return;
    case OperandFamily::kBool:
      if (!ParseBool(value.text)) {
        scope.Report(DiagnosticId::kBoolFormat, value.span,
                     {Excerpt(value.text)});
      }
      return;
    case OperandFamily::kIp:
      CheckCidr(value, scope);
      return;
  }
}

void CheckKey(const ast::Text& key, const CheckScope& scope) {
  const size_t colon = key.text.find(':');
  if (colon != std::string::npos && colon > 0 && colon + 1 < key.text.size()) {
    return;
  }
  scope.Report(DiagnosticId::kConditionKeyFormat, key.span,
               {Excerpt(key.text)});
}

void CheckTest(const OperatorInfo& op, const ast::ConditionTest& test,
               const CheckScope& scope) {
  CheckKey(test.key, scope);
  if (test.values.items.empty()) {
    scope.Report(DiagnosticId::kEmptyValues, test.values.span,
                 {Excerpt(test.key.text), op.negated ? "always" : "never"});
  }
  if (op.family == OperandFamily::kBool && test.values.items.size() > 1) {
    scope.Report(DiagnosticId::kMultipleBooleans, test.values.span,
                 {Excerpt(test.key.text)});
  }
  for (size_t i = 0; i < test.values.items.size(); ++i) {
    CheckValue(op, test.values.items[i], scope.Item(test.values, i));
  }
}

}  // namespace

void CheckCondition(const ast::Condition& condition, const CheckScope& scope) {
  if (condition.operators.empty()) {
    scope.Report(DiagnosticId::kEmptyCondition, condition.span);
  }
  for (const ast::ConditionOperator& op : condition.operators) {
    const CheckScope at = scope.In(op.name.text);
    if (!op.op) {
      ReportForeignOperator(op.name, at);
      continue;
    }
    if (op.tests.empty()) {
      at.Report(
          DiagnosticId::kEmptyList, op.name.span,
          {Excerpt(op.name.text), "name a key and a value, or remove it"});
    }
    std::unordered_map<std::string, std::string_view> keys;
    for (const ast::ConditionTest& test : op.tests) {
      const CheckScope place = at.In(test.key.text);
      const auto [first, fresh] =
          keys.emplace(FoldConditionKey(test.key.text), test.key.text);
      // The same spelling twice was reported where it was read.
      if (!fresh && first->second != test.key.text) {
        place.Report(DiagnosticId::kDuplicateKeySpelling, test.key.span,
                     {Excerpt(first->second), Excerpt(test.key.text)});
      }
      CheckTest(InfoOf(*op.op), test, place);
    }
  }
}

}  // namespace writ
