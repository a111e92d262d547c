// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_TEST_REPORT_H_
#define WRIT_CASES_TEST_REPORT_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cases/coverage.h"
#include "cases/mutants.h"
#include "cases/run_tests.h"

namespace writ {

enum class TestFormat : uint8_t { kPretty, kJson, kTap, kJunit, kGithub };
// The format of that name; nothing for another word.
std::optional<TestFormat> TestFormatNamed(std::string_view name);

// What a run of `writ test` has to say.
struct TestRun {
  std::span<const SuiteResult> results;
  const Coverage* coverage = nullptr;
  const MutationReport* mutation = nullptr;
};

// The report, ended by a newline. `verbose` lists what passed too, where a
// format does not do so anyway.
std::string TestReport(const TestRun& run, TestFormat format, bool verbose);

// The text of a *.test.json file with the expectations of its failed checks
// replaced by what was decided; nothing when none failed. An expectation that
// stands for cells which were decided differently is written out as a list.
std::optional<std::string> UpdatedTestFile(const SuiteResult& result);

}  // namespace writ

#endif  // WRIT_CASES_TEST_REPORT_H_
