// SPDX-License-Identifier: Apache-2.0
// The commands as a user meets them: the built program, its two streams, its
// exit code and the files it leaves.
#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

constexpr char kGood[] =
    "writ 1;\n\npolicy p identity {\n  allow fc:* on *;\n}\n";

class CommandsTest : public WritProgramTest {};

TEST_F(CommandsTest, CheckExitsByWhatItFound) {
  const std::string good = Write("good.writ", kGood);
  const std::string bad = Write(
      "bad.ram.json",
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"x","Resource":"*"}]})");
  EXPECT_EQ(Run("check " + good).exit, 0);
  const Outcome outcome = Run("check --format compact " + folder());
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("bad.ram.json:1:56: error[W-TYP-001]"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(Run("check --format jsonl " + bad).out.find("\"pointer\""),
            std::string::npos);
  EXPECT_EQ(Run("check " + folder() + "/none.writ").exit, 2);
  EXPECT_EQ(Run("check " + good + " " + folder() + "/none " + bad).exit, 2);
}

TEST_F(CommandsTest, CheckSaysWhichKindItGuessed) {
  const std::string path = Write(
      "t.ram.json",
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:root"]}}]})");
  EXPECT_NE(Run("check " + path).err.find("kind trust"), std::string::npos);
  EXPECT_EQ(Run("check " + path).exit, 0);
  EXPECT_EQ(Run("check --kind identity " + path).exit, 3);
}

TEST_F(CommandsTest, CompileAndDecompileAreInverse) {
  const std::string path = Write("p.writ", kGood);
  ASSERT_EQ(Run("compile " + path + " -o " + folder() + "/p.ram.json").exit, 0);
  EXPECT_EQ(Run("decompile " + folder() + "/p.ram.json").out, kGood);
}

TEST_F(CommandsTest, NothingIsWrittenOnError) {
  const std::string path = Write("p.writ", "policy p { alow fc:* on *; }");
  const std::string target = folder() + "/target";
  EXPECT_EQ(Run("compile " + path + " -o " + target).exit, 3);
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(Run("compile " + path).out, "");
  EXPECT_EQ(Run("fmt --write " + path).exit, 3);
  EXPECT_EQ(Read(path), "policy p { alow fc:* on *; }");
}

TEST_F(CommandsTest, ProveShowsWhatItProvedAndWritesNothingUnasked) {
  const std::string path = Write("p.writ", kGood);
  const std::string target = folder() + "/target";
  const Outcome proved = Run("compile --prove " + path);
  EXPECT_EQ(proved.exit, 0);
  EXPECT_NE(proved.out.find("image and policies agree"), std::string::npos);
  EXPECT_NE(Run("compile --prove --format json " + path)
                .out.find("\"proved\":true,\"statements\":"),
            std::string::npos);
  const std::string passes =
      " --without resource-tries --without intervals --together";
  EXPECT_EQ(Run("compile --prove" + passes + " -o " + target + " " + path).exit,
            0);
  EXPECT_TRUE(Read(target).starts_with("WRITPROG"));
  EXPECT_NE(Run("compile --prove --without sorting " + path)
                .err.find("the passes are normalise"),
            std::string::npos);
  EXPECT_EQ(Run("compile --target json --prove " + path).exit, 2);
}

TEST_F(CommandsTest, TranslationTakesWhatAProgramRefuses) {
  const std::string path =
      Write("p.writ", "writ 1; policy p identity { allow fc on *; }");
  const std::string target = folder() + "/target";
  EXPECT_EQ(Run("compile " + path).exit, 0);
  EXPECT_EQ(Run("compile --check " + path).exit, 3);
  EXPECT_EQ(Run("compile --target program " + path + " -o " + target).exit, 3);
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(CommandsTest, FmtChecksShowsAndWrites) {
  const std::string path =
      Write("p.writ", "writ 1; policy p identity{allow fc:* on *;}");
  EXPECT_EQ(Run("fmt " + path).out, kGood);
  EXPECT_EQ(Run("fmt --check " + path).exit, 3);
  EXPECT_NE(Run("fmt --diff " + path).out.find("+  allow fc:* on *;"),
            std::string::npos);
  EXPECT_EQ(Run("fmt --write " + path).exit, 0);
  EXPECT_EQ(Read(path), kGood);
  EXPECT_EQ(Run("fmt --check " + path).exit, 0);
  Write("q.writ", kGood);
  EXPECT_EQ(Run("fmt " + folder()).exit, 2);
}

TEST_F(CommandsTest, UnknownCommandsNameTheNearest) {
  const Outcome outcome = Run("chekc");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_NE(outcome.err.find("did you mean `check`"), std::string::npos);
  EXPECT_EQ(Run("version --json").exit, 0);
}

TEST_F(CommandsTest, ThePublishedExamplesAreValidAndInForm) {
  EXPECT_EQ(Run("check examples/policies").exit, 0);
  EXPECT_EQ(Run("fmt --check examples/policies").out, "");
}

}  // namespace
}  // namespace writ
