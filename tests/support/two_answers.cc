// SPDX-License-Identifier: Apache-2.0
#include "tests/support/two_answers.h"

#include <cstdlib>
#include <fstream>
#include <span>
#include <utility>

namespace writ {
namespace {

AttachmentKind KindOf(ast::PolicyKind kind) {
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

std::string Words(Verdict verdict, Layer layer, Reason reason,
                  std::span<const StatementRef> statements) {
  std::string text(VerdictName(verdict));
  text += ' ';
  text += LayerName(layer);
  text += ' ';
  text += ReasonName(reason);
  for (const StatementRef& ref : statements) {
    text +=
        " " + std::to_string(ref.policy) + "/" + std::to_string(ref.statement);
  }
  return text;
}

}  // namespace

TwoAnswers::TwoAnswers(std::string line) : line_(std::move(line)) {
  if (const auto error = ReadCase(line_, &case_)) {
    refusal_ = "not a case: " + error->message;
    return;
  }
  for (const CasePolicy& policy : case_.policies) {
    if (!policy.refused_kind.empty()) {
      invalid_ = true;
      refusal_ = "kind " + policy.refused_kind;
      return;
    }
    const SourceText source("document", std::string(policy.document));
    ReadPolicy read = ReadJsonPolicy(source, policy.kind);
    if (const Diagnostic* error = FirstError(read.diagnostics)) {
      invalid_ = true;
      refusal_ = std::string(InfoOf(error->id).code) + " " + error->pointer +
                 ": " + error->message;
      return;
    }
    trees_.push_back(std::move(*read.tree));
  }
  for (size_t i = 0; i < trees_.size(); ++i) {
    const CasePolicy& policy = case_.policies[i];
    attached_.push_back({.policy = &trees_[i],
                         .kind = KindOf(policy.kind),
                         .resource_group_scope = policy.resource_group_scope,
                         .group = policy.group,
                         .level = policy.level,
                         .depth = policy.depth,
                         .account = policy.account});
  }
  if (case_.request_error) refusal_ = case_.request_error->message;
}

std::string TwoAnswers::Engine() const { return AnswerText(DecideCase(case_)); }

std::string TwoAnswers::Reference(reference::Mutant mutant) const {
  const RequestView view(case_.request);
  return AnswerText(reference::Evaluate(view.request(), attached_, mutant));
}

std::string TwoAnswers::Reference(const Request& request) const {
  return AnswerText(reference::Evaluate(request, attached_));
}

std::string AnswerText(const reference::Answer& answer) {
  if (answer.request_error) return "error request";
  return Words(answer.verdict, answer.layer, answer.reason, answer.statements);
}

std::string AnswerText(const CaseOutcome& outcome) {
  if (outcome.error) return "error " + outcome.error->code;
  return Words(outcome.decision.verdict, outcome.decision.layer,
               outcome.decision.reason, outcome.statements);
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

uint64_t NumberFromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

}  // namespace writ
