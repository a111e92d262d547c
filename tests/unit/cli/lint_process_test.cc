// SPDX-License-Identifier: Apache-2.0
// `writ check` and `writ lint` as a user and a build server meet them.
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

using Json = nlohmann::json;

constexpr char kWide[] =
    "writ 1;\n\npolicy p identity {\n  allow oss:* on *;\n}\n";

class LintProcessTest : public WritProgramTest {
 protected:
  LintProcessTest() { wide_ = Write("wide.writ", kWide); }

  // Whether the findings of `writ lint` hold this rule.
  bool Finds(const std::string& code, const std::string& arguments) {
    return Run("lint --format compact " + arguments).err.find(code) !=
           std::string::npos;
  }

  std::string wide_;
};

TEST_F(LintProcessTest, TheFailLevelDecidesTheExit) {
  EXPECT_EQ(Run("lint " + wide_).exit, 3);
  EXPECT_EQ(Run("lint --fail-level error " + wide_).exit, 0);
  EXPECT_EQ(Run("lint --disable service-star " + wide_).exit, 0);
  const std::string same =
      Write("same.writ",
            "writ 1;\n\npolicy p identity {\n"
            "  allow [fc:GetFunction, fc:GetFunction]\n    on "
            "acs:fc:*:*:functions/a;\n}\n");
  EXPECT_EQ(Run("lint " + same).exit, 0);
  EXPECT_EQ(Run("lint --fail-level suggestion " + same).exit, 3);
  EXPECT_EQ(Run("check " + wide_).exit, 0);
}

TEST_F(LintProcessTest, CheckListsTheRulingsOfStatements) {
  const std::string path =
      Write("guard.writ",
            "writ 1;\n\npolicy guard identity {\n  mfa =>\n  deny fc:* on *\n"
            "  when acs:MFAPresent != \"true\" nocase;\n}\n");
  const Outcome pretty = Run("check --rulings " + path);
  EXPECT_EQ(pretty.exit, 0);
  EXPECT_NE(pretty.out.find("guard, statement 1 `mfa`\n"), std::string::npos)
      << pretty.out;
  const Outcome compact = Run("check --rulings --format compact " + path);
  EXPECT_NE(compact.out.find("guard.writ:6:8: R01: a negated test also holds"),
            std::string::npos)
      << compact.out;
  const Json json =
      Json::parse(Run("check --rulings --format json " + path).out);
  ASSERT_EQ(json["rulings"].size(), 3u) << json;
  EXPECT_EQ(json["rulings"][0]["ruling"], "R28");
  EXPECT_EQ(json["rulings"][1]["ruling"], "R01");
  EXPECT_EQ(json["rulings"][1]["line"], 6);
  EXPECT_EQ(json["rulings"][1]["basis"], "ours");
  EXPECT_EQ(Run("check --rulings --format tap " + path).exit, 2);
  EXPECT_EQ(Run("check --rulings " + Write("bad.writ", "writ 1; policy")).exit,
            3);
}

TEST_F(LintProcessTest, WhatCannotBeReadGoesBeforeFindings) {
  const Outcome both = Run("lint " + wide_ + " " + folder() + "/none.writ");
  EXPECT_EQ(both.exit, 2);
  EXPECT_NE(both.err.find("W-PER-002"), std::string::npos) << both.err;
  for (const char* command : {"check ", "lint "}) {
    const Outcome none = Run(command + folder() + "/none.writ");
    EXPECT_EQ(none.exit, 2);
    // The file is named once, and nothing is claimed about no file at all.
    EXPECT_EQ(none.err.find("none.writ"), none.err.rfind("none.writ"));
    EXPECT_EQ(none.err.find("no findings"), std::string::npos) << none.err;
  }
}

TEST_F(LintProcessTest, FilesComeFromFoldersPatternsAndStandardInput) {
  Write("deep/er/two.writ", kWide);
  EXPECT_TRUE(Finds("deep/er/two.writ:4:9: security[W-PER-002]", folder()));
  EXPECT_TRUE(Finds("wide.writ:4:9", "'" + folder() + "/*.writ'"));
  EXPECT_TRUE(Finds("deep/er/two.writ:4:9", "-C " + folder() + " deep"));
  const Outcome piped =
      RunShell(Program() + " lint --format compact - <" + wide_);
  EXPECT_EQ(piped.exit, 3);
  EXPECT_EQ(piped.err.rfind("-:4:9: security[W-PER-002]", 0), 0U) << piped.err;
  Write("empty/readme.txt", "");
  EXPECT_EQ(Run("lint " + folder() + "/empty").exit, 2);
  EXPECT_EQ(Run("lint '" + folder() + "/x*.writ'").exit, 2);
}

TEST_F(LintProcessTest, EveryFormatNamesThePlaceAndTheRule) {
  for (const char* format : {"pretty", "plain", "compact", "json", "jsonl",
                             "sarif", "junit", "github", "tap"}) {
    for (const char* command : {"lint", "check --strict"}) {
      const std::string file =
          Write("f.writ",
                "writ 1;\n\npolicy p identity {\n  allow fc:GetFunctoin on "
                "*;\n}\n");
      const Outcome outcome =
          Run(std::string(command) + " --format " + format + " " + file);
      EXPECT_EQ(outcome.exit, command[0] == 'l' ? 0 : 3) << format;
      const std::string_view name = format;
      const bool for_people =
          name == "pretty" || name == "plain" || name == "compact";
      const std::string& text = for_people ? outcome.err : outcome.out;
      EXPECT_NE(text.find("W-TYP-003"), std::string::npos) << format << text;
      EXPECT_NE(text.find("f.writ"), std::string::npos) << format;
      if (name == "json" || name == "sarif") {
        EXPECT_FALSE(Json::parse(text, nullptr, false).is_discarded());
      }
    }
  }
}

TEST_F(LintProcessTest, RulesAreSwitchedByNameCodeAndGroup) {
  EXPECT_FALSE(Finds("W-STY-003", wide_));
  EXPECT_TRUE(Finds("W-STY-003", "--enable missing-description " + wide_));
  EXPECT_TRUE(Finds("W-STY-003", "--enable W-STY-003 " + wide_));
  EXPECT_FALSE(Finds("W-PER-002", "--disable PER " + wide_));
  const Outcome wrong = Run("lint --disable service-strr " + wide_);
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_NE(wrong.err.find("did you mean `service-star`"), std::string::npos);
}

TEST_F(LintProcessTest, ConfigurationIsFoundOrNamed) {
  Write(".writ.toml", "[lint]\nfail-level = \"error\"\n");
  EXPECT_EQ(Run("lint " + wide_).exit, 0);
  const std::string other =
      Write("other/o.toml", "[lint.rules]\nservice-star = \"suggestion\"\n");
  EXPECT_TRUE(
      Finds("suggestion[W-PER-002]", "--config " + other + " " + wide_));
  const std::string bad = Write("other/b.toml", "[lint]\nfail-levle = 1\n");
  const Outcome refused = Run("lint --config " + bad + " " + wide_);
  EXPECT_EQ(refused.exit, 2);
  EXPECT_NE(refused.err.find("b.toml:2:1"), std::string::npos) << refused.err;
  EXPECT_EQ(Run("lint --config " + folder() + "/none.toml " + wide_).exit, 2);
}

TEST_F(LintProcessTest, SuppressionsHoldUntilTheirDay) {
  const std::string path = Write(
      "s.writ",
      "writ 1;\n\npolicy p identity {\n  // writ:ignore service-star reason: "
      "migration, until 2026-12-31\n  allow oss:* on *;\n}\n");
  EXPECT_EQ(Run("lint --now 2026-12-31T23:00:00Z " + path).exit, 0);
  const Outcome late =
      Run("lint --format compact --now 2027-01-01T00:00:00Z " + path);
  EXPECT_EQ(late.exit, 3);
  EXPECT_NE(late.err.find("W-SUP-003"), std::string::npos);
  EXPECT_NE(late.err.find("W-PER-002"), std::string::npos);
}

TEST_F(LintProcessTest, ABaselineLetsOnlyNewFindingsThrough) {
  const std::string list = folder() + "/baseline.json";
  const Outcome written = Run("lint --write-baseline " + list + " " + wide_);
  EXPECT_EQ(written.exit, 0) << written.err;
  EXPECT_EQ(Run("lint --baseline " + list + " " + wide_).exit, 0);
  Write("wide.writ",
        "writ 1;\n\n// Moved.\npolicy p identity {\n  allow oss:* on *;\n\n"
        "  allow fc:* on *;\n}\n");
  const Outcome again =
      Run("lint --format compact --baseline " + list + " " + wide_);
  EXPECT_EQ(again.exit, 3);
  EXPECT_EQ(again.err.find("`oss`"), std::string::npos) << again.err;
  EXPECT_NE(again.err.find("`fc`"), std::string::npos) << again.err;
  EXPECT_EQ(Run("lint --baseline " + folder() + "/no.json " + wide_).exit, 2);
}

TEST_F(LintProcessTest, RulesAreListedWithWhatTheyWaitFor) {
  const std::string text = Run("lint --list-rules").out;
  EXPECT_NE(text.find("waits for the equivalence engine"), std::string::npos);
  EXPECT_NE(text.find("waits for a directory"), std::string::npos);
  const Json list =
      Json::parse(Run("lint --list-rules --format json").out, nullptr, false);
  ASSERT_TRUE(list.is_object());
  EXPECT_GT(list["rules"].size(), 100U);
  for (const Json& rule : list["rules"]) {
    EXPECT_FALSE(rule["summary"].get<std::string>().empty()) << rule["code"];
    EXPECT_FALSE(rule["state_text"].get<std::string>().empty());
  }
  EXPECT_NE(Run("lint --explain W-PER-002").out.find("service-star"),
            std::string::npos);
  EXPECT_EQ(Run("lint --explain nope").exit, 2);
}

}  // namespace
}  // namespace writ
