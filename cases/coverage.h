// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_COVERAGE_H_
#define WRIT_CASES_COVERAGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "cases/probe.h"
#include "cases/run_tests.h"
#include "cases/suite.h"
#include "grammar/ast.h"

// How much of the policies the tests reach (docs/testing_policies.md).
namespace writ {

// A thing that tests can reach:
//   kMatched  a statement: some check, with the policy in force, asks for
//             something that all its clauses hold for
//   kTrue     a condition clause: principal, action and resource of the
//   kFalse    statement hold, and the clause holds, or does not
//   kValue    a value of a list of two or more: it matches, and all that
//             stands around it in the statement holds
struct CoverageItem {
  enum class Kind : uint8_t { kMatched, kTrue, kFalse, kValue };
  Kind kind = Kind::kMatched;
  StatementPart part;
  uint64_t hits = 0;
};

struct CoverageTally {
  size_t covered = 0;
  size_t total = 0;
  // Of a hundred; nothing to cover is all covered.
  double percent() const;
  CoverageTally& operator+=(const CoverageTally& other);
};

// What is known of one policy, whichever test files asked about it.
struct PolicyCoverage {
  const PolicyFile* file = nullptr;
  size_t index = 0;  // into file->content.policies
  std::vector<CoverageItem> items;
  // Per statement: how often it was among what decided.
  std::vector<uint64_t> determined;

  const ast::Policy& tree() const { return file->content.policies[index]; }
  CoverageTally TallyOf(CoverageItem::Kind kind) const;
  CoverageTally Tally() const;
};

// The policies of several suites; one policy that several suites load is
// counted as one. Borrows the suites.
class Coverage {
 public:
  // Errors   as CompileProgram
  Status AddPolicies(const TestSuite& suite);
  // Counts what the checks reach, which were run.
  Status Count(const SuiteResult& result);

  // By file and place.
  const std::vector<PolicyCoverage>& policies() const { return policies_; }
  CoverageTally Tally() const;

 private:
  size_t SlotOf(const SuitePolicy& policy);

  std::vector<PolicyCoverage> policies_;
  std::vector<PolicyProbes> probes_;  // of policies_
  std::map<std::string, size_t> slots_;
};

// Statements that no test reaches, as findings of W-STY-011 in their files.
struct UnreachedStatement {
  const PolicyFile* file;
  Diagnostic finding;
};
std::vector<UnreachedStatement> UnreachedStatements(const Coverage& coverage);

// The file and line at which `span` of a policy's text begins.
struct SourceLine {
  const SourceText* source;
  LineColumn at;
};
SourceLine LineOf(const PolicyFile& file, Span span);

// A table, then every item that no test reaches as `file:line:column: what`.
std::string CoverageText(const Coverage& coverage);
std::string CoverageJson(const Coverage& coverage);
// One file that needs no other: the sources with what was reached marked.
std::string CoverageHtml(const Coverage& coverage);
// For tools that show line coverage: a line for each statement and value, a
// branch for each side of a condition clause.
std::string CoverageLcov(const Coverage& coverage);

// "condition `acs:MFAPresent is true` never false".
std::string ItemText(const CoverageItem& item);

}  // namespace writ

#endif  // WRIT_CASES_COVERAGE_H_
