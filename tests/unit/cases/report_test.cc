// SPDX-License-Identifier: Apache-2.0
// What `writ test` prints about a run with a failure of each sort.
#include <string>

#include "cases/test_report.h"
#include "gtest/gtest.h"
#include "tests/support/golden_file.h"
#include "tests/unit/cases/suite_folder.h"

namespace writ {
namespace {

constexpr char kGolden[] = WRIT_SOURCE_FOLDER "/tests/golden/tests/";

constexpr char kTests[] = R"({
  "version": 1,
  "policies": ["photo.writ"],
  "tests": [
    {
      "name": "passes",
      "principal": "acs:ram::1:user/alice",
      "context": {"acs:SourceIp": "10.1.2.3"},
      "action": "oss:GetObject",
      "resource": "acs:oss:cn:1:photos/a",
      "expect": "allow"
    },
    {
      "name": "from outside # <&>",
      "principal": "acs:ram::1:user/alice",
      "context": {"acs:SourceIp": "192.0.2.1"},
      "matrix": {
        "actions": ["oss:GetObject", "oss:PutObject"],
        "resources": ["acs:oss:cn:1:photos/a"]
      },
      "expect": {"oss:GetObject": "allow", "oss:PutObject": "deny"}
    },
    {
      "name": "for another reason",
      "principal": "acs:ram::1:user/alice",
      "action": "oss:GetObject",
      "resource": "acs:oss:cn:1:photos/raw/a",
      "expect": {"decision": "deny", "because": ["photo.read"]}
    },
    {
      "name": "for all of a matrix",
      "principal": "acs:ram::1:user/alice",
      "context": {"acs:SourceIp": "10.1.2.3"},
      "matrix": {
        "actions": ["oss:GetObject", "oss:PutObject"],
        "resources": ["acs:oss:cn:1:photos/a"]
      },
      "expect": "allow"
    }
  ]
}
)";

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() {
    folder_.Write("photo.writ", kPhotoPolicy);
    folder_.Write("a.test.json", kTests);
    suite_ = folder_.Load("a.test.json");
    EXPECT_FALSE(suite_.broken()) << FindingsOf(suite_);
    result_ = RunSuite(suite_, TestFilter(), ForEachInTurn, false);
  }

  SuiteFolder folder_;
  TestSuite suite_;
  SuiteResult result_;
};

TEST_F(ReportTest, EveryFormatReadsAsItIsKept) {
  EXPECT_EQ(result_.failed, 3U);
  const TestRun run = {.results = {&result_, 1}};
  for (const char* name : {"pretty", "json", "tap", "junit", "github"}) {
    const auto format = TestFormatNamed(name);
    ASSERT_TRUE(format.has_value());
    ExpectGolden(std::string(kGolden) + "report." + name,
                 TestReport(run, *format, true));
  }
}

TEST_F(ReportTest, AnUpdatedFilePasses) {
  const auto updated = UpdatedTestFile(result_);
  ASSERT_TRUE(updated.has_value());
  folder_.Write("b.test.json", *updated);
  const TestSuite suite = folder_.Load("b.test.json");
  ASSERT_FALSE(suite.broken()) << FindingsOf(suite) << *updated;
  const SuiteResult result =
      RunSuite(suite, TestFilter(), ForEachInTurn, false);
  EXPECT_EQ(result.failed, 0U) << *updated;
  EXPECT_EQ(result.checks.size(), result_.checks.size());
  EXPECT_EQ(UpdatedTestFile(result), std::nullopt);
}

TEST_F(ReportTest, FailFastStopsAtTheFirst) {
  const SuiteResult result =
      RunSuite(suite_, TestFilter(), ForEachInTurn, true);
  EXPECT_EQ(result.failed, 1U);
  EXPECT_EQ(result.checks.size(), 2U);
}

}  // namespace
}  // namespace writ
