// SPDX-License-Identifier: Apache-2.0
#include "cases/case_decision.h"

#include <utility>

#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/parse_json.h"

namespace writ {
namespace {

// A case whose policies are sound cannot fail to compile but for its size.
constexpr std::string_view kCompileFailure = "compile";
// R34, by the row of diagnostics.def that stands for foreign constructs.
constexpr DiagnosticId kRefusedKind = DiagnosticId::kNotInRam;

std::string ErrorJson(const CaseError& error) {
  std::string json = "{\"code\":" + JsonQuote(error.code) +
                     ",\"message\":" + JsonQuote(error.message);
  if (!error.at.empty()) json += ",\"at\":" + JsonQuote(error.at);
  return json + "}";
}

}  // namespace

AttachmentKind AttachmentKindOf(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return AttachmentKind::kIdentity;
    case ast::PolicyKind::kResource:
      return AttachmentKind::kResource;
    case ast::PolicyKind::kTrust:
      return AttachmentKind::kTrust;
    case ast::PolicyKind::kSession:
      return AttachmentKind::kSession;
    case ast::PolicyKind::kControl:
      return AttachmentKind::kControl;
  }
  return AttachmentKind::kIdentity;
}

ReadPolicy ReadJsonPolicy(const SourceText& source, ast::PolicyKind kind) {
  ReadPolicy policy;
  policy.tree = ParseJsonPolicy(source, &policy.diagnostics);
  if (policy.tree) {
    CheckPolicy(source, *policy.tree, kind, &policy.diagnostics);
  }
  return policy;
}

const Diagnostic* FirstError(const Diagnostics& diagnostics) {
  const Diagnostic* first = nullptr;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const DiagnosticInfo& info = InfoOf(diagnostic.id);
    if (info.level != Level::kError) continue;
    // What is missing from broken JSON is missing because it is broken.
    if (info.code == InfoOf(DiagnosticId::kJsonUnexpected).code) {
      return &diagnostic;
    }
    if (first == nullptr || diagnostic.span.begin < first->span.begin) {
      first = &diagnostic;
    }
  }
  return first;
}

Result<CompiledCase> CompileCase(std::span<const CasePolicy> policies,
                                 std::span<const ast::Policy> trees,
                                 uint64_t max_steps) {
  std::vector<PolicyInput> inputs;
  inputs.reserve(trees.size());
  for (size_t i = 0; i < trees.size(); ++i) {
    inputs.push_back({&trees[i], policies[i].kind});
  }
  WRIT_ASSIGN_OR_RETURN(
      std::string image,
      CompileProgram(inputs, {.budget = {.decide_steps = max_steps}}));
  CompiledCase compiled;
  WRIT_ASSIGN_OR_RETURN(
      compiled.program,
      Program::Load(std::move(image), {.max_steps = max_steps}));
  compiled.attachments.reserve(policies.size());
  for (size_t i = 0; i < policies.size(); ++i) {
    const CasePolicy& policy = policies[i];
    compiled.attachments.push_back(
        {.program = compiled.program.get(),
         .unit = static_cast<uint32_t>(i),
         .kind = AttachmentKindOf(policy.kind),
         .resource_group_scope = policy.resource_group_scope,
         .group = policy.group,
         .level = policy.level,
         .depth = policy.depth,
         .account = policy.account});
  }
  return compiled;
}

CaseOutcome DecideCompiled(const Request& request,
                           const CompiledCase& compiled) {
  CaseOutcome outcome;
  outcome.statements.resize(kMaxDeterminingStatements);
  Status status = Decide(request, compiled.attachments, &outcome.decision,
                         outcome.statements);
  if (outcome.decision.statement_count > outcome.statements.size()) {
    outcome.statements.resize(outcome.decision.statement_count);
    status = Decide(request, compiled.attachments, &outcome.decision,
                    outcome.statements);
  }
  outcome.statements.resize(outcome.decision.statement_count);
  if (!status.ok()) {
    outcome.error =
        CaseError{"request", std::string(status.message()), "/request"};
  }
  return outcome;
}

CaseOutcome DecideCase(const Case& one, uint64_t max_steps) {
  CaseOutcome outcome;
  std::vector<ast::Policy> trees;
  trees.reserve(one.policies.size());
  for (size_t i = 0; i < one.policies.size(); ++i) {
    const CasePolicy& policy = one.policies[i];
    const std::string at = "/policies/" + std::to_string(i);
    if (!policy.refused_kind.empty()) {
      outcome.error = CaseError{
          std::string(InfoOf(kRefusedKind).code),
          "RAM has no policies of kind `" + policy.refused_kind + "` (R34)",
          at + "/kind"};
      return outcome;
    }
    const SourceText source("document", std::string(policy.document));
    ReadPolicy read = ReadJsonPolicy(source, policy.kind);
    if (const Diagnostic* error = FirstError(read.diagnostics)) {
      outcome.error =
          CaseError{std::string(InfoOf(error->id).code), error->message,
                    at + "/document" + error->pointer};
      return outcome;
    }
    if (!read.tree) {
      outcome.error = CaseError{std::string(kCompileFailure),
                                "the document cannot be read", at};
      return outcome;
    }
    trees.push_back(std::move(*read.tree));
  }
  if (one.request_error) {
    outcome.error = one.request_error;
    return outcome;
  }
  const Result<CompiledCase> compiled =
      CompileCase(one.policies, trees, max_steps);
  if (!compiled.ok()) {
    outcome.error = CaseError{std::string(kCompileFailure),
                              compiled.status().ToString(), "/policies"};
    return outcome;
  }
  const RequestView view(one.request);
  return DecideCompiled(view.request(), *compiled);
}

std::optional<CaseExpectation> ExpectationMet(const CaseOutcome& outcome) {
  if (outcome.error) {
    if (outcome.error->code.starts_with("W-")) return CaseExpectation::kInvalid;
    return std::nullopt;
  }
  switch (outcome.decision.verdict) {
    case Verdict::kAllow:
      return CaseExpectation::kAllow;
    case Verdict::kExplicitDeny:
      return CaseExpectation::kExplicitDeny;
    case Verdict::kImplicitDeny:
      return CaseExpectation::kImplicitDeny;
  }
  return std::nullopt;
}

std::string OutcomeJson(std::string_view id_json, const CaseOutcome& outcome,
                        std::string_view trace_json) {
  std::string json = "{";
  if (!id_json.empty()) json += "\"id\":" + std::string(id_json) + ",";
  if (outcome.error) {
    return json + "\"error\":" + ErrorJson(*outcome.error) + "}";
  }
  const Decision& decision = outcome.decision;
  json += "\"decision\":\"";
  json += VerdictName(decision.verdict);
  json += "\",\"layer\":\"";
  json += LayerName(decision.layer);
  json += "\",\"reason\":\"";
  json += ReasonName(decision.reason);
  json += "\",\"statements\":[";
  bool first = true;
  for (const StatementRef& ref : outcome.statements) {
    json += first ? "" : ",";
    first = false;
    json += "{\"policy\":" + std::to_string(ref.policy) +
            ",\"statement\":" + std::to_string(ref.statement) + "}";
  }
  json += "]";
  if (!trace_json.empty()) json += ",\"trace\":" + std::string(trace_json);
  return json + "}";
}

std::string BadLineJson(uint64_t line_number, const CaseError& error) {
  return "{\"id\":null,\"line\":" + std::to_string(line_number) +
         ",\"error\":" + ErrorJson(error) + "}";
}

}  // namespace writ
