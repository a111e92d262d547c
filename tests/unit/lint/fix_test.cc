// SPDX-License-Identifier: Apache-2.0
#include "lint/fix.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "lint/edit.h"

namespace writ {
namespace {

const char kTwoActions[] =
    "policy p identity {\n  allow [oss:Get*, oss:GetObject, oss:PutObject] on "
    "*;\n}\n";

// A judge whose only finding is the given fix: whatever removes an item of the
// first statement's actions.
PolicyFile Judge(std::string text, size_t item, bool automatic) {
  PolicyFile file = ParsePolicyText("p.writ", std::move(text));
  CheckFile(std::nullopt, &file);
  if (!file.parsed) return file;
  const ast::Values& values =
      file.content.policies[0].statements[0].action->values;
  const size_t items[] = {item};
  if (values.items.size() < 3) return file;
  Diagnostic finding =
      Diagnose(DiagnosticId::kRedundantAction, values.items[item].span, "",
               {values.items[item].text, "another"});
  finding.fix =
      Fix{"remove it", automatic, RemoveItems(file, values, items).value()};
  file.diagnostics.Add(std::move(finding));
  return file;
}

FixOutcome FixItem(size_t item, bool automatic, bool with_proposed) {
  FixOptions options;
  options.with_proposed = with_proposed;
  return FixFile(Judge(kTwoActions, item, automatic), options,
                 [&](std::string text) {
                   return Judge(std::move(text), item, automatic);
                 });
}

TEST(FixTest, WhatKeepsTheMeaningIsApplied) {
  const FixOutcome outcome = FixItem(1, true, false);
  ASSERT_EQ(outcome.applied.size(), 1U);
  EXPECT_TRUE(outcome.refused.empty());
  EXPECT_GT(outcome.requests, 20U);
  EXPECT_EQ(
      outcome.file.source.text(),
      "policy p identity {\n  allow [oss:Get*, oss:PutObject] on *;\n}\n");
}

TEST(FixTest, WhatChangesADecisionIsRefusedWithTheRequest) {
  const FixOutcome outcome = FixItem(2, true, false);
  EXPECT_FALSE(outcome.changed());
  EXPECT_EQ(outcome.file.source.text(), kTwoActions);
  ASSERT_EQ(outcome.refused.size(), 1U);
  ASSERT_TRUE(outcome.refused[0].witness.has_value());
  EXPECT_EQ(outcome.refused[0].witness->action, "oss:PutObject");
}

TEST(FixTest, ProposedFixesAreAppliedOnlyWhenAskedFor) {
  EXPECT_FALSE(FixItem(2, false, false).changed());
  EXPECT_TRUE(FixItem(2, false, true).changed());
}

TEST(FixTest, ATextThatNoLongerReadsIsRefused) {
  const auto judge = [](std::string text) {
    PolicyFile file = ParsePolicyText("p.writ", std::move(text));
    CheckFile(std::nullopt, &file);
    if (!file.parsed) return file;
    Diagnostic finding =
        Diagnose(DiagnosticId::kRedundantAction, {0, 6}, "", {"a", "b"});
    finding.fix = Fix{"break it", true, {{{0, 6}, "polity"}}};
    file.diagnostics.Add(std::move(finding));
    return file;
  };
  const FixOutcome outcome = FixFile(judge(kTwoActions), {}, judge);
  EXPECT_EQ(outcome.file.source.text(), kTwoActions);
  EXPECT_EQ(outcome.refused.size(), 1U);
}

}  // namespace
}  // namespace writ
