// SPDX-License-Identifier: Apache-2.0
#include "authz/authorizer.h"

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

Status CheckAttachments(AttachmentLists lists, const Caller& caller) {
  for (const std::span<const Attachment> list : lists) {
    for (const Attachment& attachment : list) {
      const Program& program = *attachment.program;
      if (attachment.unit >= program.unit_count() ||
          static_cast<uint32_t>(program.UnitKind(attachment.unit)) !=
              static_cast<uint32_t>(attachment.kind)) {
        return kWrongAttachment;
      }
      if (attachment.kind == AttachmentKind::kSession && !caller.is_session()) {
        return kSessionUnasked;
      }
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
Status DecideResources(const Request& request, const AttachmentSource& source,
                       Question* question, Decision* decision) {
  LayerAnswer answer;
  uint32_t index = 0;
  for (; index < request.resources.size(); ++index) {
    if (!ReadResource(request.resources[index], &question->resource)) {
      Refuse(Reason::kMalformedRequest, index, decision);
      return OkStatus();
    }
    question->resource_index = index;
    question->attachments = source.ListsFor(question->resource);
    if (Status status =
            CheckAttachments(question->attachments, question->caller);
        !status.ok()) {
      Refuse(Reason::kMalformedRequest, index, decision);
      return status;
    }
    answer = DecideLayers(*question, request.principal.in_management_account);
    if (question->budget->exhausted()) {
      Refuse(Reason::kStepLimit, index, decision);
      return OkStatus();
    }
    decision->resource = index;
    if (answer.verdict != Verdict::kAllow) break;
  }
  if (answer.verdict == Verdict::kImplicitDeny) question->statements->Clear();
  decision->verdict = answer.verdict;
  decision->layer = answer.layer;
  decision->reason = answer.reason;
  decision->statement_count = question->statements->count();
  return OkStatus();
}

// What Decide and DecideFor share, behind the checks of the context.
Status DecideRead(const Caller& caller, const Request& request,
                  const AttachmentSource& source, Decision* decision,
                  std::span<StatementRef> all, DecisionTrace* trace) {
  if (request.resources.empty()) return OkStatus();
  StepBudget budget(kMaxDecideSteps);
  StatementList statements(decision->statements, all);
  Question question = {.attachments = {},
                       .context = request.context,
                       .caller = caller,
                       .resource_group = request.resource_group,
                       .budget = &budget,
                       .statements = &statements,
                       .trace = trace};
  if (!ReadAction(request.action, &question.action)) return OkStatus();
  return DecideResources(request, source, &question, decision);
}

// The same attachments for every resource.
class OneList final : public AttachmentSource {
 public:
  explicit OneList(std::span<const Attachment> list) : lists_{list} {}
  AttachmentLists lists() const { return lists_; }
  AttachmentLists ListsFor(const RequestResource&) const noexcept override {
    return lists_;
  }

 private:
  const std::span<const Attachment> lists_[1];
};

}  // namespace

Status DecideTraced(const Request& request,
                    std::span<const Attachment> attachments, Decision* decision,
                    std::span<StatementRef> all,
                    DecisionTrace* trace) noexcept {
  Refuse(Reason::kMalformedRequest, 0, decision);
  if (Status status = CheckContext(request.context); !status.ok()) {
    return status;
  }
  const OneList source(attachments);
  Caller caller;
  const bool known = ReadPrincipal(request.principal, &caller);
  if (Status status = CheckAttachments(source.lists(), caller); !status.ok()) {
    return status;
  }
  if (!known) return OkStatus();
  return DecideRead(caller, request, source, decision, all, trace);
}

Status Decide(const Request& request, std::span<const Attachment> attachments,
              Decision* decision, std::span<StatementRef> all) noexcept {
  return DecideTraced(request, attachments, decision, all, nullptr);
}

Status DecideFor(const Caller& caller, const Request& request,
                 const AttachmentSource& source, Decision* decision,
                 std::span<StatementRef> all, DecisionTrace* trace) noexcept {
  Refuse(Reason::kMalformedRequest, 0, decision);
  if (Status status = CheckContext(request.context); !status.ok()) {
    return status;
  }
  return DecideRead(caller, request, source, decision, all, trace);
}

}  // namespace writ
