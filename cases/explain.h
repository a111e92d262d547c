// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_EXPLAIN_H_
#define WRIT_CASES_EXPLAIN_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/explain.h"
#include "base/status.h"
#include "cases/case_file.h"
#include "grammar/ast.h"

// The explanation of a decision (authz/explain.h) in the words of the policies'
// authors: what a program holds in lower case and sorted is shown as it was
// written.
namespace writ {

struct ClauseTrace {
  ClauseKind kind = ClauseKind::kAction;
  std::string text;  // as the Writ language writes it; not yet Printable
  Truth truth = Truth::kFalse;
  std::string actual;  // what the request has there; not yet Printable
};

struct StatementTrace {
  StatementRef ref;  // policy: position among the attachments
  ast::Effect effect = ast::Effect::kAllow;
  // All clauses hold; for a Deny also when a value could not be read (R39).
  bool matched = false;
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

// The Allow that came nearest to matching, and its first clause that failed.
struct NearestAllow {
  StatementRef ref;
  ClauseTrace clause;
  uint32_t failing = 0;  // how many of its clauses failed
};

struct Trace {
  uint32_t resource = 0;           // which resource of the request it is about
  std::vector<LayerTrace> layers;  // in the order in which they were asked
  // Policies that were not asked: an earlier layer had decided, or they do not
  // concern the request.
  std::vector<uint32_t> not_asked;
  // Of a request that is itself wrong (R43): what is, as a sentence without its
  // full stop, not yet Printable.
  std::string malformed;
  // Of a denial; nothing when no Allow was asked that did not match.
  std::optional<NearestAllow> nearest;
  // Of a denial: what together would make it an ALLOW; each as a sentence
  // without its full stop, not yet Printable. Empty when nothing was found.
  std::vector<std::string> flip;
};

// Explains the decision about `request`.
//
// policies     what each attachment is; trees[i] is its tree
// attachments  one policy each, compiled from the trees
// Errors       as Explain of authz/explain.h
Result<Trace> TraceDecision(const Request& request,
                            std::span<const CasePolicy> policies,
                            std::span<const ast::Policy* const> trees,
                            std::span<const Attachment> attachments,
                            const ExplainOptions& options = {});

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
// What would have to be different, for people; empty for an ALLOW.
std::string WhyNotText(const Trace& trace, std::span<const std::string> names,
                       std::span<const ast::Policy* const> trees);

}  // namespace writ

#endif  // WRIT_CASES_EXPLAIN_H_
