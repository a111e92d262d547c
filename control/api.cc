// SPDX-License-Identifier: Apache-2.0
#include "control/api.h"

#include <utility>

#include "base/log.h"
#include "control/call.h"
#include "control/function_model.h"
#include "control/names.h"
#include "crypto/digest.h"

namespace writ {
namespace {

// Bodies that hold no package: forms, and what is sent without need.
constexpr uint64_t kSmallBodyBytes = kMaxRequestHeadBytes;

Reply Dispatch(Call* call) {
  switch (call->operation.id) {
#define SYSTEM_PURPOSE(...)
#define OPERATION(Name, ...) \
  case OperationId::k##Name: \
    return Handle##Name(call);
#include "control/operations.def"
#undef OPERATION
#undef SYSTEM_PURPOSE
  }
  return Refuse(500, "InternalServerError", "The operation has no handler.");
}

// Reads a whole body, hashing as it comes: what does not hash to the signed
// digest is not looked at.
std::optional<Reply> ReadBody(BodyReader* body, uint64_t most,
                              const Sha256Digest& signed_digest,
                              std::string* text) {
  Sha256Stream hash;
  std::string piece;
  while (true) {
    piece.clear();
    if (body == nullptr) break;
    if (!body->Read(&piece)) {
      return Refuse(400, "RequestBodyIncomplete",
                    "The body ended early or is malformed.");
    }
    if (piece.empty()) break;
    if (text->size() + piece.size() > most) {
      return Refuse(
          413, "EntityTooLarge",
          "The body is larger than " + std::to_string(most) + " bytes.");
    }
    hash.Update(piece);
    *text += piece;
  }
  if (hash.Finish() != signed_digest) {
    return Refuse(400, "ContentDigestMismatch",
                  "The body does not have the SHA-256 digest that "
                  "x-acs-content-sha256 states; nothing was done.");
  }
  return std::nullopt;
}

bool IsForm(const RequestHead& head) {
  const std::string* type = head.Single("content-type");
  return type != nullptr &&
         type->starts_with("application/x-www-form-urlencoded");
}

// A refusal for parameters that name a resource and cannot: no such name can
// exist, so nothing is given away before the decision.
std::optional<Reply> CheckNames(const Operation& operation,
                                const Parameters& parameters) {
  struct Rule {
    std::string_view name;
    bool (*is_good)(std::string_view);
    std::string_view alphabet;
  };
  static constexpr Rule kRules[] = {
      {"functionName", IsFunctionName,
       "1 to 64 letters, digits, _ and -, not beginning with a digit or -"},
      {"qualifier", IsQualifier, "1 to 128 letters, digits, _ and -"},
      {"UserName", IsUserName, "1 to 64 letters, digits, ., _ and -"},
      {"PolicyName", IsPolicyName, "1 to 128 letters, digits and -"},
  };
  for (const Rule& rule : kRules) {
    const std::string placeholder = "{" + std::string(rule.name) + "}";
    const bool needed =
        operation.resource.find(placeholder) != std::string_view::npos;
    const std::string* value = parameters.Find(rule.name);
    if (value == nullptr || value->empty()) {
      if (!needed) continue;
      const std::string message =
          "The parameter " + std::string(rule.name) + " is missing.";
      return operation.is_rpc() ? Refuse(400, "MissingParameter", message)
                                : Refuse(400, "InvalidArgument", message);
    }
    if (!needed && rule.name != "qualifier") continue;
    if (operation.is_rpc() && rule.name == "qualifier") continue;
    if (rule.is_good(*value)) continue;
    const std::string message = "The parameter " + std::string(rule.name) +
                                " must be " + std::string(rule.alphabet) + ".";
    return operation.is_rpc()
               ? Refuse(400, "InvalidParameter." + std::string(rule.name),
                        message)
               : Refuse(400, "InvalidArgument", message);
  }
  return std::nullopt;
}

// The body of one call's way: everything between authentication and audit.
// Returns the answer; fills what the audit record says of the decision.
Reply Execute(Call* call, BodyReader* body, const Sha256Digest& digest,
              AuditEntry* audit) {
  const OperationBody kind = call->operation.body;
  const bool large =
      kind == OperationBody::kJson || kind == OperationBody::kNamingJson;
  const uint64_t most = large ? kMaxControlBodyBytes : kSmallBodyBytes;
  bool body_read = false;
  if (kind == OperationBody::kForm || kind == OperationBody::kNamingJson) {
    if (auto refusal = ReadBody(body, most, digest, &call->body)) {
      return *refusal;
    }
    body_read = true;
    if (kind == OperationBody::kForm && IsForm(call->head)) {
      const Status added = call->parameters.AddEncoded(call->body);
      if (!added.ok()) {
        return Refuse(
            400, "InvalidParameter",
            "The form is malformed: " + std::string(added.message()) + ".");
      }
    }
    if (kind == OperationBody::kNamingJson) {
      const Result<std::string> name = FunctionNameOf(call->body);
      if (!name.ok()) {
        return Refuse(400, "InvalidArgument", name.status().message());
      }
      if (!call->parameters.Add("functionName", *name).ok()) {
        return Refuse(400, "InvalidArgument",
                      "functionName stands in the query and in the body.");
      }
    }
  }
  if (auto refusal = CheckNames(call->operation, call->parameters)) {
    return *refusal;
  }
  if (call->operation.access == OperationAccess::kPermission) {
    Result<Admission> admission = call->parts.gate->Admit(
        call->caller, call->operation, call->parameters, call->origin);
    if (!admission.ok()) {
      return Refuse(400, "MissingParameter",
                    "The parameter " +
                        std::string(admission.status().message()) +
                        " is missing.");
    }
    call->admission = std::move(admission).value();
    RecordDecision(*call, audit);
    if (!call->admission.allowed()) {
      Reply reply;
      reply.denied = true;
      return reply;
    }
  }
  if (!body_read) {
    if (auto refusal = ReadBody(body, most, digest, &call->body)) {
      return *refusal;
    }
  }
  if (call->operation.effect == OperationEffect::kChange) {
    // Before the change, so that none happens that the trail does not know of.
    AuditEntry decided = *audit;
    decided.phase = "decided";
    const Status appended = call->parts.audit->Append(std::move(decided));
    if (!appended.ok()) return StoreFailed(appended);
  }
  Reply reply = Dispatch(call);
  // A change may have been decided once more (P14).
  RecordDecision(*call, audit);
  return reply;
}

HttpResponse Finish(const Call& call, Reply reply) {
  if (reply.denied) {
    return DeniedResponse(call.operation.product, call.admission, call.caller,
                          call.request_id);
  }
  if (!reply.code.empty()) {
    HttpResponse response =
        ErrorResponse(reply.status, reply.code, reply.message, call.request_id);
    return response;
  }
  HttpResponse response;
  response.status = reply.status;
  response.headers = std::move(reply.headers);
  response.body = std::move(reply.body);
  return response;
}

HttpResponse Unavailable503(std::string_view request_id) {
  HttpResponse response = ErrorResponse(
      503, "ServiceUnavailable",
      "The audit trail cannot be written; try again.", request_id);
  return response;
}

}  // namespace

void RecordDecision(const Call& call, AuditEntry* audit) {
  if (call.admission.snapshot == nullptr) return;
  audit->resource = call.admission.resource;
  audit->SetDecision(call.admission.decision, *call.admission.snapshot);
}

HttpResponse AuthFailureResponse(Product product, AuthFailure failure,
                                 std::string_view request_id) {
  const bool rpc = product == Product::kRam || product == Product::kSts;
  const AuthError error = rpc ? RpcAuthError(failure) : FcAuthError(failure);
  HttpResponse response =
      ErrorResponse(error.http_status, error.code, error.message, request_id);
  return response;
}

HttpResponse DeniedResponse(Product product, const Admission& admission,
                            const AuthenticatedCaller& caller,
                            std::string_view request_id) {
  const bool rpc = product == Product::kRam || product == Product::kSts;
  const bool is_explicit = admission.decision.verdict == Verdict::kExplicitDeny;
  const std::string message =
      "The caller " + caller.arn + " is not authorized to perform " +
      admission.denial.auth_action + " on " + admission.resource + ": " +
      (is_explicit ? "a policy denies it." : "no policy allows it.");
  HttpResponse response =
      ErrorResponse(403, rpc ? "NoPermission" : "AccessDenied", message,
                    request_id, &admission.denial);
  return response;
}

ControlApi::ControlApi(ControlParts parts) : parts_(std::move(parts)) {}

HttpResponse ControlApi::Handle(const RequestHead& head, BodyReader* body,
                                std::string_view request_id,
                                const RouteMatch& match) const {
  if (!match.ok()) {
    HttpResponse response =
        ErrorResponse(match.error.http_status, match.error.code,
                      match.error.message, request_id);
    return response;
  }
  const Operation& operation = *match.operation;
  AuditEntry audit;
  audit.request_id = request_id;
  audit.operation = operation.name;
  audit.source_ip = head.peer_address;
  Call call{parts_,
            head,
            operation,
            std::string(request_id),
            AuthenticatedCaller{},
            {head.peer_address, head.secure_transport},
            match.parameters,
            {},
            {}};
  HttpResponse response;
  if (operation.access == OperationAccess::kUrlSignature) {
    Reply reply = Dispatch(&call);
    audit.code = reply.code;
    response = Finish(call, std::move(reply));
  } else {
    const AuthOutcome outcome = parts_.authenticator->Authenticate(head);
    if (!outcome.ok()) {
      const bool rpc = operation.is_rpc();
      audit.code = rpc ? RpcAuthError(outcome.failure()).code
                       : FcAuthError(outcome.failure()).code;
      response =
          AuthFailureResponse(operation.product, outcome.failure(), request_id);
    } else {
      call.caller = outcome.call().caller;
      audit.principal = call.caller.arn;
      audit.access_key_id = call.caller.access_key_id;
      Reply reply = Execute(&call, body, outcome.call().body_sha256, &audit);
      audit.code = reply.denied
                       ? std::string(operation.is_rpc() ? "NoPermission"
                                                        : "AccessDenied")
                       : reply.code;
      response = Finish(call, std::move(reply));
    }
  }
  audit.http_status = response.status;
  const Status appended = parts_.audit->Append(std::move(audit));
  if (appended.ok()) return response;
  Log(LogLevel::kError, "audit_failed", {{"error", appended.ToString()}});
  // A refusal may go without its record; a change may not, and neither may
  // anything that was read for a caller.
  return response.status < 400 ? Unavailable503(request_id) : response;
}

}  // namespace writ
