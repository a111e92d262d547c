// SPDX-License-Identifier: Apache-2.0
#include "sidecar/question.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "authz/program/utf8.h"
#include "authz/text.h"
#include "authz/value_ranks.h"
#include "base/limits.h"

namespace writ {
namespace {

constexpr std::string_view kOwnPrefix = "acs:";
// Up to so many keys are compared each with each; more are sorted.
constexpr size_t kFewKeys = 16;
// Of a name in a message.
constexpr size_t kQuotedBytes = 64;

size_t FoldedBytes(std::string_view key) {
  return std::min(key.find('/'), key.size());
}

bool BeginsFolded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         SameContextKey(text.substr(0, prefix.size()), prefix);
}

// An order in which keys that are the same are neighbours.
bool KeyBefore(std::string_view a, std::string_view b) {
  const size_t folded_a = FoldedBytes(a);
  const size_t folded_b = FoldedBytes(b);
  const size_t shared = std::min(folded_a, folded_b);
  for (size_t i = 0; i < shared; ++i) {
    const char in_a = FoldAscii(a[i]);
    const char in_b = FoldAscii(b[i]);
    if (in_a != in_b) return in_a < in_b;
  }
  if (folded_a != folded_b) return folded_a < folded_b;
  return a.substr(folded_a) < b.substr(folded_b);
}

Status CheckNoKeyTwice(std::span<const ContextEntry> context) {
  const auto refuse = [](std::string_view key) {
    return InvalidArgument("context key " + QuotedName(key) +
                           " stands twice: send each key once");
  };
  if (context.size() <= kFewKeys) {
    for (size_t i = 1; i < context.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (SameContextKey(context[i].key, context[j].key)) {
          return refuse(context[i].key);
        }
      }
    }
    return OkStatus();
  }
  std::vector<std::string_view> keys;
  keys.reserve(context.size());
  for (const ContextEntry& entry : context) keys.push_back(entry.key);
  std::ranges::sort(keys, KeyBefore);
  const auto twice = std::ranges::adjacent_find(keys, SameContextKey);
  return twice == keys.end() ? OkStatus() : refuse(*twice);
}

Status CheckContext(std::span<const ContextEntry> context) {
  if (context.size() > kMaxContextEntries) {
    return InvalidArgument("the context has " + std::to_string(context.size()) +
                           " keys; at most " +
                           std::to_string(kMaxContextEntries) + " are read");
  }
  for (const ContextEntry& entry : context) {
    WRIT_RETURN_IF_ERROR(CheckName("context key", entry.key));
    for (const std::string_view value : entry.values) {
      if (FindInvalidUtf8(value) != std::string_view::npos) {
        return InvalidArgument("a value of context key " +
                               QuotedName(entry.key) + " is no UTF-8");
      }
    }
  }
  return CheckNoKeyTwice(context);
}

Status MayNotSay(std::string_view what) {
  return PermissionDenied("only askers of a trusted listener may say " +
                          std::string(what));
}

Status CheckMaySay(const ListenerRules& listener, const Question& question) {
  const RequestPrincipal& principal = question.request.principal;
  if (!principal.id.empty()) return MayNotSay("the principal's `id`");
  if (!principal.account.empty()) return MayNotSay("the principal's `account`");
  if (principal.declared != RequestPrincipal::Declared::kByName) {
    return MayNotSay("the principal's `type`");
  }
  if (!question.request.resource_group.empty()) {
    return MayNotSay("the `resource_group`");
  }
  if (!question.session_policy.empty()) return MayNotSay("a `session_policy`");
  const std::string_view prefix = listener.context_prefix;
  for (const ContextEntry& entry : question.request.context) {
    if (!prefix.empty() && BeginsFolded(entry.key, prefix) &&
        !BeginsFolded(entry.key, kOwnPrefix)) {
      continue;
    }
    return PermissionDenied(
        "context key " + QuotedName(entry.key) +
        (prefix.empty()
             ? " may not be set: this listener takes no context keys"
             : " may not be set: keys that come through this listener begin "
               "with " +
                   QuotedName(prefix)));
  }
  return OkStatus();
}

}  // namespace

std::string QuotedName(std::string_view name) {
  std::string text = "`";
  for (const char byte : name.substr(0, kQuotedBytes)) {
    text += byte > ' ' && byte < 0x7f ? byte : '?';
  }
  return text + (name.size() > kQuotedBytes ? "…`" : "`");
}

Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) {
    return InvalidArgument("the " + std::string(what) + " is missing");
  }
  if (FindInvalidUtf8(name) != std::string_view::npos) {
    return InvalidArgument("the " + std::string(what) + " is no UTF-8");
  }
  return OkStatus();
}

Status CheckQuestion(const Asker& asker, const Question& question,
                     LookedUp looked_up) {
  const Request& request = question.request;
  if (looked_up != LookedUp::kPrincipals) {
    WRIT_RETURN_IF_ERROR(CheckName("principal", request.principal.name));
  }
  if (request.principal.declared >
      RequestPrincipal::Declared::kServiceLinkedRole) {
    return InvalidArgument("the principal's `type` is none that is known");
  }
  if (looked_up != LookedUp::kActions) {
    WRIT_RETURN_IF_ERROR(CheckName("action", request.action));
  }
  if (looked_up != LookedUp::kResources) {
    if (request.resources.empty()) {
      return InvalidArgument("the resource is missing");
    }
    for (const std::string_view resource : request.resources) {
      WRIT_RETURN_IF_ERROR(CheckName("resource", resource));
    }
  }
  for (const std::string_view text :
       {request.principal.id, request.principal.account,
        request.resource_group}) {
    if (!text.empty()) {
      WRIT_RETURN_IF_ERROR(
          CheckName("principal's id, its account or the group", text));
    }
  }
  if (question.session_policy.size() > kMaxSessionPolicyBytes) {
    return InvalidArgument("the session policy has more than " +
                           std::to_string(kMaxSessionPolicyBytes) + " bytes");
  }
  WRIT_RETURN_IF_ERROR(CheckContext(request.context));
  if (asker.listener == nullptr) return InternalError("no listener");
  return asker.listener->trusted ? OkStatus()
                                 : CheckMaySay(*asker.listener, question);
}

}  // namespace writ
