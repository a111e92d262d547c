// SPDX-License-Identifier: Apache-2.0
#include "authz/authorizer.h"

#include <algorithm>

#include "authz/layers.h"
#include "authz/program/program.h"
#include "authz/unit.h"
#include "base/limits.h"

namespace writ {
namespace {

static_assert(static_cast<uint32_t>(AttachmentKind::kIdentity) ==
                  static_cast<uint32_t>(ProgramPolicyKind::kIdentity) &&
              static_cast<uint32_t>(AttachmentKind::kResource) ==
                  static_cast<uint32_t>(ProgramPolicyKind::kResource) &&
              static_cast<uint32_t>(AttachmentKind::kTrust) ==
                  static_cast<uint32_t>(ProgramPolicyKind::kTrust) &&
              static_cast<uint32_t>(AttachmentKind::kSession) ==
                  static_cast<uint32_t>(ProgramPolicyKind::kSession) &&
              static_cast<uint32_t>(AttachmentKind::kControl) ==
                  static_cast<uint32_t>(ProgramPolicyKind::kControl));

// Made once, so that a refusal costs no allocation either.
const Status kTooManyKeys =
    InvalidArgument("the request has too many context keys");
const Status kTooManyValues =
    InvalidArgument("a context key of the request has too many values");
const Status kKeyTwice =
    InvalidArgument("the request has one context key in two spellings (R10)");
const Status kSessionUnasked = InvalidArgument(
    "a session policy stands against a caller that has no session");
const Status kWrongAttachment = InvalidArgument(
    "a policy is attached as something else than it was compiled as");

Status CheckContext(std::span<const ContextEntry> context) {
  if (context.size() > kMaxContextKeys) return kTooManyKeys;
  for (size_t i = 0; i < context.size(); ++i) {
    if (context[i].values.size() > kMaxContextValues) return kTooManyValues;
    for (size_t k = 0; k < i; ++k) {
      if (SameContextKey(context[i].key, context[k].key)) return kKeyTwice;
    }
  }
  return OkStatus();
}

Status CheckAttachments(std::span<const Attachment> attachments) {
  for (const Attachment& attachment : attachments) {
    const Program& program = *attachment.program;
    if (attachment.unit >= program.unit_count() ||
        static_cast<uint32_t>(program.UnitKind(attachment.unit)) !=
            static_cast<uint32_t>(attachment.kind)) {
      return kWrongAttachment;
    }
  }
  return OkStatus();
}

void Refuse(Reason reason, uint32_t resource, Decision* decision) {
  *decision = Decision();
  decision->reason = reason;
  decision->resource = resource;
}

// Step 1: every resource in turn, until one is not allowed (R21).
void DecideResources(const Request& request, Question* question,
                     Decision* decision) {
  LayerAnswer answer;
  uint32_t index = 0;
  for (; index < request.resources.size(); ++index) {
    if (!ReadResource(request.resources[index], &question->resource)) {
      return Refuse(Reason::kMalformedRequest, index, decision);
    }
    answer = DecideLayers(*question, request.principal.in_management_account);
    if (question->budget->exhausted()) {
      return Refuse(Reason::kStepLimit, index, decision);
    }
    decision->resource = index;
    if (answer.verdict != Verdict::kAllow) break;
  }
  if (answer.verdict == Verdict::kImplicitDeny) question->statements->Clear();
  decision->verdict = answer.verdict;
  decision->layer = answer.layer;
  decision->reason = answer.reason;
  decision->statement_count = question->statements->count();
}

}  // namespace

Status Decide(const Request& request, std::span<const Attachment> attachments,
              Decision* decision, std::span<StatementRef> all) noexcept {
  Refuse(Reason::kMalformedRequest, 0, decision);
  if (Status status = CheckContext(request.context); !status.ok()) {
    return status;
  }
  if (Status status = CheckAttachments(attachments); !status.ok()) {
    return status;
  }
  StepBudget budget(kMaxDecideSteps);
  StatementList statements(decision->statements, all);
  Question question = {.attachments = attachments,
                       .context = request.context,
                       .resource_group = request.resource_group,
                       .budget = &budget,
                       .statements = &statements};
  if (!ReadPrincipal(request.principal, &question.caller) ||
      !ReadAction(request.action, &question.action) ||
      request.resources.empty()) {
    return OkStatus();
  }
  const bool has_session = std::ranges::any_of(
      attachments,
      [](const Attachment& a) { return a.kind == AttachmentKind::kSession; });
  if (has_session && !question.caller.is_session()) return kSessionUnasked;
  DecideResources(request, &question, decision);
  return OkStatus();
}

}  // namespace writ
