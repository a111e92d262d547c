// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_CASES_SUITE_FOLDER_H_
#define WRIT_TESTS_UNIT_CASES_SUITE_FOLDER_H_

#include <string>

#include "cases/run_tests.h"
#include "cases/suite.h"

namespace writ {

// A folder of policies and tests that goes away at the end. Paths are relative
// to it, so that reports read the same everywhere.
class SuiteFolder {
 public:
  SuiteFolder();
  ~SuiteFolder();
  SuiteFolder(const SuiteFolder&) = delete;
  SuiteFolder& operator=(const SuiteFolder&) = delete;

  void Write(const std::string& name, const std::string& text) const;
  // Loads a suite; it must be readable, but may be broken.
  TestSuite Load(const std::string& name, const std::string& now = "") const;

 private:
  std::string before_;
  std::string folder_;
};

// Findings about the tests, compact, one a line.
std::string FindingsOf(const TestSuite& suite);

// A policy of two statements with a condition each, and tests of it that leave
// some of it out.
extern const char kPhotoPolicy[];
extern const char kPhotoTests[];

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_CASES_SUITE_FOLDER_H_
