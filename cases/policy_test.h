// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_POLICY_TEST_H_
#define WRIT_CASES_POLICY_TEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "base/source.h"
#include "cases/case_file.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"

// Tests of policies: inline `test` blocks, *.test.writ and *.test.json files,
// one form inside (docs/testing_policies.md).
namespace writ {

// A policy by its name, as a test attaches it, with what the test says about
// the attachment; the rest comes from the policy (MeaningOf).
struct NamedPolicy {
  ast::Text name;
  std::optional<ControlLevel> level;
  uint32_t depth = 0;
  std::string account;
  bool resource_group_scope = false;
  std::string group;
};

// `policy.label`, `policy#label`, `policy.0`: one that must have decided.
struct Because {
  ast::Text text;
  StatementRef ref;  // into the policies of the suite; set by the suite
};

// A policy in force for one question.
struct InForce {
  size_t policy = 0;  // into the policies of the suite
  CasePolicy meaning;
};

// One expectation about one request: a cell of the matrix.
struct PolicyTestCheck {
  CaseRequest request;
  std::string principal_name;  // what the file calls the principal; or empty
  // Exactly these are in force; without it the default for each kind.
  std::optional<std::vector<NamedPolicy>> only;
  // Of the default, the identity policies of the principal; without it all.
  std::optional<std::vector<NamedPolicy>> attached;
  bool allow = false;
  std::optional<bool> explicit_deny;
  std::vector<Because> because;
  Span span;                      // of the expectation
  std::string pointer;            // the same, in JSON
  std::vector<InForce> in_force;  // set by the suite
};

struct PolicyTest {
  enum class Shape : uint8_t { kOne, kByAction, kList };
  std::string name;
  Span span;
  std::vector<PolicyTestCheck> checks;
  // Of a JSON file, for `writ test --update`: the value of `expect`.
  Shape shape = Shape::kOne;
  Span expect_span;
};

// What a test file says, before its names are looked up.
struct PolicyTestFile {
  std::vector<PolicyTest> tests;
  // Paths that the file names, relative to it.
  std::vector<ast::Text> policy_paths;
};

// Reads a *.test.json file strictly: what the format does not say is a finding.
//
// now     what acs:CurrentTime is when the file does not say; may be empty
// Returns the tests that could be read; findings say whether that is all
// Bounds  kMaxTestChecks questions
PolicyTestFile ReadTestJson(const SourceText& source, const std::string& now,
                            Diagnostics* diagnostics);

// The same for `test` blocks of a .writ file.
PolicyTestFile LowerTests(std::span<const WritTest> tests,
                          const std::string& now, Diagnostics* diagnostics);

// What a policy of that kind is to a request when nothing else is said:
// `@level("folder", 2)` is its place in the resource directory,
// `@scope("resource-group", "rg-1")` the scope it is attached with.
CasePolicy MeaningOf(const ast::Policy& policy, ast::PolicyKind kind);

// The level of that name: member, folder, root.
std::optional<ControlLevel> ControlLevelNamed(std::string_view name);

// Sets acs:CurrentTime unless the context has it.
void SetClock(const std::string& now, CaseRequest* request);

}  // namespace writ

#endif  // WRIT_CASES_POLICY_TEST_H_
