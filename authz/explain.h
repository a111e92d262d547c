// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_EXPLAIN_H_
#define WRIT_AUTHZ_EXPLAIN_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "authz/authorizer.h"
#include "authz/clauses.h"
#include "authz/decision.h"
#include "authz/request.h"
#include "base/limits.h"
#include "base/status.h"

// Why a decision is what it is, unit by unit, statement by statement, clause by
// clause; for a denial what came nearest to an Allow, and the smallest change
// that would make it one. Needs nothing but programs: no tree, no parser.
namespace writ {

// Statements looked at, patterns and operands compared, instructions: of one
// explanation with all that it tries.
inline constexpr uint64_t kMaxExplainSteps = uint64_t{16} * kMaxDecideSteps;

struct ExplainedStatement {
  StatementRef ref;         // as in Decision::statements
  uint32_t attachment = 0;  // of those handed to Explain
  StatementRef place;       // as in Attachment::without_statements
  uint32_t row = 0;         // of the program's statements
  bool deny = false;
  // It concerns the request and its condition is true; for a Deny also when the
  // condition is unreadable (R39).
  bool matched = false;
  bool unreadable = false;   // of a condition that was asked at all
  bool determining = false;  // of the decision
  // Principal, action, resource, then the tests in the program's order.
  std::vector<ExplainedClause> clauses;
};

// Attachments that were asked together.
struct ExplainedUnit {
  uint32_t resource = 0;  // of the request
  Layer layer = Layer::kDefault;
  std::vector<uint32_t> attachments;  // of those handed to Explain
  Verdict verdict = Verdict::kImplicitDeny;
  bool unreadable = false;  // R39 had a part in the verdict
  bool decided = false;     // the decision names it
  std::vector<ExplainedStatement> statements;
};

// An Allow statement that did not match, in a unit that does not allow.
struct NearMiss {
  uint32_t unit = 0;       // of Explanation::units
  uint32_t statement = 0;  // of the unit
  uint32_t clause = 0;     // the first that does not hold
  uint32_t failing = 0;    // clauses that do not hold
  // The measure: 10,000 for the action, 1,000 each for resource and principal,
  // 1 for each test that does not hold. What is about something else is further
  // off than what asks for something that the request lacks.
  uint32_t distance = 0;
};

// One thing that could be different.
struct Change {
  enum class Kind : uint8_t {
    kSetKey,     // the context key `name` has the one value `value`
    kRemoveKey,  // the context key `name` is absent
    // The statement does not exist.
    kRemoveStatement,
    // Of the resource that the decision names.
    kResource,
    kAction,
    kPrincipal,
  };
  Kind kind = Kind::kSetKey;
  std::string name;
  std::string value;    // of kPrincipal: its name
  std::string pattern;  // what the value was made to match
  uint32_t resource = 0;
  // kPrincipal
  std::string id;
  std::string account;
  RequestPrincipal::Declared declared = RequestPrincipal::Declared::kByName;
  // kRemoveStatement
  StatementRef statement;
  uint32_t attachment = 0;
  StatementRef place;
};

struct ExplainOptions {
  // Look for a change that turns a denial into an Allow.
  bool find_flip = true;
};

struct Explanation {
  Decision decision;                     // what Decide answers
  std::vector<StatementRef> statements;  // all determining ones, sorted
  // In the order in which they were asked: of every resource of an ALLOW, else
  // of the one that the decision names.
  std::vector<ExplainedUnit> units;
  // Of a denial, the nearest first; of equals the one whose action, then
  // resource, has more in common with the request, then the first.
  std::vector<NearMiss> near_misses;
  // Of a denial: changes that together make it an ALLOW, checked by deciding
  // again. Of all that were tried the fewest, and of those the ones that ask
  // for the least: a context key before a statement before the resource before
  // the action before the principal. Empty: none was found.
  std::vector<Change> flip;
};

// Explains the decision of `request` under `attachments`.
//
// Errors   as Decide; kResourceExhausted when the statements to look at would
//          take more than kMaxExplainSteps
// Cost     every clause of every statement of the units that were asked, and
//          for a flip as many again for each change that is tried
Result<Explanation> Explain(const Request& request,
                            std::span<const Attachment> attachments,
                            const ExplainOptions& options = {});

}  // namespace writ

#endif  // WRIT_AUTHZ_EXPLAIN_H_
