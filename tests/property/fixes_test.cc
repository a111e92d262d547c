// SPDX-License-Identifier: Apache-2.0
//
// What `writ fix` writes on its own decides like what it found: random policies
// are cluttered on purpose, mended, and decided before and after by the
// reference evaluator. WRIT_SEED and WRIT_CASES choose others; a failure prints
// both texts and the request.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "catalogue/catalogue.h"
#include "grammar/parse_json.h"
#include "grammar/print.h"
#include "grammar/value.h"
#include "lint/config.h"
#include "lint/edit.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "lint/policy_file.h"
#include "tests/support/clutter.h"
#include "tests/support/reference_evaluator.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

using reference::GeneratedCase;
using reference::GeneratedPolicy;
using reference::GeneratedRequest;

constexpr uint64_t kSeed = 20261123;
constexpr uint64_t kCases = 2500;
constexpr uint64_t kEnoughForCoverage = 2000;
constexpr uint64_t kPlanted = 400;
constexpr size_t kRequests = 50;
constexpr size_t kTries = 200;
// Of each automatic rule, in a run that is long enough.
constexpr uint64_t kLeastApplied = 10;
constexpr int kFailuresShown = 3;

// Every rule that can run does.
LintConfig EverythingOn() {
  LintConfig config;
  for (const RuleInfo& rule : Rules()) {
    if (rule.state == RuleState::kOn || rule.state == RuleState::kOff) {
      config.rules[std::string(rule.code)] = {true, rule.level};
    }
  }
  return config;
}

std::vector<std::string> AutomaticRules() {
  std::vector<std::string> codes;
  for (const RuleInfo& rule : Rules()) {
    if (rule.fix == FixKind::kAutomatic &&
        (rule.state == RuleState::kOn || rule.state == RuleState::kOff)) {
      codes.emplace_back(rule.code);
    }
  }
  return codes;
}

// A generated policy as a policy file has it.
struct Sample {
  CasePolicy as;  // its document is not to be used
  std::string document;
  ast::Policy tree;
};

// Nothing when the policy has errors.
std::optional<Sample> MakeSample(const GeneratedRequest& request,
                                 const GeneratedPolicy& policy) {
  const std::string line = GeneratedCase{request, {policy}}.Line("x");
  Case read;
  if (ReadCase(line, &read)) return std::nullopt;
  Sample sample;
  sample.as = read.policies[0];
  sample.document = read.policies[0].document;
  PolicyFile file = ParsePolicyText("p.ram.json", sample.document);
  CheckFile(sample.as.kind, &file);
  if (!file.parsed || file.diagnostics.has_errors()) return std::nullopt;
  sample.tree = std::move(file.content.policies[0]);
  sample.tree.kind = sample.as.kind;
  return sample;
}

// What a reference evaluator says, without the numbers of the statements.
std::string Words(const reference::Answer& answer) {
  if (answer.request_error) return "error";
  return std::string(VerdictName(answer.verdict)) + " " +
         std::string(LayerName(answer.layer)) + " " +
         std::string(ReasonName(answer.reason));
}

class Fixes : public testing::Test {
 protected:
  Fixes() {
    const SourceText source("all.ram.json",
                            R"({"Version": "1", "Statement": [{"Effect": )"
                            R"("Allow", "Action": "*", "Resource": "*"}]})");
    Diagnostics none;
    everything_ = *ParseJsonPolicy(source, &none);
    std::cout << "WRIT_SEED=" << seed_ << " WRIT_CASES=" << count_ * kRequests
              << "\n";
  }

  PolicyFile Judge(const std::string& path, std::string text,
                   ast::PolicyKind kind) const {
    PolicyFile file = ParsePolicyText(path, std::move(text));
    CheckFile(kind, &file);
    Diagnostics about_config;
    Lint({&file, 1}, Catalogue::BuiltIn(), config_, &about_config);
    return file;
  }

  // By itself, and with an identity policy that allows everything: some layers
  // say nothing without one.
  std::string Decide(const Sample& sample, const ast::Policy& tree,
                     const Request& request) const {
    const reference::Attached attached[] = {
        {.policy = &tree,
         .kind = AttachmentKindOf(sample.as.kind),
         .resource_group_scope = sample.as.resource_group_scope,
         .group = sample.as.group,
         .level = sample.as.level,
         .depth = sample.as.depth,
         .account = sample.as.account},
        {.policy = &everything_}};
    return Words(reference::Evaluate(request, {attached, 1})) + ", " +
           Words(reference::Evaluate(request, attached));
  }

  // The request that tells the trees apart, as a line; empty when none does.
  std::string Differing(const Sample& sample, const GeneratedPolicy& policy,
                        const GeneratedRequest& base,
                        const ast::Policy& after) {
    std::string differing;
    size_t decided = 0;
    for (size_t i = 0; i < kTries && decided < kRequests; ++i) {
      const GeneratedRequest varied = RequestAbout(policy, base, &random_);
      const std::string line = GeneratedCase{varied, {}}.Line("x");
      Case read;
      if (ReadCase(line, &read) || read.request_error) continue;
      ++decided;
      const RequestView view(read.request);
      const std::string before = Decide(sample, sample.tree, view.request());
      ++answers_[before];
      const std::string now = Decide(sample, after, view.request());
      if (before != now && differing.empty()) {
        differing = line + "\n" + before + "\n" + now;
      }
    }
    EXPECT_EQ(decided, kRequests) << sample.document;
    return differing;
  }

  const uint64_t seed_ = NumberFromEnvironment("WRIT_SEED", kSeed);
  // WRIT_CASES counts decisions, as elsewhere.
  const uint64_t count_ =
      NumberFromEnvironment("WRIT_CASES", kCases* kRequests) / kRequests;
  reference::CaseGenerator generator_{seed_};
  reference::Random random_{seed_};
  const LintConfig config_ = EverythingOn();
  ast::Policy everything_;
  std::map<std::string, uint64_t> answers_;
};

TEST_F(Fixes, WhatIsAppliedAutomaticallyChangesNoDecision) {
  const std::vector<std::string> automatic = AutomaticRules();
  std::map<std::string, uint64_t> applied;
  uint64_t invalid = 0;
  int failures = 0;
  for (uint64_t i = 0; i < count_ && failures < kFailuresShown; ++i) {
    const GeneratedCase one = generator_.Make();
    if (one.policies.empty()) continue;
    GeneratedPolicy policy = random_.Pick(one.policies);
    Clutter(&policy, &random_);
    const std::optional<Sample> sample = MakeSample(one.request, policy);
    if (!sample) {
      ++invalid;
      continue;
    }
    const bool json = random_.Percent(50);
    const std::string path = json ? "p.ram.json" : "p.writ";
    const std::string text =
        json ? CluttersJson(sample->document, &random_)
             : CluttersWrit(PrintWrit({&sample->tree, 1}), &random_);
    FixOptions options;
    if (random_.Percent(50)) options.rules = {random_.Pick(automatic)};
    const ast::PolicyKind kind = sample->as.kind;
    const FixOutcome outcome = FixFile(
        Judge(path, text, kind), options,
        [&](std::string fixed) { return Judge(path, std::move(fixed), kind); });
    for (const AppliedFix& fix : outcome.applied) {
      EXPECT_TRUE(fix.automatic);
      ++applied[std::string(InfoOf(fix.id).code)];
    }
    if (!outcome.changed()) continue;
    ASSERT_EQ(outcome.file.content.policies.size(), 1U) << text;
    const std::string differing = Differing(*sample, policy, one.request,
                                            outcome.file.content.policies[0]);
    if (!differing.empty()) {
      ++failures;
      ADD_FAILURE() << differing << "\nbefore:\n"
                    << text << "\nafter:\n"
                    << outcome.file.source.text();
    }
  }
  for (const auto& [code, times] : applied) {
    std::cout << code << " " << times << "\n";
  }
  std::cout << "invalid " << invalid << ", kinds of answers " << answers_.size()
            << "\n";
  if (count_ < kEnoughForCoverage || failures > 0) return;
  EXPECT_LT(invalid, count_ / 5);
  EXPECT_GT(answers_.size(), 10U);
  for (const std::string& code : automatic) {
    EXPECT_GE(applied[code], kLeastApplied) << code;
  }
}

// The net that the promise hangs in: a fix that claims to keep the meaning and
// drops an action is written only where the action means nothing.
TEST_F(Fixes, AFixThatDropsAnActionIsRefusedWithTheRequest) {
  FixOptions only_planted;
  only_planted.rules = {"W-RED-001"};
  uint64_t refused = 0;
  uint64_t tried = 0;
  for (uint64_t i = 0; i < kPlanted; ++i) {
    const GeneratedCase one = generator_.Make();
    if (one.policies.empty()) continue;
    const GeneratedPolicy& policy = random_.Pick(one.policies);
    const std::optional<Sample> sample = MakeSample(one.request, policy);
    if (!sample || policy.kind == "trust") continue;
    ast::Policy planted = sample->tree;
    std::optional<ast::PatternList>& action = planted.statements[0].action;
    if (action->negated) continue;
    action->values.is_list = true;
    action->values.items.push_back(
        {ast::Value::Kind::kString, "demo:OnlyHere", {}});
    const auto judge = [&](std::string text) {
      PolicyFile file = ParsePolicyText("p.writ", std::move(text));
      CheckFile(sample->as.kind, &file);
      if (!file.parsed) return file;
      const ast::Values& values =
          file.content.policies[0].statements[0].action->values;
      const size_t last[] = {values.items.size() - 1};
      if (values.items.back().text != "demo:OnlyHere") return file;
      Diagnostic finding =
          Diagnose(DiagnosticId::kRedundantAction, values.items.back().span, "",
                   {"demo:OnlyHere", "another"});
      finding.fix =
          Fix{"remove it", true, RemoveItems(file, values, last).value()};
      file.diagnostics.Add(std::move(finding));
      return file;
    };
    ++tried;
    const FixOutcome outcome =
        FixFile(judge(PrintWrit({&planted, 1})), only_planted, judge);
    if (outcome.changed()) {
      // The reference must find it harmless too.
      Sample with = *sample;
      with.tree = planted;
      GeneratedPolicy wide = policy;
      wide.statements[0].actions.emplace_back("demo:OnlyHere");
      EXPECT_EQ(Differing(with, wide, one.request, sample->tree), "")
          << PrintWrit({&planted, 1});
      continue;
    }
    ASSERT_EQ(outcome.refused.size(), 1U);
    ASSERT_TRUE(outcome.refused[0].witness.has_value());
    EXPECT_TRUE(
        EqualsIgnoreCase(outcome.refused[0].witness->action, "demo:OnlyHere"));
    ++refused;
  }
  std::cout << "refused " << refused << " of " << tried << "\n";
  EXPECT_GT(refused, tried / 2);
}

}  // namespace
}  // namespace writ
