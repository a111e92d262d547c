// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_CLAUSES_H_
#define WRIT_AUTHZ_CLAUSES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "authz/match_action.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/program/format.h"
#include "authz/request.h"
#include "authz/vm.h"

// The clauses of one statement, asked one by one: by the matchers and the
// virtual machine that decide.
namespace writ {

enum class ClauseKind : uint8_t { kPrincipal, kAction, kResource, kTest };

struct ExplainedClause {
  ClauseKind kind = ClauseKind::kAction;
  bool negated = false;  // NotAction, NotResource, a negated operator
  bool absent = false;   // kTest: the request lacks the key
  // Whether the clause holds, negation counted.
  Truth truth = Truth::kFalse;
  uint32_t atom = kNoIndex;  // kTest: of the program's atoms
};

// A request and one of its resources, read. Views into the request.
struct Subject {
  Caller caller;
  RequestAction action;
  RequestResource resource;
  std::span<const ContextEntry> context;
};

// False for a request that no policy is asked about (R43).
bool ReadSubject(const Request& request, uint32_t resource, Subject* subject);

struct StatementAnswer {
  bool target = false;  // principal, action and resource match
  Truth condition = Truth::kFalse;
  // Those that the statement has: principal, action, resource, then the tests.
  std::vector<ExplainedClause> clauses;
};

// Asks every clause of a statement. The answer means nothing when the budget
// ran out.
StatementAnswer AskStatement(const ProgramView& view,
                             const StatementRecord& row, const Subject& subject,
                             StepBudget* budget);

// The tests of a condition, in order; `truth` and `absent` are not set. Code
// that no compiler of this project makes may combine them in other ways than
// "all must hold".
std::vector<ExplainedClause> TestsOf(const ProgramView& view, Run code);

// What one test comes to, negation counted.
Truth AskTest(const ProgramView& view, const ExplainedClause& test,
              std::span<const ContextEntry> context, StepBudget* budget);

// The entry of a request's context with that key (R10), or null. An entry
// without values counts as absent.
const ContextEntry* FindKey(std::span<const ContextEntry> context,
                            std::string_view key);

// The clause as the program holds it: actions and keys in lower case.
// `oss:get*`, `all except on ...`, `acs:sourceip within [10.0.0.0/8]`.
std::string ClauseText(const ProgramView& view, const StatementRecord& row,
                       const ExplainedClause& clause);

// What the request has there: `acs:SourceIp is 192.0.2.1`, `the action is
// oss:PutObject`, `acs:mfapresent is absent`.
std::string ActualText(const ProgramView& view, const ExplainedClause& clause,
                       const Request& request, uint32_t resource);

}  // namespace writ

#endif  // WRIT_AUTHZ_CLAUSES_H_
