// SPDX-License-Identifier: Apache-2.0
#include "runtime/access.h"

#include <cstdio>
#include <utility>
#include <variant>

#include "auth/error_response.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "http/request_id.h"

namespace writ {
namespace {

// An invocation that no byte of has reached an instance may be tried on
// another one this often: an instance can end between two calls.
constexpr int kMaxAttempts = 3;

PlatformError NoNode() {
  return {.http_status = 503,
          .code = "ServiceUnavailable",
          .message = "No compute node is available; try again."};
}

struct Event {
  enum class Outcome { kWhole, kBroken, kTooLarge, kNotAsSigned };
  Outcome outcome = Outcome::kBroken;
  std::string bytes;
};

// Reads the body, hashing as it comes, and compares it with the digest that
// was signed (P22).
Event ReadEvent(BodyReader* body, const Sha256Digest& signed_digest) {
  Event event;
  Sha256Stream hash;
  std::string piece;
  while (true) {
    if (!body->Read(&piece)) return event;
    if (piece.empty()) break;
    if (event.bytes.size() + piece.size() > kMaxInvokeBodyBytes) {
      event.outcome = Event::Outcome::kTooLarge;
      return event;
    }
    hash.Update(piece);
    event.bytes.append(piece);
  }
  event.outcome = ConstantTimeEqual(hash.Finish(), signed_digest)
                      ? Event::Outcome::kWhole
                      : Event::Outcome::kNotAsSigned;
  return event;
}

HttpResponse InvocationAnswer(const AdmittedInvocation& invocation,
                              const std::string& instance_id,
                              InvocationResult result) {
  char duration[32];
  std::snprintf(
      duration, sizeof duration, "%llu.%02llu",
      static_cast<unsigned long long>(result.duration_us / 1000),
      static_cast<unsigned long long>(result.duration_us % 1000 / 10));
  HttpResponse response;
  response.status = 200;
  response.headers = {
      {"content-type", "application/octet-stream"},
      {"x-fc-instance-id", instance_id},
      {"x-fc-code-checksum", invocation.route.code_checksum},
      {"x-fc-invocation-service-version", "LATEST"},
      {"x-fc-invocation-duration", duration},
      {"x-fc-max-memory-usage", std::to_string(result.max_memory_mb)}};
  if (!result.function_error.empty()) {
    response.headers.push_back({"x-fc-error-type", result.function_error});
  }
  if (invocation.log_tail) {
    response.headers.push_back(
        {"x-fc-log-result", Base64Encode(result.log_tail)});
  }
  response.body = std::move(result.body);
  return response;
}

}  // namespace

HttpResponse Access::Handle(const RequestHead& head, BodyReader* body) const {
  const std::string request_id = NewRequestId(head, parts_.clock->Now());
  const std::optional<InvocationTarget> target =
      parts_.control->ClassifyInvocation(head);
  HttpResponse response = target
                              ? Invoke(head, *target, body, request_id)
                              : parts_.control->Handle(head, body, request_id);
  SetRequestId(request_id, &response);
  return response;
}

HttpResponse Access::Invoke(const RequestHead& head,
                            const InvocationTarget& target, BodyReader* body,
                            const std::string& request_id) const {
  auto admitted = parts_.authority->Admit(head, target, request_id);
  if (auto* refused = std::get_if<RefusedInvocation>(&admitted)) {
    if (!refused->audit) return std::move(refused->response);
    const std::string code = refused->audit->code;
    return Record(*std::move(refused->audit), std::move(refused->response),
                  code);
  }
  const auto& invocation = *std::get_if<AdmittedInvocation>(&admitted);
  const Event event = ReadEvent(body, invocation.call.body_sha256);
  std::string code;
  HttpResponse response;
  switch (event.outcome) {
    case Event::Outcome::kWhole:
      response = Run(invocation, event.bytes, &code);
      break;
    case Event::Outcome::kTooLarge:
      code = "EntityTooLarge";
      response = ErrorResponse(400, code, "The event is larger than 32 MB.",
                               request_id);
      break;
    case Event::Outcome::kNotAsSigned:
      code = "ContentDigestMismatch";
      response = ErrorResponse(400, code,
                               "The body does not have the SHA-256 digest that "
                               "x-acs-content-sha256 states; nothing was done.",
                               request_id);
      break;
    case Event::Outcome::kBroken:
      // The peer is gone or sent no HTTP: the listener drops this answer.
      code = "RequestBodyIncomplete";
      response = ErrorResponse(
          400, code, "The body ended early or is malformed.", request_id);
      break;
  }
  return Record(invocation.audit, std::move(response), code);
}

HttpResponse Access::Run(const AdmittedInvocation& invocation,
                         std::string_view event, std::string* code) const {
  const std::string& request_id = invocation.audit.request_id;
  const auto fail = [&](const PlatformError& error) {
    *code = error.code;
    return ErrorResponse(error.http_status, error.code, error.message,
                         request_id);
  };
  PlatformError last;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    auto acquired = parts_.scheduler->Acquire(invocation.route);
    if (const auto* error = std::get_if<PlatformError>(&acquired)) {
      return fail(*error);
    }
    auto& place = *std::get_if<Scheduler::Place>(&acquired);
    const Result<std::string> grant =
        parts_.authority->Mint(invocation, place.node()->node_id());
    if (!grant.ok()) {
      Log(LogLevel::kError, "grant_not_minted",
          {{"why", grant.status().message()}});
      return fail(NoNode());
    }
    auto answer = place.node()->Invoke(invocation.route, place.instance_id(),
                                       *grant, event);
    if (auto* result = std::get_if<InvocationResult>(&answer)) {
      const std::string instance_id = place.instance_id();
      if (result->instance_lost) place.Lost();
      if (!result->function_error.empty()) *code = result->function_error;
      return InvocationAnswer(invocation, instance_id, std::move(*result));
    }
    last = *std::get_if<PlatformError>(&answer);
    if (last.instance_lost) place.Lost();
    // Once a byte may have arrived, the event is not sent again: a function
    // runs at most once for one request.
    if (last.delivered) break;
    if (last.http_status == 403) {
      // The node refused the grant, as it does when keys change between mint
      // and use. That is no judgement of the caller.
      last = NoNode();
    } else if (place.fresh()) {
      break;
    }
  }
  return fail(last);
}

HttpResponse Access::Record(InvocationAudit audit, HttpResponse response,
                            std::string_view code) const {
  audit.http_status = response.status;
  audit.code = code;
  const Status recorded = parts_.audit->Append(audit);
  if (recorded.ok()) return response;
  Log(LogLevel::kError, "audit_not_written",
      {{"request", audit.request_id}, {"why", recorded.message()}});
  // A refusal may go without its record.
  if (response.status >= 400) return response;
  return ErrorResponse(503, "ServiceUnavailable",
                       "The audit trail cannot be written; try again.",
                       audit.request_id);
}

}  // namespace writ
