// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_POLICY_TEST_H_
#define WRIT_CASES_POLICY_TEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "cases/case_file.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"

// Tests of policies: inline `test` blocks, *.test.writ and *.test.json files,
// one form inside (docs/testing_policies.md).
namespace writ {

// One expectation about one request: a cell of the matrix.
struct PolicyTestCheck {
  CaseRequest request;
  std::vector<std::string> policies;  // names of those in force
  bool allow = false;
  std::optional<bool> explicit_deny;
  std::vector<std::string> because;  // "policy.label" or "policy.0"
  Span span;                         // of the expectation
};

struct PolicyTest {
  std::string name;
  Span span;
  std::vector<PolicyTestCheck> checks;
};

// The tests of one file, and the policies they are about.
struct PolicyTestFile {
  SourceText source;
  Diagnostics diagnostics;
  std::vector<PolicyTest> tests;
  // Paths that the file names, relative to it, besides its own policies.
  std::vector<std::string> policy_paths;
};

}  // namespace writ

#endif  // WRIT_CASES_POLICY_TEST_H_
