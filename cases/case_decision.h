// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_CASE_DECISION_H_
#define WRIT_CASES_CASE_DECISION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/program/program.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "cases/case_file.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// A policy text read by its front end and judged as a policy of its kind.
struct ReadPolicy {
  std::optional<ast::Policy> tree;
  Diagnostics diagnostics;
};

// Reads RAM JSON and judges it.
ReadPolicy ReadJsonPolicy(const SourceText& source, ast::PolicyKind kind);

// What a policy of that kind is to a request.
AttachmentKind AttachmentKindOf(ast::PolicyKind kind);

// The first finding of level error in document order, or null; broken JSON goes
// before everything that follows from it.
const Diagnostic* FirstError(const Diagnostics& diagnostics);

// Policies compiled into one program, and their attachments to a request.
// Attachment i belongs to policies[i].
struct CompiledCase {
  std::unique_ptr<const Program> program;
  std::vector<Attachment> attachments;
};

// What became of a case: an error, or a decision with all its statements.
struct CaseOutcome {
  std::optional<CaseError> error;
  Decision decision;
  std::vector<StatementRef> statements;  // sorted, all of them
};

// Compiles trees that are free of errors: policies[i] describes trees[i]. The
// attachments borrow from `policies`.
//
// max_steps  that the worst request may take of one policy
// Errors     as CompileProgram and Program::Load
Result<CompiledCase> CompileCase(std::span<const CasePolicy> policies,
                                 std::span<const ast::Policy> trees,
                                 uint64_t max_steps = kMaxDecideSteps);

// Decides a request whose policies are compiled; `error` of the outcome has
// code `request` when the request is wrong.
CaseOutcome DecideCompiled(const Request& request,
                           const CompiledCase& compiled);

// The whole way: reader, judge, compiler, verifier, authorizer; `max_steps` as
// CompileCase.
CaseOutcome DecideCase(const Case& one, uint64_t max_steps = kMaxDecideSteps);

// The verdict as an expectation; nothing when the case could not be decided
// for a reason other than an invalid policy.
std::optional<CaseExpectation> ExpectationMet(const CaseOutcome& outcome);

// One JSON object without a line break, as `writ eval` prints it. `id_json` is
// the value of `id`, already JSON, `trace_json` that of `trace`; an empty one
// leaves the member out.
std::string OutcomeJson(std::string_view id_json, const CaseOutcome& outcome,
                        std::string_view trace_json = {});

// `{"id":null,"line":n,"error":…}`: a line that is no case.
std::string BadLineJson(uint64_t line_number, const CaseError& error);

}  // namespace writ

#endif  // WRIT_CASES_CASE_DECISION_H_
