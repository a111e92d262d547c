// SPDX-License-Identifier: Apache-2.0
#include "runtime/authority.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "auth/error_response.h"
#include "authz/request.h"
#include "base/coding.h"
#include "base/limits.h"
#include "crypto/compare.h"
#include "crypto/random.h"
#include "crypto/x25519.h"

namespace writ {
namespace {

constexpr std::string_view kAction = "fc:InvokeFunction";

// The three headers of P15: not signed, so each may stand once and hold only
// what is listed.
struct UnsignedHeaders {
  bool any = false;
  bool async = false;
  bool log_tail = false;
  std::string complaint;
};

// Reads one; false when it repeats or holds something else.
bool ReadClosed(const RequestHead& head, std::string_view name,
                std::string_view off, std::string_view on,
                UnsignedHeaders* headers, bool* value) {
  const auto count = std::ranges::count(head.headers, name, &HeaderField::name);
  if (count == 0) return true;
  headers->any = true;
  const std::string* text = head.Single(name);
  if (text != nullptr && (text->empty() || *text == off || *text == on)) {
    *value = *text == on;
    return true;
  }
  headers->complaint = "The header " + std::string(name) + " must be " +
                       std::string(off) + " or " + std::string(on) +
                       " and stand once.";
  return false;
}

UnsignedHeaders ReadUnsignedHeaders(const RequestHead& head) {
  UnsignedHeaders headers;
  if (!ReadClosed(head, "x-fc-invocation-type", "Sync", "Async", &headers,
                  &headers.async) ||
      !ReadClosed(head, "x-fc-log-type", "None", "Tail", &headers,
                  &headers.log_tail)) {
    return headers;
  }
  if (headers.async) {
    headers.complaint =
        "Asynchronous invocation is not served by this version; use "
        "x-fc-invocation-type: Sync.";
  } else if (std::ranges::count(head.headers, "x-fc-async-task-id",
                                &HeaderField::name) > 0) {
    headers.any = true;
    headers.complaint =
        "The header x-fc-async-task-id goes with asynchronous invocations "
        "only.";
  }
  return headers;
}

Decision DecideInvocation(const Snapshot& snapshot,
                          const AuthenticatedCaller& caller,
                          const std::string& resource, const RequestHead& head,
                          WallTime now) {
  const std::string time = FormatRfc3339(now);
  const std::array<std::string_view, 1> source = {head.peer_address};
  const std::array<std::string_view, 1> secure = {
      head.secure_transport ? "true" : "false"};
  const std::array<std::string_view, 1> current = {time};
  const std::array<std::string_view, 1> principal = {caller.arn};
  const std::array<ContextEntry, 4> context = {
      ContextEntry{"acs:SourceIp", source},
      ContextEntry{"acs:SecureTransport", secure},
      ContextEntry{"acs:CurrentTime", current},
      ContextEntry{"acs:PrincipalARN", principal}};
  const std::array<std::string_view, 1> resources = {resource};
  Request request;
  request.principal.name = caller.arn;
  request.principal.id = caller.user_id;
  request.action = kAction;
  request.resources = resources;
  request.context = context;
  return snapshot.Decide(request);
}

HttpResponse DeniedAnswer(const AuthenticatedCaller& caller,
                          const Decision& decision, const std::string& resource,
                          const std::string& request_id) {
  AccessDeniedDetail detail;
  detail.auth_action = kAction;
  detail.auth_principal_type =
      caller.kind == CallerKind::kRoot ? "RootUser" : "SubUser";
  detail.auth_principal_owner_id = caller.account;
  detail.auth_principal_display_name = caller.user_id;
  detail.policy_type = LayerPolicyType(decision.layer);
  detail.no_permission_type = decision.verdict == Verdict::kExplicitDeny
                                  ? "ExplicitDeny"
                                  : "ImplicitDeny";
  return ErrorResponse(403, "AccessDenied",
                       "The caller " + caller.arn +
                           " is not authorized to perform " +
                           std::string(kAction) + " on " + resource +
                           (decision.verdict == Verdict::kExplicitDeny
                                ? ": a policy denies it."
                                : ": no policy allows it."),
                       request_id, &detail);
}

std::string InvocationArn(std::string_view region, std::string_view account,
                          const InvocationTarget& target) {
  std::string arn = "acs:fc:";
  arn.append(region).append(":").append(account).append(":functions/");
  arn.append(target.function_name);
  if (!target.qualifier.empty() && target.qualifier != "LATEST") {
    arn.append("/").append(target.qualifier);
  }
  return arn;
}

// Versions are numbers, everything else is an alias; this platform has neither
// yet.
bool NamesVersion(std::string_view qualifier) {
  return std::ranges::all_of(qualifier,
                             [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Authority::RenewLease() {
  lease_end_ns_ = (parts_.clock->Steady().time_since_epoch() +
                   std::chrono::seconds(kLeaseSeconds))
                      .count();
}

std::shared_ptr<const Snapshot> Authority::CurrentSnapshot() const {
  if (parts_.clock->Steady().time_since_epoch().count() > lease_end_ns_) {
    return nullptr;
  }
  std::shared_ptr<const Snapshot> snapshot = parts_.snapshots->snapshot();
  if (snapshot == nullptr) return nullptr;
  // Revisions never go down (P12): an older snapshot decides nothing. Another
  // thread may have seen a newer one between the two reads; this one was in
  // force when the request came.
  uint64_t newest = newest_revision_;
  while (
      newest < snapshot->revision() &&
      !newest_revision_.compare_exchange_weak(newest, snapshot->revision())) {
  }
  if (newest > snapshot->revision()) {
    snapshot = parts_.snapshots->snapshot();
    if (snapshot == nullptr || snapshot->revision() < newest) return nullptr;
  }
  return snapshot;
}

std::variant<AdmittedInvocation, RefusedInvocation> Authority::Admit(
    const RequestHead& head, const InvocationTarget& target,
    const std::string& request_id) const {
  const std::shared_ptr<const Snapshot> snapshot = CurrentSnapshot();
  if (snapshot == nullptr) {
    return RefusedInvocation{
        ErrorResponse(503, "ServiceUnavailable",
                      "The policies in force are not known; try again.",
                      request_id),
        std::nullopt};
  }
  AuthOutcome outcome = parts_.authenticator->Authenticate(head);
  if (!outcome.ok()) {
    const AuthError error = FcAuthError(outcome.failure());
    InvocationAudit anonymous;
    anonymous.request_id = request_id;
    anonymous.source_ip = head.peer_address;
    anonymous.code = error.code;
    return RefusedInvocation{
        ErrorResponse(error.http_status, error.code, error.message, request_id),
        std::move(anonymous)};
  }
  AdmittedInvocation admitted;
  admitted.call = outcome.call();
  const AuthenticatedCaller& caller = admitted.call.caller;
  InvocationAudit& audit = admitted.audit;
  audit.request_id = request_id;
  audit.caller = caller;
  audit.source_ip = head.peer_address;
  audit.resource = InvocationArn(parts_.region, caller.account, target);
  audit.snapshot = snapshot;
  audit.decision = DecideInvocation(*snapshot, caller, audit.resource, head,
                                    parts_.clock->Now());
  const auto refuse = [&audit](HttpResponse response, std::string_view code) {
    audit.http_status = response.status;
    audit.code = code;
    return RefusedInvocation{std::move(response), std::move(audit)};
  };
  if (!audit.decision.allowed()) {
    return refuse(
        DeniedAnswer(caller, audit.decision, audit.resource, request_id),
        "AccessDenied");
  }
  const UnsignedHeaders headers = ReadUnsignedHeaders(head);
  audit.unsigned_headers = headers.any;
  if (!headers.complaint.empty()) {
    return refuse(
        ErrorResponse(400, "InvalidArgument", headers.complaint, request_id),
        "InvalidArgument");
  }
  admitted.log_tail = headers.log_tail;
  std::optional<FunctionRoute> route =
      parts_.functions->FindRoute(caller.account, target.function_name);
  if (!route) {
    return refuse(
        ErrorResponse(404, "FunctionNotFound",
                      "function `" + target.function_name + "` does not exist",
                      request_id),
        "FunctionNotFound");
  }
  if (!target.qualifier.empty() && target.qualifier != "LATEST") {
    const bool version = NamesVersion(target.qualifier);
    const std::string_view code = version ? "VersionNotFound" : "AliasNotFound";
    return refuse(ErrorResponse(404, code,
                                std::string(version ? "version `" : "alias `") +
                                    target.qualifier + "` does not exist",
                                request_id),
                  code);
  }
  admitted.route = *std::move(route);
  admitted.decision_id = RandomHex(16);
  return admitted;
}

Authority::KeyOffer Authority::OfferKey() {
  KeyOffer offer;
  {
    MutexLock lock(&mu_);
    offer.key_id = ++last_key_id_;
  }
  offer.private_key = RandomSecret(32);
  const Result<X25519KeyPair> pair =
      X25519KeyPair::FromPrivateKey(offer.private_key);
  WRIT_CHECK(pair.ok());
  offer.public_key = AsText(pair.value().public_key());
  return offer;
}

Status Authority::AcceptNode(const KeyOffer& offer, std::string_view node_id,
                             const BootEpoch& boot_epoch,
                             std::string_view node_public_key) {
  WRIT_ASSIGN_OR_RETURN(SecretBytes key,
                        DeriveGrantKey(offer.private_key, node_public_key,
                                       boot_epoch, offer.key_id));
  MutexLock lock(&mu_);
  NodeKey& node = nodes_[std::string(node_id)];
  node.key_id = offer.key_id;
  node.boot_epoch = boot_epoch;
  node.key = std::move(key);
  return OkStatus();
}

std::string Authority::ProvenNode(const RequestHead& head) const {
  const std::string* proof = head.Single(kNodeProofHeader);
  if (proof == nullptr) return "";
  const std::string node_id = proof->substr(0, proof->find(' '));
  MutexLock lock(&mu_);
  const auto node = nodes_.find(node_id);
  if (node == nodes_.end()) return "";
  const std::string expected =
      MakeNodeProof(node_id, node->second.key_id, node->second.key,
                    head.raw_path + "?" + head.raw_query);
  return ConstantTimeEqual(AsBytes(expected), AsBytes(*proof)) ? node_id : "";
}

Result<std::string> Authority::Mint(const AdmittedInvocation& invocation,
                                    std::string_view node_id) const {
  Grant grant;
  grant.request_id = invocation.audit.request_id;
  grant.account = invocation.route.account;
  grant.function_arn = invocation.route.arn;
  grant.function_name = invocation.route.name;
  grant.qualifier = "LATEST";
  grant.function_revision = invocation.route.revision;
  grant.code_digest = invocation.route.code_sha256;
  grant.principal_arn = invocation.call.caller.arn;
  grant.decision_id = invocation.decision_id;
  grant.snapshot_revision = invocation.audit.snapshot->revision();
  grant.log_tail = invocation.log_tail;
  grant.body_digest = invocation.call.body_sha256;
  grant.node_id = node_id;
  grant.minted_ns = parts_.clock->Now().time_since_epoch().count();
  grant.expires_ns =
      grant.minted_ns +
      std::chrono::nanoseconds(std::chrono::seconds(kGrantSeconds)).count();
  MutexLock lock(&mu_);
  const auto found = nodes_.find(node_id);
  if (found == nodes_.end()) {
    return NotFound("node `" + std::string(node_id) + "` has not registered");
  }
  grant.boot_epoch = found->second.boot_epoch;
  grant.key_id = found->second.key_id;
  return MintGrant(grant, found->second.key);
}

}  // namespace writ
