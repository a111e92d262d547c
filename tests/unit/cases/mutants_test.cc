// SPDX-License-Identifier: Apache-2.0
// Mutants of a small policy whose survivors are known.
#include "cases/mutants.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/cases/suite_folder.h"

namespace writ {
namespace {

constexpr char kPolicy[] = R"(writ 1;
policy doors identity {
  allow oss:GetObject on acs:oss:*:*:a/b when acs:MFAPresent is true;
}
)";

std::string TestsWith(const std::string& rows) {
  return R"({"version":1,"policies":["doors.writ"],"tests":[{"name":"n",
"principal":"acs:ram::1:user/a","context":{"acs:MFAPresent":true},
"expect":[)" +
         rows + "]}]}";
}

constexpr char kReads[] =
    R"({"action":"oss:GetObject","resource":"acs:oss:c:1:a/b","decision":"allow"})";
constexpr char kWrites[] =
    R"({"action":"oss:PutObject","resource":"acs:oss:c:1:a/b","decision":"deny"})";
constexpr char kElsewhere[] =
    R"({"action":"oss:GetObject","resource":"acs:oss:c:1:z","decision":"deny"})";

MutationReport Mutate(const std::string& tests, const ForEach& for_each) {
  const SuiteFolder folder;
  folder.Write("doors.writ", kPolicy);
  folder.Write("a.test.json", tests);
  const TestSuite suite = folder.Load("a.test.json");
  EXPECT_FALSE(suite.broken()) << FindingsOf(suite);
  const SuiteResult result =
      RunSuite(suite, TestFilter(), ForEachInTurn, false);
  EXPECT_EQ(result.failed, 0U);
  MutationReport report = TryMutants({&result, 1}, for_each);
  // The suite goes away with this frame.
  for (MutantResult& mutant : report.mutants) mutant.file = nullptr;
  return report;
}

std::vector<std::string> Survivors(const MutationReport& report) {
  std::vector<std::string> changes;
  for (const MutantResult& mutant : report.mutants) {
    if (mutant.fate == MutantFate::kSurvived) changes.push_back(mutant.change);
  }
  return changes;
}

TEST(Mutants, SurvivorsAreTheChangesThatNoTestCouldSee) {
  const MutationReport report = Mutate(TestsWith(kReads), ForEachInTurn);
  // Flip the effect, widen two patterns, drop the clause, another value.
  EXPECT_EQ(report.mutants.size(), 5U);
  EXPECT_EQ(Survivors(report),
            (std::vector<std::string>{
                "widen the action `oss:GetObject` to `oss:*`",
                "widen the resource `acs:oss:*:*:a/b` to `acs:oss:*:*:*`",
                "drop `acs:MFAPresent is true`"}));
  EXPECT_DOUBLE_EQ(report.score(), 40.0);
}

TEST(Mutants, MoreTestsLeaveFewerSurvivors) {
  const MutationReport report =
      Mutate(TestsWith(std::string(kReads) + "," + kWrites + "," + kElsewhere),
             ForEachInTurn);
  EXPECT_EQ(Survivors(report),
            std::vector<std::string>{"drop `acs:MFAPresent is true`"});
  EXPECT_DOUBLE_EQ(report.score(), 80.0);
}

TEST(Mutants, ThreadsChangeNothing) {
  const ForEach threads = [](size_t count,
                             const std::function<void(size_t)>& work) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        for (size_t at = next++; at < count; at = next++) work(at);
      });
    }
    for (std::thread& worker : workers) worker.join();
  };
  const MutationReport one = Mutate(TestsWith(kReads), ForEachInTurn);
  const MutationReport many = Mutate(TestsWith(kReads), threads);
  ASSERT_EQ(one.mutants.size(), many.mutants.size());
  for (size_t i = 0; i < one.mutants.size(); ++i) {
    EXPECT_EQ(one.mutants[i].change, many.mutants[i].change);
    EXPECT_EQ(one.mutants[i].fate, many.mutants[i].fate);
  }
}

TEST(Changes, EveryChangeDiffersFromTheOthers) {
  const SuiteFolder folder;
  folder.Write("photo.writ", kPhotoPolicy);
  folder.Write("a.test.json", kPhotoTests);
  const TestSuite suite = folder.Load("a.test.json");
  ASSERT_FALSE(suite.broken());
  const SuitePolicy& policy = suite.policies[0];
  const size_t count = CountChanges(policy.tree(), policy.meaning.kind);
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) {
    const PolicyChange change =
        NthChange(policy.tree(), policy.meaning.kind, i);
    EXPECT_FALSE(change.text.empty()) << i;
    texts.push_back(std::to_string(change.span.begin) + change.text);
  }
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
  // Eleven of the first statement, seven of the second.
  EXPECT_EQ(count, 18U);
}

}  // namespace
}  // namespace writ
