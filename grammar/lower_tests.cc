// SPDX-License-Identifier: Apache-2.0
// `test` blocks: what is given, what is expected. Whether the expectations hold
// is for cases/ to say; here every name in them is looked up.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "grammar/lower_writ.h"
#include "grammar/members.h"
#include "grammar/value.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;

// What a test can say besides context keys, which have a colon.
constexpr std::string_view kGivenNames[] = {"principal", "policies", "now",
                                            "resource_group", "account"};

}  // namespace

std::vector<WritTest> WritLowering::LowerTests(
    const std::vector<ast::Policy>& policies) {
  for (const ast::Policy& policy : policies) {
    policies_.emplace(policy.name, &policy);
  }
  std::vector<WritTest> tests;
  std::unordered_map<std::string, Span> seen;
  for (P::TopContext* top : module_->tree->top()) {
    if (top->testDecl() == nullptr) continue;
    tests.push_back(LowerTest(top->testDecl()));
    const ast::Text& name = tests.back().name;
    const auto [it, is_new] = seen.emplace(name.text, name.span);
    if (is_new) continue;
    Diagnostic finding = Diagnose(DiagnosticId::kWritDuplicateName, name.span,
                                  "", {"tests", Excerpt(name.text)});
    finding.others.push_back({it->second, "first defined here"});
    names_->Add(std::move(finding));
  }
  policies_.clear();
  return tests;
}

WritTest WritLowering::LowerTest(P::TestDeclContext* context) {
  WritTest test;
  test.name = names_->String(context->STRING(), scope_);
  test.annotations = Annotations(context->annotation());
  test.span = SpanOf(context);
  test.span.begin = SpanOf(context->TEST()).begin;
  std::unordered_map<std::string, Span> seen;
  for (P::GivenContext* given : context->given()) {
    test.givens.push_back(Given(given));
    const ast::Text& name = test.givens.back().name;
    const auto [it, is_new] =
        seen.emplace(FoldConditionKey(name.text), name.span);
    if (is_new) continue;
    Diagnostic finding =
        Diagnose(DiagnosticId::kWritValue, name.span, "",
                 {"`" + Excerpt(name.text) + "` is given twice",
                  "several values of one key stand in brackets"});
    finding.others.push_back({it->second, "first given here"});
    names_->Add(std::move(finding));
  }
  for (P::ExpectationContext* expected : context->expectation()) {
    test.expectations.push_back(Expected(expected));
  }
  if (test.expectations.empty()) {
    Report(DiagnosticId::kWritValue, test.name.span,
           {"this test expects nothing",
            "write `expect allow ACTION on RESOURCE;` or `expect deny …`"});
  }
  return test;
}

WritGiven WritLowering::Given(P::GivenContext* context) {
  WritGiven given;
  given.span = SpanOf(context);
  given.name = Key(context->key());
  const std::string& name = given.name.text;
  const bool quoted = context->key()->STRING() != nullptr;
  const bool is_key = quoted || name.find(':') != std::string::npos;
  if (is_key) {
    std::vector<WritLiteral> literals;
    given.values = Literals(context->values(), &literals);
    return given;
  }
  if (std::find(std::begin(kGivenNames), std::end(kGivenNames), name) ==
      std::end(kGivenNames)) {
    const std::string_view nearest = NearestName(name, kGivenNames);
    names_->ReportUnknown(
        "part of a request", name, given.name.span,
        nearest.empty()
            ? "a test gives `principal`, `policies`, `now`, `account`, "
              "`resource_group` or a condition key such as `acs:SourceIp`"
            : "did you mean `" + std::string(nearest) + "`?");
    return given;
  }
  given.values = Patterns(context->values());
  const std::vector<ast::Value>& items = given.values.items;
  if (name == "policies") {
    for (const ast::Value& item : items) CheckPolicyName(item.text, item.span);
    return given;
  }
  // A set or name that is not known was reported.
  if (names_->broken()) return given;
  if (items.size() != 1 || given.values.is_list) {
    Report(DiagnosticId::kWritValue, given.values.span,
           {"`" + name + "` is one value", "write it without brackets"});
  } else if (name == "now" && !ParseInstant(items[0].text)) {
    Report(DiagnosticId::kWritValue, items[0].span,
           {"`" + Excerpt(items[0].text) + "` is not a full date",
            "write it like `2026-12-01T00:00:00Z` or "
            "`2026-12-01T08:00:00+08:00`"});
  }
  return given;
}

WritExpectation WritLowering::Expected(P::ExpectationContext* context) {
  WritExpectation expected;
  expected.span = SpanOf(context);
  expected.allow = context->ALLOW() != nullptr;
  if (context->EXPLICIT() != nullptr) expected.explicit_deny = true;
  if (context->IMPLICIT() != nullptr) expected.explicit_deny = false;
  expected.actions = Patterns(context->values(0));
  expected.resources = Patterns(context->values(1));
  for (const ast::Values* values : {&expected.actions, &expected.resources}) {
    if (values->items.empty() && !names_->broken()) {
      Report(DiagnosticId::kWritValue, values->span,
             {"an expectation about nothing", "name a value in the list"});
    }
  }
  for (P::NameContext* name : context->name()) {
    const antlr4::Token* token = name->getStart();
    ast::Text because{std::string(module_->places->TextOf(*token)),
                      module_->places->SpanOf(*token)};
    CheckStatementName(because.text, because.span);
    expected.because.push_back(std::move(because));
  }
  return expected;
}

void WritLowering::CheckPolicyName(std::string_view name, Span span) {
  if (policies_.contains(std::string(name))) return;
  // What a broken import defines is not known.
  for (const WritImport& import : module_->imports) {
    if (import.module == nullptr || import.module->broken) {
      names_->set_broken(true);
      return;
    }
  }
  std::vector<std::string_view> candidates;
  for (const auto& [known, policy] : policies_) candidates.push_back(known);
  std::sort(candidates.begin(), candidates.end());
  const std::string_view nearest = NearestName(name, candidates);
  names_->ReportUnknown(
      "policy", name, span,
      nearest.empty() ? "a test speaks of the policies of its file and of "
                        "those that the file imports"
                      : "did you mean `" + std::string(nearest) + "`?");
}

void WritLowering::CheckStatementName(std::string_view name, Span span) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) {
    Report(DiagnosticId::kWritValue, span,
           {"`" + Excerpt(name) + "` does not name a statement",
            "write `policy.label`, or `policy.0` for the first statement"});
    return;
  }
  const std::string_view policy = name.substr(0, dot);
  const std::string_view label = name.substr(dot + 1);
  const auto found = policies_.find(std::string(policy));
  if (found == policies_.end()) {
    CheckPolicyName(policy,
                    {span.begin, span.begin + static_cast<uint32_t>(dot)});
    return;
  }
  std::vector<std::string_view> labels;
  const std::vector<ast::Statement>& statements = found->second->statements;
  for (const ast::Statement& statement : statements) {
    if (!statement.label) continue;
    if (statement.label->text == label) return;
    labels.push_back(statement.label->text);
  }
  const Span at{span.begin + static_cast<uint32_t>(dot) + 1, span.end};
  const bool is_number =
      !label.empty() && label.size() < 6 &&
      label.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number) {
    size_t index = 0;
    for (char c : label) index = index * 10 + static_cast<size_t>(c - '0');
    if (index < statements.size()) return;
    names_->ReportUnknown("statement", name, at,
                          "the policy has " +
                              std::to_string(statements.size()) +
                              " statements, counted from 0");
    return;
  }
  const std::string_view nearest = NearestName(label, labels);
  names_->ReportUnknown("statement", name, at,
                        nearest.empty()
                            ? "name a label of the policy, or count its "
                              "statements from 0"
                            : "did you mean `" + std::string(policy) + "." +
                                  std::string(nearest) + "`?");
}

}  // namespace writ
