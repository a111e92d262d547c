// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_PROBE_H_
#define WRIT_CASES_PROBE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "authz/program/program.h"
#include "authz/request.h"
#include "authz/vm.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// A part of a statement that a request can be asked about by itself: the whole
// statement, one of its clauses, or one value of a clause's list.
struct StatementPart {
  enum class Clause : uint8_t {
    kPrincipal,
    kAction,
    kResource,
    kCondition,
    kWhole,
  };
  uint32_t statement = 0;
  Clause clause = Clause::kWhole;
  // kCondition: the place in ast::Condition.
  uint32_t op = 0;
  uint32_t test = 0;
  bool is_value = false;  // one value of the clause
  // The clause holds when none of its values matches: NotAction, a negated
  // operator.
  bool negated = false;
  Span span;
  std::string text;  // as the Writ language writes it; not yet Printable
};

// Asks about the parts of a policy's statements, single values included. Each
// part becomes a statement of its own, which is asked like any other
// (authz/clauses.h): there is no second evaluator.
class PolicyProbes {
 public:
  // policy  free of errors; borrowed for the call
  // Errors  as CompileProgram
  static Result<PolicyProbes> Compile(const ast::Policy& policy,
                                      ast::PolicyKind kind);

  // In the order of the statements; of each the whole, then its clauses, each
  // followed by its values if it has two or more.
  std::span<const StatementPart> parts() const { return parts_; }

  // What each part comes to for resource number `resource` of the request: a
  // clause, whether it holds; a value, whether it matches. All are kFalse for a
  // request that no policy is asked about (R43).
  std::vector<Truth> Ask(const Request& request, uint32_t resource) const;

 private:
  PolicyProbes() = default;

  std::vector<StatementPart> parts_;
  std::unique_ptr<const Program> program_;
};

// `to [RAM acs:ram::1:root, Service fc.aliyuncs.com]`.
std::string PrincipalText(const ast::Principal& principal);

// `[oss:Get*, oss:Put*]`, `on all except acs:oss:*:*:b/*`.
std::string PatternsText(const ast::PatternList& list, bool is_resource);

// `acs:SourceIp within [10.0.0.0/8]`: one test as the Writ language writes it.
std::string ConditionText(const ast::ConditionOperator& op,
                          const ast::ConditionTest& test);

}  // namespace writ

#endif  // WRIT_CASES_PROBE_H_
