// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_MUTANTS_H_
#define WRIT_CASES_MUTANTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/source.h"
#include "cases/run_tests.h"
#include "cases/suite.h"
#include "grammar/ast.h"

// Mutants: policies with one small change each. Tests that pass on a mutant do
// not notice the change.
namespace writ {

// One change of one policy.
struct PolicyChange {
  std::string text;  // "drop `acs:MFAPresent is true`"
  Span span;         // what is changed
  ast::Policy policy;
};

// How many changes ChangesOf would make; Nth builds one of them. In the order
// of the statements: drop it, flip its effect; for each clause drop it, negate
// `all except`, change the operator, and for each value drop, widen, narrow or
// replace it.
size_t CountChanges(const ast::Policy& policy, ast::PolicyKind kind);
PolicyChange NthChange(const ast::Policy& policy, ast::PolicyKind kind,
                       size_t n);

enum class MutantFate : uint8_t {
  kKilled,      // a test noticed
  kSurvived,    // no test noticed, and it decides otherwise
  kEquivalent,  // it decides like the policy itself
  kInvalid,     // not a policy of RAM
};

struct MutantResult {
  const PolicyFile* file = nullptr;  // of the policy
  std::string policy;
  std::string change;
  Span span;
  MutantFate fate = MutantFate::kInvalid;
};

struct MutationReport {
  std::vector<MutantResult> mutants;  // those that were tried, in order
  size_t possible = 0;                // more than tried when over kMaxMutants
  size_t CountOf(MutantFate fate) const;
  // Killed of killed and survived, of a hundred; 100 when there are none.
  double score() const;
};

// Tries the changes of every policy that the suites put in force, against the
// checks that passed. A policy that several suites load is changed once and
// tried with all of them. Over kMaxMutants changes every k-th is tried.
MutationReport TryMutants(std::span<const SuiteResult> results,
                          const ForEach& for_each);

std::string_view MutantFateName(MutantFate fate);

// Score, then every survivor as `file:line:column: what was changed`.
std::string MutationText(const MutationReport& report);
// The value of "mutation" in the report of `writ test --format json`.
std::string MutationJson(const MutationReport& report);

}  // namespace writ

#endif  // WRIT_CASES_MUTANTS_H_
