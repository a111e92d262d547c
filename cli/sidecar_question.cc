// SPDX-License-Identifier: Apache-2.0
//
// The module writ-ask.so (cli/sidecar_question.h).
#include "cli/sidecar_question.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "base/file.h"
#include "writ/authz/v1/authorization.grpc.pb.h"

namespace writ {
namespace {

namespace wire = authz::v1;

// All the authorities that a system believes are a fifth of it.
constexpr size_t kMaxPemBytes = 1 << 20;

Result<std::string> ReadOptional(const std::string& path) {
  if (path.empty()) return std::string();
  auto text = ReadFile(path, kMaxPemBytes);
  if (!text.ok()) {
    return InvalidArgument("cannot read `" + path +
                           "`: " + text.status().ToString());
  }
  return text;
}

Result<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const SidecarAddress& address) {
  if (address.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  WRIT_ASSIGN_OR_RETURN(options.pem_root_certs, ReadOptional(address.ca_file));
  WRIT_ASSIGN_OR_RETURN(options.pem_cert_chain,
                        ReadOptional(address.certificate_file));
  WRIT_ASSIGN_OR_RETURN(options.pem_private_key,
                        ReadOptional(address.key_file));
  return grpc::SslCredentials(options);
}

wire::CheckRequest WireRequest(const CaseRequest& request) {
  wire::CheckRequest message;
  wire::Principal* principal = message.mutable_principal();
  principal->set_name(request.principal);
  principal->set_id(request.principal_id);
  principal->set_account(request.account);
  switch (request.declared) {
    case RequestPrincipal::Declared::kByName:
      break;
    case RequestPrincipal::Declared::kService:
      principal->set_type(wire::PRINCIPAL_TYPE_SERVICE);
      break;
    case RequestPrincipal::Declared::kServiceLinkedRole:
      principal->set_type(wire::PRINCIPAL_TYPE_SERVICE_LINKED_ROLE);
      break;
  }
  message.set_action(request.action);
  for (const std::string& resource : request.resources) {
    message.add_resources(resource);
  }
  message.set_resource_group(request.resource_group);
  for (const CaseContextEntry& entry : request.context) {
    wire::ContextEntry* added = message.add_context();
    added->set_key(entry.key);
    for (const std::string& value : entry.values) added->add_values(value);
  }
  return message;
}

void Take(const wire::CheckResponse& message, SidecarAnswer* answer) {
  answer->verdict = message.verdict();
  answer->layer = message.layer();
  answer->reason = message.reason();
  answer->revision = message.revision();
  answer->bundle_digest = message.bundle_digest();
  answer->decision_id = message.decision_id();
  for (const wire::Statement& statement : message.statements()) {
    answer->statements.push_back({statement.kind(), statement.account(),
                                  statement.policy(), statement.index(),
                                  statement.sid()});
  }
}

Status Prepare(const SidecarAddress& address,
               std::shared_ptr<grpc::Channel>* channel,
               grpc::ClientContext* context) {
  WRIT_ASSIGN_OR_RETURN(auto credentials, CredentialsOf(address));
  WRIT_ASSIGN_OR_RETURN(std::string token, ReadOptional(address.token_file));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  // gRPC ends the process on metadata that HTTP/2 does not allow.
  for (const char c : token) {
    if (c > ' ' && c <= '~') continue;
    return InvalidArgument("`" + address.token_file +
                           "` holds no token: one line of visible ASCII");
  }
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  context->set_deadline(std::chrono::system_clock::now() + address.deadline);
  grpc::ChannelArguments arguments;
  // A sidecar stands beside its askers, never behind a proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  *channel = grpc::CreateCustomChannel(address.target, credentials, arguments);
  return OkStatus();
}

}  // namespace
}  // namespace writ

extern "C" __attribute__((visibility("default"))) void WritAskSidecar(
    const writ::SidecarAddress& address, const writ::CaseRequest& request,
    writ::SidecarAnswer* answer) {
  // What gRPC would write to standard error is in the status too.
  gpr_set_log_function([](gpr_log_func_args*) {});
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  answer->status = writ::Prepare(address, &channel, &context);
  answer->is_local = !answer->status.ok();
  if (answer->is_local) return;
  const auto stub = writ::authz::v1::Authorization::NewStub(channel);
  writ::authz::v1::CheckResponse message;
  const grpc::Status status =
      stub->Check(&context, writ::WireRequest(request), &message);
  if (!status.ok()) {
    answer->status =
        writ::Status(static_cast<writ::StatusCode>(status.error_code()),
                     status.error_message());
    return;
  }
  writ::Take(message, answer);
}
