// SPDX-License-Identifier: Apache-2.0
// `writ fix` as a user meets it: what it writes, and what it never touches.
#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

namespace fs = std::filesystem;

constexpr char kTwice[] =
    "writ 1;\n\npolicy p identity {\n"
    "  allow [fc:GetFunction, fc:GetFunction] on acs:fc:*:*:functions/a;\n}\n";
constexpr char kOnce[] =
    "writ 1;\n\npolicy p identity {\n"
    "  allow [fc:GetFunction] on acs:fc:*:*:functions/a;\n}\n";
constexpr char kTypo[] =
    "writ 1;\n\npolicy p identity {\n"
    "  allow fc:GetFunctoin on acs:fc:*:*:functions/a;\n}\n";

class FixProcessTest : public WritProgramTest {};

TEST_F(FixProcessTest, WritesWhatIsProvedAndSaysHow) {
  const std::string path = Write("p.writ", kTwice);
  const Outcome outcome = Run("fix " + path);
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Read(path), kOnce);
  EXPECT_NE(outcome.err.find("fixed [W-RED-001]"), std::string::npos);
  EXPECT_NE(outcome.err.find(" requests are decided as before"),
            std::string::npos)
      << outcome.err;
}

TEST_F(FixProcessTest, ADryRunAndADifferenceWriteNothing) {
  const std::string path = Write("p.writ", kTwice);
  EXPECT_NE(Run("fix --dry-run " + path).err.find("would fix [W-RED-001]"),
            std::string::npos);
  EXPECT_NE(Run("fix --diff " + path).out.find("+  allow [fc:GetFunction] on"),
            std::string::npos);
  EXPECT_EQ(Read(path), kTwice);
  EXPECT_EQ(RunShell(Program() + " fix -q - <" + path).out, kOnce);
}

TEST_F(FixProcessTest, WhatChangesTheMeaningIsAskedFor) {
  const std::string path = Write("p.writ", kTypo);
  EXPECT_EQ(Run("fix " + path).exit, 0);
  EXPECT_EQ(Read(path), kTypo);
  EXPECT_EQ(Run("fix --unsafe " + path).exit, 0);
  EXPECT_NE(Read(path).find("fc:GetFunction "), std::string::npos);
}

TEST_F(FixProcessTest, OnlyTheRuleThatIsNamed) {
  const std::string path = Write("p.writ", kTwice);
  EXPECT_EQ(Run("fix --rule W-STY-001 " + path).exit, 0);
  EXPECT_EQ(Read(path), kTwice);
  EXPECT_EQ(Run("fix --rule redundant-action " + path).exit, 0);
  EXPECT_EQ(Read(path), kOnce);
  EXPECT_EQ(Run("fix --rule nope " + path).exit, 2);
}

TEST_F(FixProcessTest, KeepsTheModeAndTheLink) {
  const std::string path = Write("real/p.writ", kTwice);
  const fs::perms mode =
      fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  fs::permissions(path, mode);
  const std::string link = folder() + "/link.writ";
  fs::create_symlink("real/p.writ", link);
  EXPECT_EQ(Run("fix " + link).exit, 0);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(Read(path), kOnce);
  EXPECT_EQ(fs::status(path).permissions(), mode);

  const std::string loose =
      Write("loose.writ", "writ 1; policy p identity{allow fc:* on *;}");
  fs::permissions(loose, mode);
  EXPECT_EQ(Run("fmt --write " + loose).exit, 0);
  EXPECT_EQ(fs::status(loose).permissions(), mode);
}

TEST_F(FixProcessTest, WhatDoesNotParseIsShownAndLeftAlone) {
  const std::string text = "writ 1;\npolicy p identity { alow fc:* on *; }\n";
  const std::string path = Write("p.writ", text);
  const Outcome outcome = Run("fix " + path);
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(Read(path), text);
  EXPECT_NE(outcome.err.find("did you mean `allow`"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(Run("fix " + folder() + "/none.writ").exit, 2);
}

TEST_F(FixProcessTest, TheReportForProgramsSaysTheSame) {
  const std::string path = Write("p.writ", kTwice);
  const auto report = nlohmann::json::parse(
      Run("fix --dry-run --format json " + path).out, nullptr, false);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["dry_run"], true);
  const auto& file = report["files"][0];
  EXPECT_EQ(file["path"], path);
  EXPECT_EQ(file["changed"], true);
  EXPECT_EQ(file["applied"][0]["rule"], "W-RED-001");
  EXPECT_EQ(file["applied"][0]["line"], 4);
  EXPECT_GT(file["requests"], 0);
}

}  // namespace
}  // namespace writ
