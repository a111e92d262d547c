// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_RUN_TESTS_H_
#define WRIT_CASES_RUN_TESTS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cases/case_decision.h"
#include "cases/suite.h"

namespace writ {

// Calls `work(i)` for every i below `count`, perhaps on several threads at
// once; returns when all are done.
using ForEach =
    std::function<void(size_t count, const std::function<void(size_t)>& work)>;

// One after the other, on this thread.
void ForEachInTurn(size_t count, const std::function<void(size_t)>& work);

// Which checks are run: globs (`*`, `?`); an empty one means all.
struct TestFilter {
  std::string policy;     // some policy in force
  std::string test;       // the name of the test
  std::string principal;  // as the file calls it, or as the request has it

  // Reads `policy=…;test=…;principal=…`.
  //
  // Errors   kInvalidArgument   another word, or none
  static Result<TestFilter> Parse(std::string_view text);
  bool Takes(const TestSuite& suite, const PolicyTest& test,
             const PolicyTestCheck& check) const;
};

// What became of one check. Statements of the outcome count the policies of the
// suite.
struct CheckResult {
  const PolicyTest* test = nullptr;
  const PolicyTestCheck* check = nullptr;
  CaseOutcome outcome;
  bool passed = false;
};

struct SuiteResult {
  const TestSuite* suite = nullptr;
  std::vector<CheckResult> checks;  // those that the filter takes, in order
  size_t failed = 0;
};

// Decides one check; with `replaced` as AttachmentsOf.
CaseOutcome DecideCheck(const TestSuite& suite, const PolicyTestCheck& check,
                        size_t policy = SIZE_MAX,
                        const Program* replaced = nullptr);

// Whether the outcome is what the check expects.
bool MeetsExpectation(const PolicyTestCheck& check, const CaseOutcome& outcome);

// Runs the tests of one suite that is not broken.
SuiteResult RunSuite(const TestSuite& suite, const TestFilter& filter,
                     const ForEach& for_each, bool fail_fast);

// A failed check as a finding in the test file: what was expected, what was
// decided instead and why, and how to ask again.
Diagnostic FailureOf(const TestSuite& suite, const CheckResult& result);

// `writ eval …` that asks what the check asks, ready for a shell.
std::string ReproduceCommand(const TestSuite& suite,
                             const PolicyTestCheck& check);

// `office_readers.read_objects`, or `office_readers.0`.
std::string StatementName(const TestSuite& suite, StatementRef ref);

// `deny(implicit) oss:PutObject on acs:…`.
std::string QuestionText(const PolicyTestCheck& check);
std::string ExpectedText(const PolicyTestCheck& check);
std::string DecidedText(const CaseOutcome& outcome);

}  // namespace writ

#endif  // WRIT_CASES_RUN_TESTS_H_
