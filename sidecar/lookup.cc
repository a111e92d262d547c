// SPDX-License-Identifier: Apache-2.0
//
// Lookups: the decision point asks itself about one name after the other.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "authz/text.h"
#include "base/limits.h"
#include "crypto/hex.h"
#include "sidecar/decision_point.h"
#include "sidecar/prepared_question.h"
#include "sidecar/session_policies.h"

namespace writ {
namespace {

// What the session of a role is called when somebody asks who may do something.
constexpr std::string_view kSearchSession = "/search";
// Of a bundle's digest, in a page token.
constexpr size_t kTokenDigestBytes = 8;

std::string_view WhatIsLookedUp(LookedUp looked_up) {
  switch (looked_up) {
    case LookedUp::kResources:
      return "resource";
    case LookedUp::kActions:
      return "action";
    default:
      return "principal";
  }
}

std::string TokenPrefix(const Bundle& bundle) {
  return HexEncode(std::span<const std::byte>(bundle.digest())
                       .first<kTokenDigestBytes>()) +
         "-";
}

// Where the page begins.
Status ReadPageToken(std::string_view token, const Bundle& bundle,
                     size_t* position) {
  *position = 0;
  if (token.empty()) return OkStatus();
  constexpr size_t kPrefixBytes = 2 * kTokenDigestBytes + 1;
  const auto refuse = [] {
    return InvalidArgument("`page_token` is not one that a lookup gave");
  };
  if (token.size() <= kPrefixBytes || token[kPrefixBytes - 1] != '-' ||
      !IsLowerHex(token.substr(0, kPrefixBytes - 1), kPrefixBytes - 1)) {
    return refuse();
  }
  const std::string_view digits = token.substr(kPrefixBytes);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, *position);
  if (error != std::errc() || stop != end) return refuse();
  if (!token.starts_with(TokenPrefix(bundle))) {
    return Aborted(
        "`page_token` is of another bundle than the one in force: begin with "
        "the first page again");
  }
  return OkStatus();
}

// The names that a lookup goes through: candidates, or a run of the bundle's.
struct Names {
  std::span<const std::string_view> names;
  std::string_view prefix;  // only those; in names that are not sorted
};

bool BeginsLikeAction(std::string_view action, std::string_view prefix) {
  return action.size() >= prefix.size() &&
         EqualFolded(action.substr(0, prefix.size()), prefix);
}

bool Fits(LookedUp looked_up, std::string_view name, std::string_view prefix) {
  // Actions compare without case, and the bundle's are in lower case.
  return looked_up == LookedUp::kActions ? BeginsLikeAction(name, prefix)
                                         : name.starts_with(prefix);
}

Result<Names> NamesOf(const Lookup& lookup, LookedUp looked_up,
                      const SnapshotImage& image) {
  if (lookup.candidates.size() > kMaxLookupCandidates) {
    return InvalidArgument(
        "there are " + std::to_string(lookup.candidates.size()) +
        " candidates; at most " + std::to_string(kMaxLookupCandidates) +
        " are looked at");
  }
  if (!lookup.candidates.empty()) {
    for (const std::string_view name : lookup.candidates) {
      WRIT_RETURN_IF_ERROR(CheckName(WhatIsLookedUp(looked_up), name));
    }
    return Names{lookup.candidates, {}};
  }
  switch (looked_up) {
    case LookedUp::kResources:
      return Names{image.resources(), lookup.prefix};
    case LookedUp::kActions:
      return Names{image.actions(), lookup.prefix};
    case LookedUp::kPrincipals:
      return Names{image.principals(), lookup.prefix};
    case LookedUp::kNothing:
      break;
  }
  return InternalError("nothing is looked up");
}

// Puts a name into the place of a request that is looked up.
class Place {
 public:
  Place(LookedUp looked_up, bool from_directory, Request* request)
      : looked_up_(looked_up),
        from_directory_(from_directory),
        request_(*request) {
    if (looked_up == LookedUp::kResources) request_.resources = resource_;
  }

  void Put(std::string_view name) {
    switch (looked_up_) {
      case LookedUp::kResources:
        resource_[0] = name;
        break;
      case LookedUp::kActions:
        request_.action = name;
        break;
      default:
        request_.principal.name = Principal(name);
    }
  }

 private:
  // Of a role of the directory its session.
  std::string_view Principal(std::string_view name) {
    if (!from_directory_ || name.find(":role/") == std::string_view::npos) {
      return name;
    }
    session_name_ = name;
    return session_name_ += kSearchSession;
  }

  const LookedUp looked_up_;
  const bool from_directory_;
  Request& request_;
  std::array<std::string_view, 1> resource_;
  std::string session_name_;
};

}  // namespace

Status DecisionPoint::LookUpOnce(const Asker& asker, Protocol protocol,
                                 const Lookup& lookup, LookedUp looked_up,
                                 Found* found) const {
  if (!asker.May(Right::kLookup)) {
    return PermissionDenied(
        "the caller may not ask this: it lacks the right `lookup`");
  }
  const WallTime now = parts_.clock->Now();
  std::shared_ptr<const Bundle> bundle;
  WRIT_RETURN_IF_ERROR(
      TakeBundle(lookup.question.at_least_revision, now, &bundle));
  Prepared prepared;
  WRIT_RETURN_IF_ERROR(
      Prepare(asker, lookup.question, looked_up, now, &prepared));
  size_t at = 0;
  WRIT_RETURN_IF_ERROR(ReadPageToken(lookup.page_token, *bundle, &at));
  WRIT_ASSIGN_OR_RETURN(const Names run,
                        NamesOf(lookup, looked_up, bundle->image()));
  if (at > run.names.size()) {
    return InvalidArgument("`page_token` points behind the last name");
  }

  const size_t page = lookup.page_size == 0
                          ? kMaxLookupPage
                          : std::min<size_t>(lookup.page_size, kMaxLookupPage);
  Request request = prepared.request;
  Place place(looked_up, lookup.candidates.empty(), &request);
  LookupTally tally;
  const Snapshot& snapshot = bundle->snapshot();
  for (; at < run.names.size(); ++at) {
    const std::string_view name = run.names[at];
    if (!run.prefix.empty() && !Fits(looked_up, name, run.prefix)) continue;
    if (found->names.size() == page || tally.asked == kMaxLookupDecisions) {
      found->next_page_token = TokenPrefix(*bundle) + std::to_string(at);
      break;
    }
    place.Put(name);
    ++tally.asked;
    if (snapshot.Decide(request, {}, prepared.session()).allowed()) {
      found->names.emplace_back(name);
    }
  }
  tally.allowed = found->names.size();
  found->bundle = bundle;
  if (parts_.log == nullptr) return OkStatus();
  const std::string id = parts_.log->NextId();
  return parts_.log->Add({.decision_id = id,
                          .time = now,
                          .protocol = protocol,
                          .asker = &asker,
                          .request = &prepared.request,
                          .session_policy = prepared.session_policy,
                          .lookup = &tally,
                          .statements = {},
                          .bundle = bundle.get()});
}

Status DecisionPoint::LookUp(const Asker& asker, Protocol protocol,
                             const Lookup& lookup, LookedUp looked_up,
                             Found* found) const {
  const SteadyTime began = parts_.clock->Steady();
  *found = {};
  const Status status = LookUpOnce(asker, protocol, lookup, looked_up, found);
  if (!status.ok()) {
    *found = {};
    CountRefused(protocol, status);
  }
  parts_.metrics->ObserveLatency(protocol, parts_.clock->Steady() - began);
  return status;
}

Status DecisionPoint::LookupResources(const Asker& asker, Protocol protocol,
                                      const Lookup& lookup,
                                      Found* found) const {
  return LookUp(asker, protocol, lookup, LookedUp::kResources, found);
}

Status DecisionPoint::LookupActions(const Asker& asker, Protocol protocol,
                                    const Lookup& lookup, Found* found) const {
  return LookUp(asker, protocol, lookup, LookedUp::kActions, found);
}

Status DecisionPoint::LookupPrincipals(const Asker& asker, const Lookup& lookup,
                                       Found* found) const {
  return LookUp(asker, Protocol::kAuthZenSearch, lookup, LookedUp::kPrincipals,
                found);
}

}  // namespace writ
