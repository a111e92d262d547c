// SPDX-License-Identifier: Apache-2.0
#include "lint/escalation.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lint/grants.h"
#include "tests/unit/lint/lint_findings.h"

namespace writ::testing {
namespace {

std::string Codes(const std::string& statements, LintOptions options = {}) {
  const LintFindings found(Identity(statements), {LintEscalation},
                           std::move(options));
  EXPECT_TRUE(found.valid()) << statements;
  return found.Codes();
}

// One statement that allows what `row` names, on what it names.
std::string Granting(const Escalation& row) {
  std::string text;
  for (size_t i = 0; i < row.actions.size(); ++i) {
    text += "allow " + row.actions[i] + " on " +
            (i == 0 ? row.resource : std::string("*")) + ";\n";
  }
  return text;
}

TEST(EscalationTable, EveryRowHasATextAndAFindingOfItsRule) {
  std::set<std::string> ids;
  std::set<RuleId> rules;
  for (const Escalation& row : EscalationTable::BuiltIn().rows()) {
    SCOPED_TRACE(row.id);
    EXPECT_TRUE(ids.insert(row.id).second);
    rules.insert(row.rule);
    EXPECT_FALSE(row.help.empty());
    EXPECT_FALSE(row.reference.empty());
    const LintFindings found(Identity(Granting(row)), {LintEscalation});
    ASSERT_TRUE(found.valid());
    // A row whose actions are part of a graver one is reported as that.
    bool fires = false;
    for (const EscalationMatch& match :
         FindEscalations(ParsePolicyText("p.writ", Identity(Granting(row)))
                             .content.policies[0],
                         EscalationTable::BuiltIn())) {
      fires = fires || match.row->id == row.id;
    }
    EXPECT_TRUE(fires);
    EXPECT_NE(found.Codes(), "");
  }
  EXPECT_EQ(rules.size(), 9u);
}

TEST(Escalation, WhatIsNamedIsNotEverything) {
  EXPECT_EQ(Codes("allow ram:AttachPolicyToUser on acs:ram:*:*:user/mia;"), "");
  EXPECT_EQ(Codes("allow ram:PassRole on acs:ram:*:*:role/app "
                  "when acs:Service == \"fc.aliyuncs.com\";"),
            "");
  EXPECT_EQ(Codes("allow sts:AssumeRole on acs:ram:*:*:role/app-*;"), "");
}

TEST(Escalation, AllRolesOfOneAccountAreEverything) {
  EXPECT_EQ(Codes("allow sts:AssumeRole on acs:ram::1000000000000001:role/*;"),
            "W-ESC-010");
  EXPECT_EQ(Codes("allow sts:AssumeRole on acs:ram:*:*:*;"), "W-ESC-010");
}

TEST(Escalation, ListsOfExceptionsLetThrough) {
  EXPECT_EQ(Codes("allow all except [ecs:*, ram:*] on *;"), "W-ESC-010");
  EXPECT_EQ(Codes("allow sts:AssumeRole on all except acs:ram:*:*:role/a;"),
            "W-ESC-010");
  EXPECT_EQ(Codes("allow sts:AssumeRole on all except acs:ram:*:*:role/*;"),
            "");
  EXPECT_EQ(Codes("allow all except [ram:*, sts:*] on *;"), "");
}

TEST(Escalation, PassRoleIsReportedOnceAsTheWorst) {
  EXPECT_EQ(Codes("allow [ram:PassRole, fc:CreateFunction, ecs:RunInstances] "
                  "on *;"),
            "W-ESC-003");
  EXPECT_EQ(Codes("allow ram:PassRole on *;"), "W-ESC-001");
  EXPECT_EQ(Codes("allow ram:PassRole on acs:ram:*:*:role/app;"), "W-ESC-002");
}

TEST(Escalation, AServiceThatCannotUseTheRoleIsNoWay) {
  EXPECT_EQ(Codes("allow fc:* on acs:fc:*:*:functions/a; allow ram:PassRole on "
                  "* when acs:Service == \"ecs.aliyuncs.com\";"),
            "");
  EXPECT_EQ(Codes("allow fc:* on acs:fc:*:*:functions/a; allow ram:PassRole on "
                  "* when acs:Service like \"*.aliyuncs.com\";"),
            "W-ESC-003");
}

TEST(Escalation, AnOutrightDenyTakesItAway) {
  const std::string allow = "allow ram:PassRole on *;";
  EXPECT_EQ(Codes(allow + "deny ram:PassRole on *;"), "");
  EXPECT_EQ(Codes(allow + "deny ram:* on acs:ram:*:*:role/*;"), "");
  EXPECT_EQ(Codes(allow + "deny ram:PassRole on acs:ram:*:*:role/admin;"),
            "W-ESC-001");
  EXPECT_EQ(Codes(allow + "deny ram:PassRole on * when acs:MFAPresent is "
                          "false;"),
            "W-ESC-001");
  EXPECT_EQ(Codes(allow + "deny all except oss:* on *;"), "");
}

TEST(Escalation, OneWildcardIsOneFinding) {
  const LintFindings found(Identity("allow ram:* on *;"), {LintEscalation});
  ASSERT_EQ(found.Codes(), "W-ESC-006");
  const Diagnostic& finding = found.all()[0];
  EXPECT_EQ(finding.label, "includes `ram:AttachPolicyToUser`");
  ASSERT_FALSE(finding.notes.empty());
  EXPECT_NE(finding.notes[0].text.find("leads further"), std::string::npos);
  EXPECT_EQ(finding.notes.back().kind, DiagnosticNote::Kind::kExample);
}

TEST(Escalation, SeveralActionsOfOneRuleAreOneFinding) {
  const LintFindings found(
      Identity("allow [ram:CreateAccessKey, ram:CreateLoginProfile] on *;"),
      {LintEscalation});
  ASSERT_EQ(found.Codes(), "W-ESC-007");
  // The resource, and the other action.
  EXPECT_EQ(found.all()[0].others.size(), 2u);
}

TEST(Escalation, WhoMayDoEverythingHasNothingToWin) {
  EXPECT_EQ(Codes("allow * on *; allow ram:PassRole on *;"), "");
}

TEST(EscalationTable, RowsOfAFileAreAddedAndReplace) {
  Result<EscalationTable> table =
      EscalationTable::WithFile(SourceText("own.json",
                                           R"({"format": 1, "rows": [
        {"id": "dts-job", "rule": "W-ESC-003", "title": "run a job",
         "actions": ["ram:PassRole", "dts:CreateJob"],
         "resource": "acs:ram:*:*:role/*", "service": "dts.aliyuncs.com"},
        {"id": "assume-any-role", "rule": "W-ESC-010", "title": "take any",
         "actions": ["sts:AssumeRole"], "resource": "acs:ram:*:*:role/*",
         "guard": "acs:MFAPresent"}]})"));
  ASSERT_TRUE(table.ok()) << table.status().message();
  EXPECT_EQ(table.value().rows().size(),
            EscalationTable::BuiltIn().rows().size() + 1);
  LintOptions options;
  options.escalations = &table.value();
  EXPECT_EQ(Codes("allow [ram:PassRole, dts:CreateJob] on *;", options),
            "W-ESC-003");
  EXPECT_EQ(
      Codes("allow sts:AssumeRole on * when acs:MFAPresent is true;", options),
      "");
}

TEST(EscalationTable, SaysWhereAFileIsWrong) {
  const auto complaint = [](const std::string& text) {
    Result<EscalationTable> table =
        EscalationTable::WithFile(SourceText("own.json", text));
    return table.ok() ? "" : std::string(table.status().message());
  };
  EXPECT_EQ(complaint("{\"format\": 2, \"rows\": []}"),
            "own.json:1:12: the format is 1");
  EXPECT_EQ(complaint("[]"), "own.json:1:1: the table is an object");
  EXPECT_NE(complaint("{\"format\": 1"), "");
  EXPECT_NE(complaint("{\"format\": 1, \"rows\": [{\"id\": \"a\"}]}"), "");
  EXPECT_NE(complaint("{\"format\": 1, \"rows\": [{\"guards\": \"a\"}]}")
                .find("no member `guards`"),
            std::string::npos);
  EXPECT_NE(complaint("{\"format\": 1, \"rows\": [{\"id\": \"a\", \"rule\": "
                      "\"W-PER-001\", \"title\": \"t\", \"actions\": "
                      "[\"ram:*\"], \"resource\": \"role\"}]}")
                .find("no resource pattern"),
            std::string::npos);
}

}  // namespace
}  // namespace writ::testing
