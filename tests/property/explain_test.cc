// SPDX-License-Identifier: Apache-2.0
//
// The explanation of a decision and the decision never disagree, whether the
// program has an index or not; and what is said to turn a denial into an ALLOW
// does so in the eyes of the reference evaluator.
#include "authz/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "authz/program/program.h"
#include "compiler/compile.h"
#include "tests/support/reference_evaluator.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr uint64_t kSeed = 20261202;
constexpr uint64_t kCases = 4000;

// A case with its policies compiled in one way.
struct Compiled {
  std::unique_ptr<const Program> program;
  std::vector<Attachment> attachments;
};

Compiled CompileWith(const TwoAnswers& answers, PassSet passes) {
  const std::vector<CasePolicy>& policies = answers.read().policies;
  std::vector<PolicyInput> inputs;
  for (size_t i = 0; i < policies.size(); ++i) {
    inputs.push_back({&answers.trees()[i], policies[i].kind});
  }
  Compiled compiled;
  Result<std::string> image = CompileProgram(inputs, {.passes = passes});
  EXPECT_TRUE(image.ok()) << image.status().ToString();
  Result<std::unique_ptr<const Program>> program =
      Program::Load(*std::move(image));
  EXPECT_TRUE(program.ok()) << program.status().ToString();
  compiled.program = std::move(program).value();
  for (uint32_t i = 0; i < policies.size(); ++i) {
    const CasePolicy& policy = policies[i];
    compiled.attachments.push_back(
        {.program = compiled.program.get(),
         .unit = i,
         .kind = AttachmentKindOf(policy.kind),
         .resource_group_scope = policy.resource_group_scope,
         .group = policy.group,
         .level = policy.level,
         .depth = policy.depth,
         .account = policy.account});
  }
  return compiled;
}

std::string Words(const Decision& decision,
                  const std::vector<StatementRef>& statements) {
  CaseOutcome outcome;
  outcome.decision = decision;
  outcome.statements = statements;
  return AnswerText(outcome);
}

// What the reference evaluator says after `changes`: the request is rewritten
// as a case has it and statements are erased from the trees, so that nothing of
// the engine's own way to change a question has a part in it.
Verdict ReferenceAfter(const TwoAnswers& answers,
                       const std::vector<Change>& changes) {
  CaseRequest request = answers.read().request;
  std::vector<ast::Policy> trees = answers.trees();
  std::set<StatementRef> removed;
  for (const Change& change : changes) {
    switch (change.kind) {
      case Change::Kind::kSetKey:
      case Change::Kind::kRemoveKey:
        std::erase_if(request.context, [&](const CaseContextEntry& entry) {
          return SameContextKey(entry.key, change.name);
        });
        if (change.kind == Change::Kind::kSetKey) {
          request.context.push_back({change.name, {change.value}});
        }
        break;
      case Change::Kind::kRemoveStatement:
        removed.insert(change.statement);
        break;
      case Change::Kind::kResource:
        request.resources[change.resource] = change.value;
        break;
      case Change::Kind::kAction:
        request.action = change.value;
        break;
      case Change::Kind::kPrincipal:
        request.principal = change.value;
        request.principal_id = change.id;
        request.account = change.account;
        request.declared = change.declared;
        break;
    }
  }
  for (auto ref = removed.rbegin(); ref != removed.rend(); ++ref) {
    std::vector<ast::Statement>& statements = trees[ref->policy].statements;
    statements.erase(statements.begin() + ref->statement);
  }
  std::vector<reference::Attached> attached;
  for (size_t i = 0; i < trees.size(); ++i) {
    const CasePolicy& policy = answers.read().policies[i];
    attached.push_back({.policy = &trees[i],
                        .kind = AttachmentKindOf(policy.kind),
                        .resource_group_scope = policy.resource_group_scope,
                        .group = policy.group,
                        .level = policy.level,
                        .depth = policy.depth,
                        .account = policy.account});
  }
  const RequestView view(request);
  return reference::Evaluate(view.request(), attached).verdict;
}

void ExpectStatementsExplained(const ExplainedUnit& unit) {
  bool denied = false;
  bool allowed = false;
  for (const ExplainedStatement& statement : unit.statements) {
    bool all_hold = true;
    bool none_fails = true;
    for (const ExplainedClause& clause : statement.clauses) {
      all_hold = all_hold && clause.truth == Truth::kTrue;
      // R39 is about conditions: a target is true or false.
      none_fails = none_fails && clause.truth != Truth::kFalse;
    }
    ASSERT_EQ(statement.matched, statement.deny ? none_fails : all_hold);
    ASSERT_TRUE(statement.matched || !statement.determining);
    denied = denied || (statement.deny && statement.matched);
    allowed = allowed || (!statement.deny && statement.matched);
  }
  ASSERT_EQ(unit.verdict, denied    ? Verdict::kExplicitDeny
                          : allowed ? Verdict::kAllow
                                    : Verdict::kImplicitDeny);
}

void ExpectUnitsExplained(const Explanation& explanation) {
  const Decision& decision = explanation.decision;
  std::set<StatementRef> determining;
  for (const ExplainedUnit& unit : explanation.units) {
    ExpectStatementsExplained(unit);
    std::set<StatementRef> denied;
    for (const ExplainedStatement& statement : unit.statements) {
      if (statement.determining) determining.insert(statement.ref);
      if (statement.deny && statement.matched) denied.insert(statement.ref);
    }
    if (unit.decided && decision.verdict == Verdict::kExplicitDeny) {
      ASSERT_EQ(denied, std::set<StatementRef>(explanation.statements.begin(),
                                               explanation.statements.end()));
    }
  }
  ASSERT_EQ(determining, std::set<StatementRef>(explanation.statements.begin(),
                                                explanation.statements.end()));
  uint32_t distance = 0;
  for (const NearMiss& miss : explanation.near_misses) {
    const ExplainedStatement& statement =
        explanation.units[miss.unit].statements[miss.statement];
    ASSERT_FALSE(statement.matched);
    ASSERT_FALSE(statement.deny);
    ASSERT_NE(statement.clauses[miss.clause].truth, Truth::kTrue);
    ASSERT_GE(miss.distance, distance);
    distance = miss.distance;
  }
}

void ExpectFlipFlips(const TwoAnswers& answers,
                     const std::vector<Change>& flip) {
  ASSERT_EQ(ReferenceAfter(answers, flip), Verdict::kAllow);
  for (size_t i = 0; i < flip.size(); ++i) {
    std::vector<Change> fewer = flip;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    ASSERT_NE(ReferenceAfter(answers, fewer), Verdict::kAllow)
        << "change " << i << " is not needed";
  }
}

TEST(Explain, NeverDisagreesWithTheDecisionAndItsFlipsFlip) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  const uint64_t count = NumberFromEnvironment("WRIT_EXPLAIN_CASES", kCases);
  std::cout << "WRIT_SEED=" << seed << " WRIT_EXPLAIN_CASES=" << count << "\n";
  reference::CaseGenerator generator(seed);
  uint64_t denials = 0;
  uint64_t flips = 0;
  uint64_t of_several = 0;
  std::set<Change::Kind> kinds;
  for (uint64_t i = 0; i < count; ++i) {
    const auto made = generator.Edited(generator.Make());
    const TwoAnswers answers(made.Line(std::to_string(i)));
    if (!answers.refusal().empty()) continue;
    SCOPED_TRACE(answers.line());
    const RequestView view(answers.read().request);
    for (const PassSet passes : {PassSet::All(), PassSet::None()}) {
      const Compiled compiled = CompileWith(answers, passes);
      const Result<Explanation> explanation =
          Explain(view.request(), compiled.attachments);
      Decision decision;
      const bool decides =
          Decide(view.request(), compiled.attachments, &decision).ok();
      ASSERT_EQ(explanation.ok(), decides);
      if (!decides) continue;
      ASSERT_EQ(Words(explanation->decision, explanation->statements),
                answers.Reference());
      if (decision.reason == Reason::kMalformedRequest) continue;
      ExpectUnitsExplained(*explanation);
      if (::testing::Test::HasFatalFailure()) return;
      if (decision.allowed()) {
        ASSERT_TRUE(explanation->flip.empty());
        continue;
      }
      ++denials;
      if (explanation->flip.empty()) continue;
      ++flips;
      of_several += explanation->flip.size() > 1 ? 1 : 0;
      for (const Change& change : explanation->flip) kinds.insert(change.kind);
      ExpectFlipFlips(answers, explanation->flip);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  std::cout << denials << " denials, " << flips << " flips, " << of_several
            << " of several changes\n";
  if (count < kCases) return;
  // Without an Allow anywhere nothing can be said.
  EXPECT_GT(flips * 3, denials);
  EXPECT_GT(of_several, 0u);
  EXPECT_EQ(kinds.size(), 6u);
}

}  // namespace
}  // namespace writ
