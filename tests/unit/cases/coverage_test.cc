// SPDX-License-Identifier: Apache-2.0
// Coverage of a policy that was counted by hand.
#include "cases/coverage.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/golden_file.h"
#include "tests/unit/cases/suite_folder.h"

namespace writ {
namespace {

using Kind = CoverageItem::Kind;

constexpr char kGolden[] = WRIT_SOURCE_FOLDER "/tests/golden/tests/";

class CoverageTest : public ::testing::Test {
 protected:
  CoverageTest() {
    folder_.Write("photo.writ", kPhotoPolicy);
    folder_.Write("a.test.json", kPhotoTests);
    suite_ = folder_.Load("a.test.json");
    result_ = RunSuite(suite_, TestFilter(), ForEachInTurn, false);
    EXPECT_EQ(result_.failed, 0U);
    EXPECT_TRUE(coverage_.Count(result_).ok());
  }

  SuiteFolder folder_;
  TestSuite suite_;
  SuiteResult result_;
  Coverage coverage_;
};

TEST_F(CoverageTest, CountsWhatWasCountedByHand) {
  ASSERT_EQ(coverage_.policies().size(), 1U);
  const PolicyCoverage& policy = coverage_.policies()[0];
  const auto tally = [&](Kind kind) {
    const CoverageTally one = policy.TallyOf(kind);
    return std::to_string(one.covered) + "/" + std::to_string(one.total);
  };
  // Both statements match; both conditions are met, and neither is failed;
  // oss:GetObject is asked for and oss:ListObjects is not.
  EXPECT_EQ(tally(Kind::kMatched), "2/2");
  EXPECT_EQ(tally(Kind::kTrue), "2/2");
  EXPECT_EQ(tally(Kind::kFalse), "0/2");
  EXPECT_EQ(tally(Kind::kValue), "1/2");
  EXPECT_EQ(policy.determined, (std::vector<uint64_t>{1, 1}));
  EXPECT_DOUBLE_EQ(coverage_.Tally().percent(), 62.5);
  EXPECT_TRUE(UnreachedStatements(coverage_).empty());
}

TEST_F(CoverageTest, OnePolicyOfTwoSuitesIsOne) {
  folder_.Write("b.test.json", kPhotoTests);
  const TestSuite other = folder_.Load("b.test.json");
  const SuiteResult result =
      RunSuite(other, TestFilter(), ForEachInTurn, false);
  ASSERT_TRUE(coverage_.Count(result).ok());
  ASSERT_EQ(coverage_.policies().size(), 1U);
  EXPECT_EQ(coverage_.policies()[0].items[0].hits, 4U);
}

TEST_F(CoverageTest, AStatementThatNoTestReachesIsAFinding) {
  const auto filter = TestFilter::Parse("test=reads*");
  ASSERT_TRUE(filter.ok());
  const SuiteResult result = RunSuite(suite_, *filter, ForEachInTurn, false);
  Coverage coverage;
  ASSERT_TRUE(coverage.Count(result).ok());
  const auto unreached = UnreachedStatements(coverage);
  ASSERT_EQ(unreached.size(), 1U);
  EXPECT_EQ(InfoOf(unreached[0].finding.id).code, "W-STY-011");
  EXPECT_EQ(
      suite_.files[0]->source.Locate(unreached[0].finding.span.begin).line, 8U);
}

TEST_F(CoverageTest, ReportsReadAsTheyAreKept) {
  ExpectGolden(std::string(kGolden) + "coverage.txt", CoverageText(coverage_));
  ExpectGolden(std::string(kGolden) + "coverage.json", CoverageJson(coverage_));
  ExpectGolden(std::string(kGolden) + "coverage.html", CoverageHtml(coverage_));
  ExpectGolden(std::string(kGolden) + "coverage.lcov", CoverageLcov(coverage_));
}

TEST(CoverageHtml, HoldsNoTextOfTheAuthorRaw) {
  const SuiteFolder folder;
  folder.Write("photo.writ",
               "writ 1;\n// <script>alert(1)</script>\npolicy photo identity "
               "{\n  allow oss:* on * when acs:X == \"<b>\";\n}\n");
  folder.Write("a.test.json",
               R"({"version":1,"policies":["photo.writ"],"tests":[{"name":"n",
"principal":"acs:ram::1:user/a","action":"oss:Get","resource":"*",
"expect":"deny"}]})");
  const TestSuite suite = folder.Load("a.test.json");
  ASSERT_FALSE(suite.broken());
  Coverage coverage;
  ASSERT_TRUE(
      coverage.Count(RunSuite(suite, TestFilter(), ForEachInTurn, false)).ok());
  const std::string html = CoverageHtml(coverage);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

}  // namespace
}  // namespace writ
