// SPDX-License-Identifier: Apache-2.0
#include "authz/authorizer.h"

#include <algorithm>
#include <array>
#include <compare>

#include "authz/bound_request.h"
#include "authz/layers.h"
#include "authz/program/program.h"
#include "authz/text.h"
#include "authz/unit.h"
#include "base/hash.h"
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

// A key's place among the keys of a context: by a hash of its beginning, then
// by its characters as R10 compares them.
struct KeyPlace {
  uint32_t hash;
  uint32_t index;
};

constexpr size_t kHashedBytes = 64;

uint32_t HashKey(std::string_view key) {
  uint64_t hash = key.size();
  for (const char byte : key.substr(0, kHashedBytes)) {
    // Case is left out of it even where it counts.
    hash = HashMix(hash ^ static_cast<unsigned char>(FoldAscii(byte)),
                   0x9e3779b97f4a7c15u);
  }
  return static_cast<uint32_t>(hash);
}

std::strong_ordering CompareKeys(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  bool folds = true;
  for (size_t i = 0; i < a.size(); ++i) {
    const char left = folds ? FoldAscii(a[i]) : a[i];
    const char right = folds ? FoldAscii(b[i]) : b[i];
    if (left != right) return left <=> right;
    folds = folds && left != '/';
  }
  return std::strong_ordering::equal;
}

// n log n, whatever the keys: a stranger chooses them.
bool HasKeyTwice(std::span<const ContextEntry> context) {
  std::array<KeyPlace, kMaxContextKeys> room;
  const std::span<KeyPlace> places(room.data(), context.size());
  for (uint32_t i = 0; i < context.size(); ++i) {
    places[i] = {HashKey(context[i].key), i};
  }
  const auto compare = [&](const KeyPlace& a, const KeyPlace& b) {
    return a.hash != b.hash
               ? a.hash <=> b.hash
               : CompareKeys(context[a.index].key, context[b.index].key);
  };
  std::sort(
      places.begin(), places.end(),
      [&](const KeyPlace& a, const KeyPlace& b) { return compare(a, b) < 0; });
  return std::adjacent_find(places.begin(), places.end(),
                            [&](const KeyPlace& a, const KeyPlace& b) {
                              return compare(a, b) == 0;
                            }) != places.end();
}

Status CheckContext(std::span<const ContextEntry> context) {
  // As many keys are compared each with each.
  constexpr size_t kFewKeys = 8;
  if (context.size() > kMaxContextKeys) return kTooManyKeys;
  const bool few = context.size() <= kFewKeys;
  for (size_t i = 0; i < context.size(); ++i) {
    if (context[i].values.size() > kMaxContextValues) return kTooManyValues;
    for (size_t k = 0; few && k < i; ++k) {
      if (context[i].key.size() == context[k].key.size() &&
          SameContextKey(context[i].key, context[k].key)) {
        return kKeyTwice;
      }
    }
  }
  return few || !HasKeyTwice(context) ? OkStatus() : kKeyTwice;
}

// Has the unit brought nearer while the request is being read.
void Prefetch(const ProgramView& view, uint32_t unit) {
  __builtin_prefetch(view.units.data() + size_t{unit} * sizeof(UnitRecord));
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
      Prefetch(program.view(), attachment.unit);
    }
  }
  return OkStatus();
}

Status CheckSession(const UnitQuestion& question) {
  return question.kinds.Has(AttachmentKind::kSession) &&
                 !question.caller.is_session()
             ? kSessionUnasked
             : OkStatus();
}

// A deny without statements; the room for them stays as it is.
void Refuse(Reason reason, uint32_t resource, Decision* decision) {
  decision->verdict = Verdict::kImplicitDeny;
  decision->layer = Layer::kDefault;
  decision->reason = reason;
  decision->statement_count = 0;
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
                       UnitQuestion* question, Decision* decision) {
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
                  UnitQuestion* question, Decision* decision,
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
  UnitQuestion question;
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
  UnitQuestion question;
  question.caller = caller;
  question.trace = trace;
  return DecideRead(request, {.lists = {}, .kinds = {}, .source = &source},
                    &question, decision, all);
}

}  // namespace writ
