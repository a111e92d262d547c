// SPDX-License-Identifier: Apache-2.0
// `writ test` from end to end: templates, imports and sets in the policies,
// tests inside, beside and in JSON, reports, thresholds; and `writ init`.
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

using Json = nlohmann::json;

class TestProcessTest : public WritProgramTest {
 protected:
  TestProcessTest() {
    Write("lib.writ",
          "writ 1;\n\nset OFFICE = { 10.0.0.0/8, 203.0.113.0/24 }\n\n"
          "template readers(bucket) {\n  read =>\n"
          "  allow [oss:GetObject, oss:ListObjects]\n"
          "    on acs:oss:*:*:{bucket}/*\n"
          "    when acs:SourceIp within $OFFICE;\n}\n");
    policy_ = Write(
        "p.writ",
        "writ 1;\n\nimport \"lib.writ\";\n\npolicy photos identity {\n"
        "  use readers(\"photos\");\n  guard =>\n"
        "  deny oss:* on acs:oss:*:*:photos/raw/* when acs:MFAPresent != "
        "\"true\" nocase;\n}\n\n"
        "test \"inside\" {\n"
        "  given principal = acs:ram::1001:user/alice;\n"
        "  given acs:SourceIp = 10.1.2.3;\n"
        "  expect allow oss:GetObject on acs:oss:cn:1001:photos/a because "
        "photos.read;\n"
        "  expect deny(implicit) oss:PutObject on acs:oss:cn:1001:photos/a;\n"
        "  expect deny(explicit) oss:GetObject on acs:oss:cn:1001:photos/raw/a "
        "because photos.guard;\n}\n");
  }

  // A test file that imports the policy and expects `expectation`.
  std::string Beside(const std::string& expectation) {
    return Write("p.test.writ",
                 "writ 1;\n\nimport \"p.writ\";\n\ntest \"beside\" {\n"
                 "  given principal = acs:ram::1001:user/alice;\n"
                 "  given acs:SourceIp = 10.1.2.3;\n  expect " +
                     expectation + ";\n}\n");
  }
  std::string InJson(const std::string& expected) {
    return Write("p.test.json",
                 "{\"version\": 1, \"policies\": [\"p.writ\"], \"tests\": [\n"
                 "{\"name\": \"json\", \"principal\": "
                 "\"acs:ram::1001:user/alice\", \"action\": "
                 "\"oss:PutObject\", \"resource\": "
                 "\"acs:oss:cn:1001:photos/a\", \"expect\": \"" +
                     expected + "\"}]}\n");
  }

  std::string policy_;
};

TEST_F(TestProcessTest, TestsStandInsideBesideAndInJson) {
  EXPECT_EQ(Run("test " + policy_).out,
            "1 test, 3 expectations: 3 met, 0 not met\n");
  const std::string beside = Beside(
      "allow [oss:GetObject, oss:ListObjects] on acs:oss:cn:1001:photos/"
      "b because photos.read");
  EXPECT_EQ(Run("test " + beside).out,
            "1 test, 2 expectations: 2 met, 0 not met\n");
  InJson("deny");
  const Outcome all = Run("test " + folder());
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_EQ(all.out, "3 tests, 6 expectations: 6 met, 0 not met\n");
  EXPECT_EQ(Run("test --filter 'test=bes*' " + folder()).out,
            "1 test, 2 expectations: 2 met, 0 not met\n");
  EXPECT_EQ(Run("test --filter 'test=none' " + folder()).exit, 2);
}

TEST_F(TestProcessTest, ExplainSaysWhatWouldMakeADenyAnAllow) {
  const std::string path =
      Write("mfa.writ",
            "writ 1;\n\npolicy mfa identity {\n  read =>\n"
            "  allow oss:GetObject on acs:oss:*:*:photos/*\n"
            "  when acs:MFAPresent is true;\n}\n");
  const std::string question =
      " -p " + path +
      " --principal acs:ram::1:user/alice --action oss:GetObject --resource ";
  const Outcome near =
      Run("explain --why-not" + question + "acs:oss:cn:1:photos/a");
  EXPECT_EQ(near.exit, 0);
  EXPECT_EQ(near.out,
            "IMPLICIT_DENY\n  layer   default\n  reason  no-match\n\n"
            "nearest allow: mfa, statement 1 `read`\n"
            "  it asks `acs:MFAPresent is true`; acs:MFAPresent is absent\n"
            "one change would allow it:\n  set acs:MFAPresent to true\n");
  EXPECT_EQ(Run("eval --format pretty --explain why-not" + question +
                "acs:oss:cn:1:photos/a")
                .out,
            near.out);
  EXPECT_NE(Run("explain" + question + "photos/a")
                .out.find("the request is wrong: the resource `photos/a` is "),
            std::string::npos);
  const Outcome far = Run("explain" + question + "acs:oss:cn:1:docs/a");
  for (const char* part :
       {"no   on acs:oss:*:*:photos/*   (the resource is acs:oss:cn:1:docs/a)",
        "and 1 more clause does not hold", "2 changes together",
        "a resource matching acs:oss:*:*:photos/*, such as "
        "acs:oss:cn:1:photos/x"}) {
    EXPECT_NE(far.out.find(part), std::string::npos) << part << far.out;
  }
  EXPECT_EQ(Run("eval --format pretty" + question + "acs:oss:cn:1:docs/a").exit,
            5);
}

TEST_F(TestProcessTest, AFailureSaysWhatWasDecidedAndWhy) {
  const std::string beside =
      Beside("allow oss:GetObject on acs:oss:cn:1001:photos/raw/a");
  const Outcome outcome = Run("test " + beside);
  EXPECT_EQ(outcome.exit, 4);
  for (const char* part :
       {"p.test.writ:8:3", "expected `allow`, decided `deny(explicit)`",
        "decided by `photos.guard`", "writ eval --format pretty --explain"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n"
                                                         << outcome.out;
  }
  for (const char* format : {"json", "tap", "junit", "github"}) {
    const Outcome other =
        Run("test --format " + std::string(format) + " " + beside);
    EXPECT_EQ(other.exit, 4) << format;
    EXPECT_NE(other.out.find("decided `deny(explicit)`"), std::string::npos)
        << other.out;
  }
  EXPECT_NE(Run("test --format tap " + beside).out.find("not ok 1 - "),
            std::string::npos);
  EXPECT_EQ(Run("test --fail-fast " + beside + " " + policy_).exit, 4);
}

TEST_F(TestProcessTest, CoveragePointsIntoTheImportedText) {
  const Outcome text = Run("test --coverage --jobs 2 " + policy_);
  EXPECT_EQ(text.exit, 0);
  EXPECT_NE(text.out.find("lib.writ:3:28: no test depends on the value "
                          "`203.0.113.0/24`"),
            std::string::npos)
      << text.out;
  EXPECT_NE(text.out.find("p.writ:8:47: no test fails `acs:MFAPresent != "
                          "\"true\" nocase`"),
            std::string::npos)
      << text.out;
  const Json report =
      Json::parse(Run("test --coverage=json " + policy_).out, nullptr, false);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["total"], 10);
  const std::string lcov = Run("test --coverage=lcov " + policy_).out;
  EXPECT_NE(lcov.find("lib.writ\n"), std::string::npos) << lcov;
  const std::string page = folder() + "/coverage.html";
  EXPECT_EQ(
      Run("test --coverage=html --coverage-output " + page + " " + policy_)
          .exit,
      0);
  EXPECT_NE(Read(page).find("203.0.113.0/24"), std::string::npos);
  EXPECT_EQ(Run("test --threshold 50 " + policy_).exit, 0);
  const Outcome low = Run("test --threshold 90 " + policy_);
  EXPECT_EQ(low.exit, 4);
  EXPECT_NE(low.err.find("60.0 % covered, below 90 %"), std::string::npos)
      << low.err;
}

TEST_F(TestProcessTest, MutantsThatNobodyNoticesAreListed) {
  const Outcome outcome = Run("test --mutate " + policy_);
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_NE(outcome.out.find("drop the action `oss:ListObjects`"),
            std::string::npos)
      << outcome.out;
  EXPECT_EQ(Run("test --mutate --mutation-threshold 10 " + policy_).exit, 0);
  EXPECT_EQ(Run("test --mutate --mutation-threshold 99 " + policy_).exit, 4);
}

TEST_F(TestProcessTest, UpdateWritesJsonAndNothingElse) {
  const std::string json = InJson("allow");
  EXPECT_EQ(Run("test " + json).exit, 4);
  EXPECT_EQ(Run("test --update " + json).exit, 0);
  EXPECT_NE(Read(json).find("implicit"), std::string::npos) << Read(json);
  EXPECT_EQ(Run("test " + json).exit, 0);
  const std::string beside =
      Beside("allow oss:PutObject on acs:oss:cn:1001:photos/a");
  const std::string before = Read(beside);
  EXPECT_EQ(Run("test --update " + beside).exit, 4);
  EXPECT_EQ(Read(beside), before);
}

// Who imports a file for its templates does not get its permissions.
TEST_F(TestProcessTest, ImportedPoliciesAreInForceWhenAskedFor) {
  const auto with = [&](const std::string& given) {
    return Write("q.writ",
                 "writ 1;\n\nimport \"p.writ\" as other;\n\n"
                 "policy one identity {\n  allow fc:GetFunction on *;\n}\n\n"
                 "test \"t\" {\n"
                 "  given principal = acs:ram::1001:user/alice;\n"
                 "  given acs:SourceIp = 10.1.2.3;\n" +
                     given +
                     "  expect allow oss:GetObject on "
                     "acs:oss:cn:1001:photos/a;\n}\n");
  };
  EXPECT_EQ(Run("test " + with("")).exit, 4);
  EXPECT_EQ(Run("test --coverage " + with("")).out.find("other.photos"),
            std::string::npos);
  const std::string asked = with("  given policies = [other.photos, one];\n");
  EXPECT_EQ(Run("test " + asked).exit, 0);
  const std::string who =
      " --principal acs:ram::1001:user/alice --action oss:GetObject"
      " --resource acs:oss:cn:1001:photos/a --context acs:SourceIp=10.1.2.3";
  EXPECT_EQ(Run("eval -p " + asked + who).exit, 5);
  EXPECT_EQ(Run("eval -p " + asked + " --only other.photos" + who).exit, 0);
  const Outcome compiled = Run("compile --minify " + asked);
  EXPECT_EQ(compiled.exit, 0) << compiled.err;
  EXPECT_EQ(compiled.out.find("oss:"), std::string::npos);
  EXPECT_EQ(Run("compile --policy other.photos " + asked).exit, 2);
  EXPECT_EQ(Run("decompile " + asked).out,
            "writ 1;\n\npolicy one identity {\n  allow fc:GetFunction on "
            "*;\n}\n");
}

TEST_F(TestProcessTest, WhatCannotRunIsNotAPass) {
  EXPECT_EQ(Run("test " + folder() + "/none.writ").exit, 2);
  EXPECT_EQ(Run("test " + folder() + "/lib.writ").exit, 2);
  EXPECT_EQ(Run("test --jobs 0 " + policy_).exit, 2);
  const std::string beside = Beside(
      "allow oss:GetObject on acs:oss:cn:1001:photos/a because "
      "photos.reed");
  const Outcome unknown = Run("test " + beside);
  EXPECT_EQ(unknown.exit, 3);
  EXPECT_NE(unknown.err.find("did you mean `photos.read`"), std::string::npos)
      << unknown.err;
}

TEST_F(TestProcessTest, TheExamplesPass) {
  const Outcome outcome = Run("test examples/policies");
  EXPECT_EQ(outcome.exit, 0) << outcome.out;
  EXPECT_EQ(Run("check --strict examples/policies").exit, 0);
}

TEST_F(TestProcessTest, ANewProjectPassesEverything) {
  const std::string project = folder() + "/new";
  EXPECT_EQ(Run("init -q " + project).exit, 0);
  for (const char* command :
       {"check --strict", "lint --fail-level suggestion", "fmt --check",
        "test --coverage --threshold 70"}) {
    const Outcome outcome = Run("-C " + project + " " + command + " policies");
    EXPECT_EQ(outcome.exit, 0) << command << outcome.out << outcome.err;
  }
  EXPECT_NE(Read(project + "/policies/office_readers.writ").find("\ntest \""),
            std::string::npos);
}

}  // namespace
}  // namespace writ
