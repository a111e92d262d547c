// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_SUITE_H_
#define WRIT_CASES_SUITE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "base/status.h"
#include "cases/policy_test.h"
#include "lint/policy_file.h"

namespace writ {

// A policy that a suite may put in force.
struct SuitePolicy {
  const PolicyFile* file = nullptr;
  size_t index = 0;    // into file->content.policies
  CasePolicy meaning;  // when a test says no more
  // In force when a test does not say which policies are.
  bool by_default = true;

  const ast::Policy& tree() const { return file->content.policies[index]; }
};

// The tests of one file, the policies they are about, and the compiled program
// of these: everything that is needed to run them. Immutable once loaded, so
// any number of threads may run its tests.
struct TestSuite {
  std::string path;
  // The test file itself first, if it holds policies.
  std::vector<std::unique_ptr<PolicyFile>> files;
  SourceText source = SourceText("", "");  // of the test file
  bool is_json = false;
  std::vector<SuitePolicy> policies;
  std::vector<PolicyTest> tests;
  Diagnostics diagnostics;                 // about the tests
  std::unique_ptr<const Program> program;  // null when something is wrong

  bool broken() const { return program == nullptr; }
};

// Files with tests, or with policies that tests may be about, among what the
// user typed: of a directory every *.writ and *.test.json below it, sorted.
//
// Errors   kNotFound, kPermissionDenied …
Result<std::vector<std::string>> ExpandTestPaths(
    const std::vector<std::string>& paths);

// Reads a test file and the policies it names, judges them, looks names up and
// compiles. What is wrong with the tests is in `diagnostics` of the suite, what
// is wrong with a policy in those of its file.
//
// now      as ReadTestJson
// Errors   of the system, for the test file itself
Result<TestSuite> LoadTestSuite(const std::string& path,
                                const std::string& now);

// How many of the first policies of a file are in force when nobody says which
// are: its own, or those it imports when, being only about tests, it has none.
size_t PoliciesInForce(const WritFile& file);

// The tests of the suite are about this policy: an imported one that no test
// puts in force only lends its names.
bool IsTested(const TestSuite& suite, size_t policy);

// The attachments of a check; `replaced` stands for policy number `policy`
// when it is given (a mutant), compiled as the only policy of a program.
std::vector<Attachment> AttachmentsOf(const TestSuite& suite,
                                      const PolicyTestCheck& check,
                                      size_t policy = SIZE_MAX,
                                      const Program* replaced = nullptr);

}  // namespace writ

#endif  // WRIT_CASES_SUITE_H_
