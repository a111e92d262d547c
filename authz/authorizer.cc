// SPDX-License-Identifier: Apache-2.0
#include "authz/authorizer.h"

#include "authz/bound_request.h"
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

// Checks the attachments and says what kinds they are of.
Status CheckAttachments(AttachmentLists lists, AttachmentKinds* kinds) {
  for (const std::span<const Attachment> list : lists) {
    for (const Attachment& attachment : list) {
      const Program& program = *attachment.program;
      if (attachment.unit >= program.unit_count() ||
          static_cast<uint32_t>(program.UnitKind(attachment.unit)) !=
              static_cast<uint32_t>(attachment.kind)) {
        return kWrongAttachment;
      }
      kinds->Add(attachment);
    }
  }
  return OkStatus();
}

Status CheckSession(const Question& question) {
  return question.kinds.Has(AttachmentKind::kSession) &&
                 !question.caller.is_session()
             ? kSessionUnasked
             : OkStatus();
}

void Refuse(Reason reason, uint32_t resource, Decision* decision) {
  *decision = Decision();
  decision->reason = reason;
  decision->resource = resource;
}

// Where the attachments of a request come from: one list that is checked
// already, or a source.
struct Gathered {
  AttachmentLists lists;
  AttachmentKinds kinds;
  const AttachmentSource* source = nullptr;
};

// Step 1: every resource in turn, until one is not allowed (R21).
Status DecideResources(const Request& request, const Gathered& gathered,
                       Question* question, Decision* decision) {
  LayerAnswer answer;
  uint32_t index = 0;
  for (; index < request.resources.size(); ++index) {
    if (!ReadResource(request.resources[index], &question->resource)) {
      Refuse(Reason::kMalformedRequest, index, decision);
      return OkStatus();
    }
    question->resource_index = index;
    if (gathered.source != nullptr) {
      question->attachments = gathered.source->ListsFor(question->resource);
      question->kinds = {};
      Status status = CheckAttachments(question->attachments, &question->kinds);
      if (status.ok()) status = CheckSession(*question);
      if (!status.ok()) {
        Refuse(Reason::kMalformedRequest, index, decision);
        return status;
      }
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
  decision->statement_count = question->statements->Finish();
  return OkStatus();
}

// What Decide and DecideFor share. `question` has the caller.
Status DecideRead(const Request& request, const Gathered& gathered,
                  Question* question, Decision* decision,
                  std::span<StatementRef> all) {
  if (!ReadAction(request.action, &question->action) ||
      request.resources.empty()) {
    return OkStatus();
  }
  question->attachments = gathered.lists;
  question->kinds = gathered.kinds;
  if (Status status = CheckSession(*question); !status.ok()) return status;
  question->context = request.context;
  question->resource_group = request.resource_group;
  StepBudget budget(kMaxDecideSteps);
  question->budget = &budget;
  StatementList statements(decision->statements, all);
  question->statements = &statements;
  BoundRequest bound(question->action, request.context, &budget);
  question->bound = &bound;
  Status status = DecideResources(request, gathered, question, decision);
  if (!statements.overflowed()) return status;
  // There was no room to tell which statements were found twice.
  statements.Clear();
  budget = StepBudget(kMaxDecideSteps);
  question->each_once = true;
  question->trace = nullptr;
  return DecideResources(request, gathered, question, decision);
}

}  // namespace

Status DecideTraced(const Request& request,
                    std::span<const Attachment> attachments, Decision* decision,
                    std::span<StatementRef> all,
                    DecisionTrace* trace) noexcept {
  Refuse(Reason::kMalformedRequest, 0, decision);
  if (Status status = CheckContext(request.context); !status.ok()) {
    return status;
  }
  Question question;
  const bool known = ReadPrincipal(request.principal, &question.caller);
  Gathered gathered = {.lists = {&attachments, 1}, .kinds = {}};
  if (Status status = CheckAttachments(gathered.lists, &gathered.kinds);
      !status.ok()) {
    return status;
  }
  if (!known) return OkStatus();
  question.trace = trace;
  return DecideRead(request, gathered, &question, decision, all);
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
  Question question;
  question.caller = caller;
  question.trace = trace;
  return DecideRead(request, {.lists = {}, .kinds = {}, .source = &source},
                    &question, decision, all);
}

}  // namespace writ
