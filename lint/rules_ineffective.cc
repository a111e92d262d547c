// SPDX-License-Identifier: Apache-2.0
//
// Conditions that give a false feeling of safety. A finding claims only what
// holds for every request: an absent key passes negated tests (R01), and a key
// may carry several values (R02) unless the catalogue says otherwise.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "catalogue/catalogue.h"
#include "compiler/check_scope.h"
#include "grammar/value.h"
#include "lint/edit.h"
#include "lint/ineffective.h"
#include "lint/lint.h"
#include "lint/relation.h"

namespace writ {
namespace {

constexpr std::string_view kCurrentTime = "acs:currenttime";
constexpr std::string_view kSourceIp = "acs:sourceip";
constexpr std::string_view kSourceVpc = "acs:sourcevpc";

// One test of a statement with what belongs to it.
struct Test {
  const ast::ConditionOperator* op;
  const OperatorInfo* info;
  const ast::ConditionTest* test;
  std::string key;  // folded
  size_t index;     // among all tests of the statement
};

std::vector<Test> TestsOf(const ast::Statement& statement) {
  std::vector<Test> tests;
  if (!statement.condition) return tests;
  size_t index = 0;
  for (const ast::ConditionOperator& op : statement.condition->operators) {
    for (const ast::ConditionTest& test : op.tests) {
      if (op.op) {
        tests.push_back({&op, &InfoOf(*op.op), &test,
                         FoldConditionKey(test.key.text), index});
      }
      ++index;
    }
  }
  return tests;
}

const std::vector<ast::Value>& ItemsOf(const Test& test) {
  return test.test->values.items;
}

// Blocks from which no caller reaches a public endpoint.
bool IsPrivate(std::string_view text) {
  const OperatorInfo& within = InfoOf(Operator::kIpAddress);
  constexpr std::string_view kPrivate[] = {
      "10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
      "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
      "fc00::/7",      "fe80::/10",      "::1"};
  return std::any_of(
      std::begin(kPrivate), std::end(kPrivate),
      [&](std::string_view block) { return ValueCovers(within, block, text); });
}

// Judges one policy; made for one call.
class IneffectiveRules {
 public:
  IneffectiveRules(const LintSubject& subject, Diagnostics* found)
      : subject_(subject),
        scope_(subject.kind, subject.file.is_json, found),
        budget_(kMaxLintQuestions) {}

  void Run() {
    for (size_t i = 0; i < subject_.policy.statements.size(); ++i) {
      const ast::Statement& statement = subject_.policy.statements[i];
      const std::vector<Test> tests = TestsOf(statement);
      const CheckScope at = scope_.In("Statement").In(i);
      Impossible(tests, at);
      for (const Test& test : tests) {
        AlwaysTrue(statement, test, at);
        PrivateAddress(test, tests, at);
        DenyMissesAbsent(statement, test, at);
      }
      Expired(i, tests, at);
    }
  }

 private:
  static CheckScope At(const Test& test, const CheckScope& statement) {
    return statement.In("Condition")
        .In(test.op->name.text)
        .In(test.test->key.text);
  }

  // No request value passes both, whatever else it carries. Several values are
  // a way out of two positive tests, none out of one and its negation.
  bool Exclude(const Test& a, const Test& b) {
    if (a.key != b.key || ItemsOf(a).empty() || ItemsOf(b).empty()) {
      return false;
    }
    if (a.info->negated != b.info->negated) {
      const Test& positive = a.info->negated ? b : a;
      const Test& negated = a.info->negated ? a : b;
      return std::all_of(ItemsOf(positive).begin(), ItemsOf(positive).end(),
                         [&](const ast::Value& value) {
                           return std::any_of(
                               ItemsOf(negated).begin(), ItemsOf(negated).end(),
                               [&](const ast::Value& other) {
                                 return budget_.Ask() &&
                                        ValueWithin(*positive.info, value.text,
                                                    *negated.info, other.text);
                               });
                         });
    }
    if (a.info->negated) return false;
    const CatalogueKey* known = subject_.catalogue.FindKey(a.test->key.text);
    if (known == nullptr || known->several) return false;
    return std::all_of(
        ItemsOf(a).begin(), ItemsOf(a).end(), [&](const ast::Value& value) {
          return std::all_of(ItemsOf(b).begin(), ItemsOf(b).end(),
                             [&](const ast::Value& other) {
                               return budget_.Ask() &&
                                      ValuesExclude(*a.info, value.text,
                                                    *b.info, other.text);
                             });
        });
  }

  void Impossible(const std::vector<Test>& tests, const CheckScope& at) {
    for (size_t i = 1; i < tests.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (!budget_.Ask()) return;
        if (!Exclude(tests[i], tests[j])) continue;
        const std::string other =
            "`" + std::string(tests[j].info->json) + "` above";
        Diagnostic finding =
            At(tests[i], at)
                .Draft(DiagnosticId::kImpossibleCondition,
                       tests[i].test->key.span,
                       {Excerpt(tests[i].test->key.text), other});
        finding.others.push_back({tests[j].test->key.span, "excludes it"});
        At(tests[i], at).Add(std::move(finding));
        break;
      }
    }
  }

  void AlwaysTrue(const ast::Statement& statement, const Test& test,
                  const CheckScope& at) {
    if (test.info->negated) return;
    const CatalogueKey* known = subject_.catalogue.FindKey(test.test->key.text);
    if (known == nullptr || !known->always_there) return;
    const std::vector<ast::Value>& items = ItemsOf(test);
    const auto holds = [&](std::string_view value) {
      return std::any_of(
          items.begin(), items.end(), [&](const ast::Value& item) {
            return budget_.Ask() && ValueCovers(*test.info, item.text, value);
          });
    };
    bool any = false;
    if (test.info->relation == Relation::kLike) any = holds("*");
    if (test.info->family == OperandFamily::kBool) {
      any = holds("true") && holds("false");
    }
    if (test.info->family == OperandFamily::kIp) {
      any = holds("0.0.0.0/0") && holds("::/0");
    }
    if (!any) return;
    Diagnostic finding =
        At(test, at).Draft(DiagnosticId::kAlwaysTrueCondition,
                           test.test->key.span, {Excerpt(test.test->key.text)});
    if (auto edit = RemoveTest(subject_.file, statement, test.index)) {
      finding.fix = Fix{"remove the test", false, {*std::move(edit)}};
    }
    At(test, at).Add(std::move(finding));
  }

  void Expired(size_t index, const std::vector<Test>& tests,
               const CheckScope& at) {
    const Instant now = {subject_.options.now_seconds, 0};
    if (now.seconds == 0) return;
    for (const Test& test : tests) {
      const Relation relation = test.info->relation;
      if (test.key != kCurrentTime || test.info->negated ||
          test.info->family != OperandFamily::kDate || ItemsOf(test).empty() ||
          (relation != Relation::kLess && relation != Relation::kLessEqual &&
           relation != Relation::kEqual)) {
        continue;
      }
      const ast::Value* last = nullptr;
      for (const ast::Value& value : ItemsOf(test)) {
        if (last == nullptr ||
            ParseInstant(last->text) < ParseInstant(value.text)) {
          last = &value;
        }
      }
      const std::optional<Instant> end = ParseInstant(last->text);
      if (!end || *end >= now) continue;
      Diagnostic finding = At(test, at).Draft(
          DiagnosticId::kExpired, last->span,
          {Excerpt(last->text), Excerpt(test.test->key.text)});
      finding.label = "in the past";
      if (auto edit = RemoveStatement(subject_.file, subject_.policy, index)) {
        finding.fix = Fix{"remove the statement", false, {*std::move(edit)}};
      }
      At(test, at).Add(std::move(finding));
      return;
    }
  }

  void PrivateAddress(const Test& test, const std::vector<Test>& all,
                      const CheckScope& at) {
    if (test.key != kSourceIp || test.info->family != OperandFamily::kIp) {
      return;
    }
    // With a VPC named beside it the address is one of that network.
    if (std::any_of(all.begin(), all.end(), [](const Test& other) {
          return other.key == kSourceVpc;
        })) {
      return;
    }
    for (const ast::Value& value : ItemsOf(test)) {
      if (!IsPrivate(value.text)) continue;
      At(test, at).Report(DiagnosticId::kPrivateAddress, value.span,
                          {Excerpt(value.text)});
      return;
    }
  }

  void DenyMissesAbsent(const ast::Statement& statement, const Test& test,
                        const CheckScope& at) {
    if (statement.effect != ast::Effect::kDeny || test.info->negated) return;
    const CatalogueKey* known = subject_.catalogue.FindKey(test.test->key.text);
    if (known == nullptr || known->always_there ||
        known->type != OperandFamily::kBool) {
      return;
    }
    const std::vector<ast::Value>& items = ItemsOf(test);
    if (items.empty() ||
        !std::all_of(items.begin(), items.end(), [](const ast::Value& value) {
          return ParseBool(value.text) == false;
        })) {
      return;
    }
    const std::string& key = test.test->key.text;
    const std::string instead =
        subject_.file.is_json ? "`\"StringNotEqualsIgnoreCase\": {\"" +
                                    Excerpt(key) + "\": \"true\"}`"
                              : "`" + Excerpt(key) + " != \"true\" nocase`";
    Diagnostic finding =
        At(test, at).Draft(DiagnosticId::kDenyMissesAbsent, test.test->key.span,
                           {Excerpt(key), instead});
    finding.label = "absent when the caller signed in without it";
    if (auto edits = NegateBool(statement, test)) {
      finding.fix =
          Fix{"deny also requests without the key", false, *std::move(edits)};
    }
    At(test, at).Add(std::move(finding));
  }

  // `is false` becomes `!= "true" nocase`.
  std::optional<std::vector<TextEdit>> NegateBool(const ast::Statement& in,
                                                  const Test& test) const {
    const ast::Values& values = test.test->values;
    if (values.items.size() != 1 || test.op->tests.size() != 1) {
      return std::nullopt;
    }
    const std::string_view name =
        InfoOf(Operator::kStringNotEqualsIgnoreCase).json;
    for (const ast::ConditionOperator& op : in.condition->operators) {
      if (op.name.text == name) return std::nullopt;
    }
    const PolicyFile& file = subject_.file;
    if (!file.is_json) {
      // The whole test must be this text: no set, no template.
      if (!ReplaceKey(file, test.test->key, test.test->key.text) ||
          !ReplaceLiteral(file, values.items[0], "true") || values.is_list ||
          file.source.TextOf({test.test->key.span.end, values.span.begin}) !=
              " is ") {
        return std::nullopt;
      }
      return std::vector<TextEdit>{
          {{test.test->key.span.end, values.span.end}, " != \"true\" nocase"}};
    }
    auto renamed = ReplaceKey(file, test.op->name, name);
    auto value = ReplaceLiteral(file, values.items[0], "true");
    if (!renamed || !value) return std::nullopt;
    return std::vector<TextEdit>{*std::move(renamed), *std::move(value)};
  }

  const LintSubject& subject_;
  const CheckScope scope_;
  QuestionBudget budget_;
};

}  // namespace

void LintIneffective(const LintSubject& subject, Diagnostics* found) {
  IneffectiveRules(subject, found).Run();
}

void OfferEmptyConditionFixes(PolicyFile* file) {
  file->diagnostics.Refine([file](Diagnostic* finding) {
    if (finding->id != DiagnosticId::kEmptyCondition || finding->fix) {
      return true;
    }
    for (const ast::Policy& policy : file->content.policies) {
      for (const ast::Statement& statement : policy.statements) {
        if (!statement.condition ||
            statement.condition->span != finding->span) {
          continue;
        }
        if (auto edit = RemoveEmptyCondition(*file, statement)) {
          finding->fix = Fix{"remove the condition", true, {*std::move(edit)}};
        }
      }
    }
    return true;
  });
}

}  // namespace writ
