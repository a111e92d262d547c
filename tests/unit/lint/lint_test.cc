// SPDX-License-Identifier: Apache-2.0
//
// The driver, suppressions and baselines: what reaches a report.
#include "lint/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lint/baseline.h"
#include "lint/config.h"
#include "lint/glob.h"

namespace writ {
namespace {

constexpr int64_t kNow = 1796083200;  // 2026-12-01T00:00:00Z

constexpr std::string_view kWide =
    "writ 1;\n\npolicy wide identity {\n  allow oss:* on *;\n}\n";

struct Outcome {
  std::vector<PolicyFile> files;
  Diagnostics about_config;

  // Codes of the first file, in order.
  std::vector<std::string> Codes(std::string_view group) const {
    std::vector<std::string> codes;
    for (const Diagnostic& finding : files.front().diagnostics.all()) {
      const std::string code(InfoOf(finding.id).code);
      if (code.find(group) != std::string::npos) codes.push_back(code);
    }
    return codes;
  }
};

Outcome LintText(const std::string& name, std::string_view text,
                 LintConfig config = LintConfig()) {
  Outcome outcome;
  outcome.files.push_back(ParsePolicyText(name, std::string(text)));
  CheckFile(std::nullopt, &outcome.files.back());
  if (config.options.now_seconds == 0) config.options.now_seconds = kNow;
  Lint(outcome.files, Catalogue::BuiltIn(), config, &outcome.about_config);
  return outcome;
}

std::string Replaced(std::string text, std::string_view what,
                     std::string_view by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

using Codes = std::vector<std::string>;

TEST(Lint, FindsWhatIsTooWide) {
  EXPECT_EQ(LintText("a.writ", kWide).Codes("PER-002"), Codes{"W-PER-002"});
}

TEST(Lint, JudgesNothingOfAPolicyWithErrors) {
  const std::string text =
      Replaced(std::string(kWide), "oss:* on *;",
               "oss:* on *;\n  allow oss:GetObject on oops;");
  EXPECT_EQ(LintText("a.writ", text).Codes("PER"), Codes{});
}

TEST(Lint, AnErrorInOnePolicyLeavesTheOthersJudged) {
  const std::string text =
      std::string(kWide) +
      "\npolicy broken identity {\n  allow oss:GetObject on oops;\n}\n";
  EXPECT_EQ(LintText("a.writ", text).Codes("PER-002"), Codes{"W-PER-002"});
}

TEST(Lint, ConfigurationSwitchesAndRaises) {
  LintConfig off;
  ASSERT_TRUE(SwitchRules("service-star", false, &off).ok());
  EXPECT_EQ(LintText("a.writ", kWide, off).Codes("PER-002"), Codes{});
  LintConfig raised;
  raised.rules["W-PER-002"] = {true, Level::kError};
  const Outcome outcome = LintText("a.writ", kWide, raised);
  for (const Diagnostic& finding : outcome.files[0].diagnostics.all()) {
    if (InfoOf(finding.id).code == "W-PER-002") {
      EXPECT_EQ(finding.level, Level::kError);
    }
  }
  EXPECT_FALSE(outcome.files[0].diagnostics.has_errors())
      << "a raised level does not make a policy invalid (R48)";
}

TEST(Lint, CheckAsksForNamesOnly) {
  LintConfig config;
  config.names_only = true;
  const std::string text = Replaced(
      std::string(kWide), "  allow",
      "  // writ:ignore service-star reason: known\n  allow oss:GetObjects on "
      "*;\n  allow");
  const Outcome outcome = LintText("a.writ", text, config);
  EXPECT_EQ(outcome.Codes("PER"), Codes{});
  EXPECT_EQ(outcome.Codes("SUP"), Codes{});
  EXPECT_EQ(outcome.Codes("TYP-003"), Codes{"W-TYP-003"});
}

std::string WithComment(std::string_view comment) {
  return Replaced(std::string(kWide), "  allow",
                  "  " + std::string(comment) + "\n  allow");
}

TEST(Lint, WhatOtherFilesUseIsNotUnused) {
  const std::string library = "set Read = { oss:GetObject }\n";
  const std::string policy =
      "policy p identity {\n  allow oss:GetObject on *;\n}\n";
  EXPECT_EQ(LintText("lib.writ", library).Codes("INE-013"), Codes{});
  const std::string both =
      library + "\npolicy q identity {\n  allow oss:PutObject on *;\n}\n";
  EXPECT_EQ(LintText("both.writ", both).Codes("INE-013"), Codes{"W-INE-013"});

  Outcome outcome;
  for (const auto& [name, text] :
       {std::pair{"./both.writ", both}, std::pair{"p.writ", policy}}) {
    outcome.files.push_back(ParsePolicyText(name, text));
    CheckFile(std::nullopt, &outcome.files.back());
  }
  outcome.files.back().content.imports = {"both.writ"};
  Lint(outcome.files, Catalogue::BuiltIn(), LintConfig(),
       &outcome.about_config);
  EXPECT_EQ(outcome.Codes("INE-013"), Codes{});
}

TEST(Suppress, HoldsForTheNextStatementOnly) {
  std::string text = WithComment("// writ:ignore W-PER-002 reason: migration");
  EXPECT_EQ(LintText("a.writ", text).Codes("PER-002"), Codes{});
  text = Replaced(text, "on *;", "on *;\n  allow fc:* on *;");
  EXPECT_EQ(LintText("a.writ", text).Codes("PER-002"), Codes{"W-PER-002"});
}

TEST(Suppress, StandsAboveAPolicyOrAWholeFile) {
  const std::string ignore = "// writ:ignore service-star reason: migration\n";
  EXPECT_EQ(LintText("a.writ",
                     Replaced(std::string(kWide), "policy", ignore + "policy"))
                .Codes("PER-002"),
            Codes{});
  EXPECT_EQ(LintText("a.writ", ignore + std::string(kWide)).Codes("PER-002"),
            Codes{});
}

TEST(Suppress, BehindTextHoldsForItsLine) {
  EXPECT_EQ(
      LintText("a.writ", Replaced(std::string(kWide), "on *;",
                                  "on *;  // writ:ignore W-PER-002 reason: x"))
          .Codes("PER-002"),
      Codes{});
}

TEST(Suppress, NamesSeveralRules) {
  const Outcome outcome = LintText(
      "a.writ",
      WithComment("// writ:ignore W-PER-002, unformatted reason: migration"));
  EXPECT_EQ(outcome.Codes("PER-002"), Codes{});
  EXPECT_EQ(outcome.Codes("SUP"), Codes{"W-SUP-004"})
      << "only the rule that finds nothing is told";
}

TEST(Suppress, IsJudgedItself) {
  const std::pair<std::string, std::string> cases[] = {
      {"// writ:ignore W-PER-002", "W-SUP-001"},
      {"// writ:ignore W-PER-002 reason:", "W-SUP-001"},
      {"// writ:ignore", "W-SUP-001"},
      {"// writ:ignore W-PER-002 reason: x, until 2026-13-01", "W-SUP-001"},
      {"// writ:ignore W-PER-999 reason: x", "W-SUP-002"},
      {"// writ:ignore W-PER-002 reason: x, until 2026-11-30", "W-SUP-003"},
      {"// writ:ignore W-INE-005 reason: x", "W-SUP-004"},
      {"// writ:ignore W-SYN-001 reason: x", "W-SUP-005"},
  };
  for (const auto& [comment, code] : cases) {
    const Outcome outcome = LintText("a.writ", WithComment(comment));
    EXPECT_EQ(outcome.Codes("SUP"), Codes{code}) << comment;
    EXPECT_EQ(outcome.Codes("PER-002"), Codes{"W-PER-002"}) << comment;
  }
}

TEST(Suppress, AReasonMayHoldTheWordUntil) {
  const Outcome outcome = LintText(
      "a.writ",
      WithComment(
          "// writ:ignore W-PER-002 reason: until the migration is over"));
  EXPECT_EQ(outcome.Codes("SUP"), Codes{});
  EXPECT_EQ(outcome.Codes("PER-002"), Codes{});
}

TEST(Suppress, TheLastDayCounts) {
  const std::string text =
      WithComment("// writ:ignore W-PER-002 reason: x, until 2026-12-01");
  LintConfig config;
  config.options.now_seconds = kNow + 24 * 60 * 60 - 1;
  EXPECT_EQ(LintText("a.writ", text, config).Codes("PER-002"), Codes{});
  config.options.now_seconds += 1;
  EXPECT_EQ(LintText("a.writ", text, config).Codes("PER-002"),
            Codes{"W-PER-002"});
}

constexpr std::string_view kWideJson = R"({
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": "fc:GetFunction", "Resource": "*"},
    {"Effect": "Allow", "Action": "oss:*", "Resource": "*"}
  ]
})";

LintConfig Configured(const std::string& text) {
  Result<LintConfig> config = ParseLintConfig(".writ.toml", text);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *std::move(config) : LintConfig();
}

TEST(Suppress, IgnoresOfTheConfigurationHoldForPointers) {
  const std::string begin =
      "[[ignore]]\nrule = \"service-star\"\nreason = \"x\"\n";
  const auto codes = [&](const std::string& more) {
    return LintText("old/a.ram.json", kWideJson, Configured(begin + more))
        .Codes("PER-002");
  };
  EXPECT_EQ(codes(""), Codes{});
  EXPECT_EQ(codes("path = \"/Statement/1\"\n"), Codes{});
  EXPECT_EQ(codes("path = \"/Statement/0\"\n"), Codes{"W-PER-002"});
  EXPECT_EQ(codes("file = \"old/*.json\"\n"), Codes{});
  EXPECT_EQ(codes("file = \"new/*.json\"\n"), Codes{"W-PER-002"});
  EXPECT_EQ(codes("until = 2026-11-30\n"), Codes{"W-PER-002"});
}

TEST(Suppress, IgnoresOfTheConfigurationAreJudgedWhereTheyAreMet) {
  const std::string begin =
      "[[ignore]]\nrule = \"W-INE-005\"\nreason = \"x\"\n";
  Outcome outcome = LintText("a.ram.json", kWideJson, Configured(begin));
  ASSERT_EQ(outcome.about_config.all().size(), 1U);
  EXPECT_EQ(InfoOf(outcome.about_config.all().front().id).code, "W-SUP-004");
  outcome = LintText("a.ram.json", kWideJson,
                     Configured(begin + "file = \"other.ram.json\"\n"));
  EXPECT_TRUE(outcome.about_config.all().empty());
}

TEST(Baseline, PutsKnownFindingsOffAndKeepsNewOnes) {
  Outcome before = LintText("a.writ", kWide);
  ASSERT_EQ(before.Codes("PER-002").size(), 1U);
  const Result<Baseline> baseline =
      Baseline::Parse("b.json", Baseline::Of(before.files).Json());
  ASSERT_TRUE(baseline.ok()) << baseline.status().message();
  EXPECT_TRUE(baseline->Apply(before.files).empty());
  EXPECT_TRUE(before.files[0].diagnostics.all().empty());

  // Moved and reformatted: still known. A second statement: new.
  Outcome after = LintText(
      "b.writ",
      Replaced(std::string(kWide), "  allow oss:* on *;",
               "  // moved\n  allow  oss:*  on  *;\n  allow fc:* on *;"));
  baseline->Apply(after.files);
  const Codes left = after.Codes("PER-002");
  ASSERT_EQ(left, Codes{"W-PER-002"});
  for (const Diagnostic& finding : after.files[0].diagnostics.all()) {
    if (InfoOf(finding.id).code == "W-PER-002") {
      EXPECT_EQ(after.files[0].source.Locate(finding.span.begin).line, 6U);
    }
  }
}

TEST(Baseline, TellsWhatIsGone) {
  Outcome before = LintText("a.writ", kWide);
  const Baseline baseline = Baseline::Of(before.files);
  Outcome after =
      LintText("a.writ", Replaced(std::string(kWide), "oss:* on *",
                                  "oss:GetObject on acs:oss:*:*:reports/a"));
  EXPECT_FALSE(baseline.Apply(after.files).empty());
}

TEST(Baseline, NeverPutsErrorsOff) {
  Outcome outcome =
      LintText("a.writ", Replaced(std::string(kWide), "on *", "on oops"));
  ASSERT_TRUE(outcome.files[0].diagnostics.has_errors());
  Baseline::Of(outcome.files).Apply(outcome.files);
  EXPECT_FALSE(outcome.files[0].diagnostics.all().empty());
}

TEST(Baseline, RefusesOtherTexts) {
  for (const char* text :
       {"", "[]", "{}", "{\"schema_version\": 2, \"findings\": []}",
        "{\"schema_version\": 1, \"findings\": {}}",
        "{\"schema_version\": 1, \"findings\": [5]}",
        "{\"schema_version\": 1, \"findings\": [{\"rule\": \"W-PER-002\"}]}"}) {
    EXPECT_FALSE(Baseline::Parse("b.json", text).ok()) << text;
  }
}

TEST(GlobMatches, StarsAndFolders) {
  EXPECT_TRUE(GlobMatches("a/*.json", "a/x.json"));
  EXPECT_FALSE(GlobMatches("a/*.json", "a/b/x.json"));
  EXPECT_TRUE(GlobMatches("a/**/x.json", "a/b/c/x.json"));
  EXPECT_TRUE(GlobMatches("a/**/x.json", "a/x.json"));
  EXPECT_FALSE(GlobMatches("a/**/x.json", "a/bx.json"));
  EXPECT_TRUE(GlobMatches("**", "a/b/c"));
  EXPECT_FALSE(GlobMatches("?", "/"));
  EXPECT_FALSE(GlobMatches("", "a"));
}

}  // namespace
}  // namespace writ
