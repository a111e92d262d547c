// SPDX-License-Identifier: Apache-2.0
#include "lint/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace writ {
namespace {

std::string Complaint(const std::string& text) {
  const Result<LintConfig> config = ParseLintConfig("here/.writ.toml", text);
  return config.ok() ? "" : std::string(config.status().message());
}

LintConfig Parsed(const std::string& text) {
  Result<LintConfig> config = ParseLintConfig("here/.writ.toml", text);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *std::move(config) : LintConfig();
}

const RuleInfo& Rule(std::string_view name) {
  const RuleInfo* rule = FindRule(name);
  EXPECT_NE(rule, nullptr) << name;
  return *rule;
}

TEST(LintConfig, EmptyTextChangesNothing) {
  const LintConfig config = Parsed("");
  for (const RuleInfo& rule : Rules()) {
    EXPECT_EQ(config.Of(rule).on, rule.state == RuleState::kOn) << rule.code;
    EXPECT_EQ(config.Of(rule).level, rule.level) << rule.code;
  }
  EXPECT_FALSE(config.fail_level.has_value());
}

TEST(LintConfig, SetsEveryOption) {
  const LintConfig config = Parsed(R"(
[lint]
fail-level = "warning"
account-digits = 12
shortest-ipv4-prefix = 16
shortest-ipv6-prefix = 48
max-line-columns = 90
max-file-lines = 300
naming = "kebab-case"
sensitive-actions = ["oss:DeleteBucket", "kms:*"]
trusted-accounts = ["1000000000000002"]
)");
  EXPECT_EQ(config.fail_level, Level::kWarning);
  EXPECT_EQ(config.options.account_digits, 12U);
  EXPECT_EQ(config.options.shortest_ipv4_prefix, 16U);
  EXPECT_EQ(config.options.shortest_ipv6_prefix, 48U);
  EXPECT_EQ(config.options.max_line_columns, 90U);
  EXPECT_EQ(config.options.max_file_lines, 300U);
  EXPECT_EQ(config.options.naming, "kebab-case");
  EXPECT_EQ(config.options.sensitive_actions,
            (std::vector<std::string>{"oss:DeleteBucket", "kms:*"}));
  EXPECT_EQ(config.options.trusted_accounts,
            (std::vector<std::string>{"1000000000000002"}));
}

TEST(LintConfig, SetsRulesByCodeSlugAndGroup) {
  const LintConfig config = Parsed(R"(
[lint.rules]
STY = "off"
unsorted-values = "warning"
"W-PER-002" = "off"
wide-cidr = { level = "security", shortest-ipv4-prefix = 24 }
)");
  EXPECT_FALSE(config.Of(Rule("W-STY-001")).on);
  EXPECT_TRUE(config.Of(Rule("W-STY-002")).on)
      << "a rule goes before its group";
  EXPECT_EQ(config.Of(Rule("W-STY-002")).level, Level::kWarning);
  EXPECT_FALSE(config.Of(Rule("service-star")).on);
  EXPECT_EQ(config.Of(Rule("wide-cidr")).level, Level::kSecurity);
  EXPECT_EQ(config.options.shortest_ipv4_prefix, 24U);
}

TEST(LintConfig, ComplaintsNamePlaceAndNearestName) {
  EXPECT_EQ(Complaint("[lint]\nfail-levle = \"error\"\n"),
            "here/.writ.toml:2:1: [lint] has no `fail-levle`; did you mean "
            "`fail-level`?");
  EXPECT_EQ(Complaint("[lnt]\n"),
            "here/.writ.toml:1:2: the configuration has no `lnt`; did you mean "
            "`lint`?");
  EXPECT_EQ(Complaint("[lint.rules]\nresource-sta = \"off\"\n"),
            "here/.writ.toml:2:1: `resource-sta` is neither a rule nor a "
            "group; did you mean `resource-star`?");
}

TEST(LintConfig, ReportsSeveralMistakesAtOnce) {
  const std::string complaint = Complaint(
      "[lint]\naccount-digits = \"16\"\nnaming = \"camelCase\"\n"
      "max-file-lines = -1\n");
  EXPECT_NE(complaint.find(":2:"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find(":3:"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find(":4:"), std::string::npos) << complaint;
}

TEST(LintConfig, ErrorsStayErrorsAndAbsentRulesStayAbsent) {
  EXPECT_NE(Complaint("[lint.rules]\njson-syntax = \"warning\"\n"), "");
  EXPECT_NE(Complaint("[lint.rules]\njson-syntax = \"off\"\n"), "");
  EXPECT_EQ(Complaint("[lint.rules]\njson-syntax = \"error\"\n"), "");
  EXPECT_NE(Complaint("[lint.rules]\nduplicate-policy = \"warning\"\n"), "");
  EXPECT_NE(Complaint("[lint.rules]\nnull-operand = \"warning\"\n"), "");
}

TEST(LintConfig, RefusesWhatIsNoToml) {
  EXPECT_NE(Complaint("[lint\n").find("here/.writ.toml:1:"), std::string::npos);
  EXPECT_NE(Complaint("[lint]\nnaming = \"any\"\nnaming = \"any\"\n"), "");
  EXPECT_NE(Complaint(std::string("[lint]\n\0", 8)), "");
  EXPECT_NE(Complaint("lint = 5\n"), "");
  EXPECT_NE(Complaint("ignore = 5\n"), "");
  EXPECT_NE(Complaint("ignore = [5]\n"), "");
  EXPECT_NE(Complaint("x = " + std::string(5000, '[')), "");
}

TEST(LintConfig, ReadsIgnores) {
  const LintConfig config = Parsed(R"(
[[ignore]]
file = "old/*.ram.json"
path = "/Statement/2"
rule = "service-star"
reason = "migration"
until = 2026-12-31
)");
  ASSERT_EQ(config.ignores.size(), 1U);
  const LintConfig::Ignore& ignore = config.ignores.front();
  EXPECT_EQ(ignore.file, "old/*.ram.json");
  EXPECT_EQ(ignore.pointer, "/Statement/2");
  EXPECT_EQ(ignore.until_seconds, 1798761600) << "the end of that day";
  EXPECT_EQ(config.source->Locate(ignore.span.begin).line, 2U);
}

TEST(LintConfig, IgnoresNeedRuleAndReason) {
  EXPECT_NE(Complaint("[[ignore]]\nrule = \"service-star\"\n"), "");
  EXPECT_NE(Complaint("[[ignore]]\nreason = \"x\"\n"), "");
  EXPECT_NE(Complaint("[[ignore]]\nrule = \"servce-star\"\nreason = \"x\"\n")
                .find("did you mean `service-star`?"),
            std::string::npos);
  EXPECT_NE(Complaint("[[ignore]]\nrule = \"service-star\"\nreason = \"x\"\n"
                      "until = \"soon\"\n"),
            "");
  EXPECT_NE(Complaint("[[ignore]]\nrule = \"service-star\"\nreason = \"x\"\n"
                      "path = \"Statement\"\n"),
            "");
}

TEST(LintConfig, CatalogueFilesCountFromTheConfiguration) {
  EXPECT_EQ(Parsed("[catalogue]\nfiles = [\"a/b.json\"]\n").catalogue_files,
            (std::vector<std::string>{"here/a/b.json"}));
}

TEST(LintConfig, RowsOfEscalationAreReadFromTheirFiles) {
  namespace fs = std::filesystem;
  std::string folder =
      (fs::temp_directory_path() / "writ-config-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/.writ.toml";
  std::ofstream(path) << "[escalation]\nfiles = [\"own.json\"]\n";

  const Result<LintConfig> missing = ReadLintConfig(path);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.status().message().find("own.json"), std::string::npos);

  std::ofstream(folder + "/own.json") << R"({"format": 2, "rows": []})";
  const Result<LintConfig> wrong = ReadLintConfig(path);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.status().message(),
            folder + "/own.json:1:12: the format is 1");

  std::ofstream(folder + "/own.json") << R"({"format": 1, "rows": [
      {"id": "dts-job", "rule": "W-ESC-003", "title": "run a job",
       "actions": ["ram:PassRole", "dts:CreateJob"],
       "resource": "acs:ram:*:*:role/*", "service": "dts.aliyuncs.com"}]})";
  Result<LintConfig> read = ReadLintConfig(path);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  // A copy keeps the table.
  LintConfig config = *read;
  read = LintConfig();
  PolicyFile file = ParsePolicyText(
      "p.writ",
      "policy p identity {\n  allow [ram:PassRole, dts:CreateJob] on *;\n}\n");
  CheckFile(std::nullopt, &file);
  const auto has_row = [](const PolicyFile& judged) {
    return std::any_of(
        judged.diagnostics.all().begin(), judged.diagnostics.all().end(),
        [](const Diagnostic& d) { return InfoOf(d.id).code == "W-ESC-003"; });
  };
  PolicyFile without = file;
  Diagnostics about_config;
  Lint({&file, 1}, Catalogue::BuiltIn(), config, &about_config);
  EXPECT_TRUE(has_row(file));
  Lint({&without, 1}, Catalogue::BuiltIn(), LintConfig(), &about_config);
  EXPECT_FALSE(has_row(without));
  fs::remove_all(folder);
}

TEST(LintConfig, IsFoundInTheNearestFolderAbove) {
  namespace fs = std::filesystem;
  std::string folder =
      (fs::temp_directory_path() / "writ-config-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  fs::create_directories(folder + "/a/b");
  std::ofstream(folder + "/.writ.toml") << "";
  EXPECT_EQ(FindLintConfig(folder + "/a/b/x.writ"), folder + "/.writ.toml");
  std::ofstream(folder + "/a/.writ.toml") << "";
  EXPECT_EQ(FindLintConfig(folder + "/a/b/x.writ"), folder + "/a/.writ.toml");
  EXPECT_EQ(FindLintConfig(folder + "/x.writ"), folder + "/.writ.toml");
  fs::remove_all(folder);
}

TEST(SwitchRules, KnowsRulesAndGroups) {
  LintConfig config;
  EXPECT_TRUE(SwitchRules("W-STY-002", true, &config).ok());
  EXPECT_TRUE(config.Of(Rule("unsorted-values")).on);
  EXPECT_TRUE(SwitchRules("STY", false, &config).ok());
  EXPECT_FALSE(config.Of(Rule("unsorted-values")).on);
  EXPECT_FALSE(SwitchRules("json-syntax", false, &config).ok());
  EXPECT_FALSE(SwitchRules("nonsense", false, &config).ok());
}

}  // namespace
}  // namespace writ
