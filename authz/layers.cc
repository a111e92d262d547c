// SPDX-License-Identifier: Apache-2.0
#include "authz/layers.h"

#include <algorithm>
#include <string_view>

namespace writ {
namespace {

// Services that publish resource policies (ram.md 4.2).
constexpr std::string_view kServicesWithPolicies[] = {"oss"};

LayerAnswer AnswerOf(UnitOutcome outcome, Layer layer) {
  LayerAnswer answer = {outcome.verdict, layer, Reason::kNoMatch};
  switch (outcome.verdict) {
    case Verdict::kAllow:
      answer.reason = Reason::kAllowed;
      break;
    case Verdict::kExplicitDeny:
      answer.reason =
          outcome.unreadable ? Reason::kUnreadableValue : Reason::kDenied;
      break;
    case Verdict::kImplicitDeny:
      if (outcome.unreadable) answer.reason = Reason::kUnreadableValue;
      break;
  }
  return answer;
}

// The order in which control levels are asked: member, folders from the inside
// out, root.
uint64_t Rank(const Attachment& attachment) {
  switch (attachment.level) {
    case ControlLevel::kMember:
      return 0;
    case ControlLevel::kFolder:
      return uint64_t{UINT32_MAX} + 1 - attachment.depth;
    case ControlLevel::kRoot:
      break;
  }
  return UINT64_MAX;
}

// Step 3 for the chain of one account; true when it ends the matter.
bool ControlEnds(const UnitQuestion& question, std::string_view account,
                 std::string_view owner, LayerAnswer* answer) {
  const auto in_chain = [&](const Attachment& a) {
    return a.kind == AttachmentKind::kControl &&
           (a.account.empty() ? owner : a.account) == account;
  };
  // Each round asks the lowest level above the last one, until none is left.
  bool first = true;
  uint64_t last = 0;
  while (true) {
    bool found = false;
    uint64_t level = UINT64_MAX;
    for (const std::span<const Attachment> list : question.attachments) {
      for (const Attachment& a : list) {
        if (!in_chain(a) || (!first && Rank(a) <= last)) continue;
        found = true;
        level = std::min(level, Rank(a));
      }
    }
    if (!found) return false;
    const UnitOutcome unit = DecideUnit(
        question, Layer::kControl, false,
        [&](const Attachment& a) { return in_chain(a) && Rank(a) == level; });
    if (unit.verdict != Verdict::kAllow) {
      *answer = AnswerOf(unit, Layer::kControl);
      return true;
    }
    first = false;
    last = level;
  }
}

bool ControlBinds(const UnitQuestion& question, bool in_management_account) {
  if (in_management_account) return false;
  switch (question.caller.kind) {
    case PrincipalKind::kUser:
    case PrincipalKind::kRoleSession:
    case PrincipalKind::kAnonymous:
      return true;
    case PrincipalKind::kRoot:
    case PrincipalKind::kServiceLinkedRole:
    case PrincipalKind::kFederated:
    case PrincipalKind::kService:
      break;
  }
  return false;
}

UnitOutcome AccountUnit(const UnitQuestion& question, bool keep_allows) {
  return DecideUnit(
      question, Layer::kIdentity, keep_allows, [](const Attachment& a) {
        return a.kind == AttachmentKind::kIdentity && !a.resource_group_scope;
      });
}

UnitOutcome UnitOfKind(const UnitQuestion& question, AttachmentKind kind,
                       Layer layer, bool keep_allows) {
  if (!question.kinds.Has(kind)) return {};
  return DecideUnit(question, layer, keep_allows,
                    [kind](const Attachment& a) { return a.kind == kind; });
}

// Step 5.
LayerAnswer DecideAssumeRole(const UnitQuestion& question) {
  const PrincipalKind kind = question.caller.kind;
  const bool root = kind == PrincipalKind::kRoot;
  const bool trust_alone =
      kind == PrincipalKind::kFederated || kind == PrincipalKind::kService;
  UnitOutcome identity;
  if (!root && !trust_alone) {
    identity = AccountUnit(question, true);
    if (identity.verdict == Verdict::kExplicitDeny) {
      return AnswerOf(identity, Layer::kIdentity);
    }
  }
  const UnitOutcome trust =
      UnitOfKind(question, AttachmentKind::kTrust, Layer::kTrust, !root);
  if (trust_alone || trust.verdict == Verdict::kExplicitDeny) {
    return AnswerOf(trust, Layer::kTrust);
  }
  if (root) return LayerAnswer();
  if (trust.verdict == Verdict::kAllow && identity.verdict != Verdict::kAllow) {
    return AnswerOf(identity, Layer::kIdentity);
  }
  return AnswerOf(trust, Layer::kTrust);
}

// Steps 6 to 8.
LayerAnswer DecideAccess(const UnitQuestion& question, bool same_account) {
  UnitOutcome a;
  Layer layer = Layer::kIdentity;
  if (question.caller.kind == PrincipalKind::kRoot) {
    layer = Layer::kRoot;
    if (same_account) a.verdict = Verdict::kAllow;
  } else {
    // What another account's identity policies allow carries nothing.
    a = AccountUnit(question, same_account);
    if (a.verdict == Verdict::kImplicitDeny && !question.resource.any &&
        question.kinds.HasScoped()) {
      layer = Layer::kResourceGroup;
      const UnitOutcome group =
          DecideUnit(question, Layer::kResourceGroup, same_account,
                     [&](const Attachment& attachment) {
                       return attachment.kind == AttachmentKind::kIdentity &&
                              attachment.resource_group_scope &&
                              (attachment.group.empty() ||
                               attachment.group == question.resource_group);
                     });
      const bool unreadable = a.unreadable;
      a = group;
      if (a.verdict == Verdict::kImplicitDeny) a.unreadable |= unreadable;
    }
    if (!same_account && a.verdict != Verdict::kExplicitDeny) a = {};
  }
  if (a.verdict == Verdict::kExplicitDeny) return AnswerOf(a, layer);

  UnitOutcome b;
  if (std::ranges::find(kServicesWithPolicies, question.resource.service()) !=
      std::end(kServicesWithPolicies)) {
    b = UnitOfKind(question, AttachmentKind::kResource, Layer::kResource, true);
  }
  if (b.verdict == Verdict::kExplicitDeny) {
    return AnswerOf(b, Layer::kResource);
  }
  if (a.verdict == Verdict::kAllow) return AnswerOf(a, layer);
  if (b.verdict == Verdict::kAllow) return AnswerOf(b, Layer::kResource);
  b.unreadable |= a.unreadable;
  return AnswerOf(b, Layer::kDefault);
}

}  // namespace

LayerAnswer DecideLayers(const UnitQuestion& question,
                         bool in_management_account) noexcept {
  const std::string_view caller = question.caller.account;
  const std::string_view named = question.resource.account();
  const std::string_view owner = named.empty() || named == "*" ? caller : named;
  LayerAnswer answer;
  if (question.kinds.Has(AttachmentKind::kControl) &&
      ControlBinds(question, in_management_account)) {
    if (ControlEnds(question, owner, owner, &answer)) return answer;
    if (caller != owner && ControlEnds(question, caller, owner, &answer)) {
      return answer;
    }
  }
  if (question.kinds.Has(AttachmentKind::kSession)) {
    const UnitOutcome session =
        UnitOfKind(question, AttachmentKind::kSession, Layer::kSession, false);
    if (session.verdict != Verdict::kAllow) {
      return AnswerOf(session, Layer::kSession);
    }
  }
  if (question.action.assume_role) return DecideAssumeRole(question);
  return DecideAccess(question, owner == caller);
}

}  // namespace writ
