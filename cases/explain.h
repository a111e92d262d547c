// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_EXPLAIN_H_
#define WRIT_CASES_EXPLAIN_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/request.h"
#include "authz/vm.h"
#include "base/status.h"
#include "cases/case_file.h"
#include "cases/probe.h"
#include "grammar/ast.h"

// Why a decision is what it is: layer by layer, statement by statement, clause
// by clause. The decision itself is always Decide's; the truth of every part
// comes from the same virtual machine (PolicyProbes).
namespace writ {

struct ClauseTrace {
  StatementPart part;
  Truth truth = Truth::kFalse;
  std::string actual;  // what the request has there; not yet Printable
};

struct StatementTrace {
  StatementRef ref;  // policy: position among the attachments
  ast::Effect effect = ast::Effect::kAllow;
  // All clauses hold; for a Deny also when a value could not be read (R39).
  bool matched = false;
  bool unreadable = false;
  bool determining = false;
  std::vector<ClauseTrace> clauses;
};

// Attachments that are asked together.
struct LayerTrace {
  Layer layer = Layer::kDefault;
  std::string detail;  // a control level: "member", "folder 2 of account 7"
  std::vector<uint32_t> attachments;
  std::vector<StatementTrace> statements;
  bool decided = false;  // the decision names this layer
};

struct Trace {
  uint32_t resource = 0;           // which resource of the request it is about
  std::vector<LayerTrace> layers;  // in the order in which they are asked
};

// policies     what each attachment is; trees[i] is its tree, probes[i] its
//              probes
// decision     what Decide answered, and all its statements
Trace Explain(const Request& request, std::span<const CasePolicy> policies,
              std::span<const ast::Policy* const> trees,
              std::span<const PolicyProbes* const> probes,
              const Decision& decision,
              std::span<const StatementRef> statements);

// The Allow that came nearest to matching, and its first clause that failed;
// nothing when no Allow was asked.
struct NearMiss {
  StatementRef ref;
  ClauseTrace clause;
};
std::optional<NearMiss> NearestMiss(const Trace& trace);

// `acs:SourceIp is 192.0.2.1`, `the action is oss:PutObject`, `acs:MFAPresent
// is absent`.
std::string ActualText(const StatementPart& part, const ast::Policy& policy,
                       const Request& request, uint32_t resource);

std::string_view TruthName(Truth truth);

// The value of "trace": one JSON object without a line break.
//
// names  of the policies, as the attachments
std::string TraceJson(const Trace& trace, std::span<const std::string> names);
// Lines for people, each ended. `full` shows every statement; else only those
// that hold, and of the others the ones whose target (principal, action,
// resource) matches.
std::string TraceText(const Trace& trace, std::span<const std::string> names,
                      std::span<const ast::Policy* const> trees, bool full);

}  // namespace writ

#endif  // WRIT_CASES_EXPLAIN_H_
