// SPDX-License-Identifier: Apache-2.0
#include "examples/clients/cpp/authorizer.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

using writ::authz::v1::BatchCheckRequest;
using writ::authz::v1::BatchCheckResponse;
using writ::authz::v1::BatchCheckResult;
using writ::authz::v1::CheckRequest;
using writ::authz::v1::CheckResponse;

std::string ReadFile(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    throw std::runtime_error("cannot read " + path);
  }
  return text.str();
}

std::string ReadToken(const std::string& path) {
  std::string token = ReadFile(path);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  return token;
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(
    const SidecarAddress& address) {
  if (!address.ca_file.empty()) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadFile(address.ca_file);
    options.pem_cert_chain = ReadFile(address.certificate_file);
    options.pem_private_key = ReadFile(address.key_file);
    return grpc::SslCredentials(options);
  }
  if (!address.token_file.empty() && !address.target.starts_with("unix:")) {
    throw std::runtime_error("a token goes over TLS or a Unix socket only");
  }
  return grpc::InsecureChannelCredentials();
}

std::shared_ptr<grpc::Channel> ChannelTo(const SidecarAddress& address) {
  grpc::ChannelArguments arguments;
  // A sidecar stands beside its askers, never behind a proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address.target, CredentialsOf(address),
                                   arguments);
}

// The one place that says yes.
bool IsAllow(const CheckResponse& answer) {
  return answer.verdict() == writ::authz::v1::VERDICT_ALLOW;
}

void Note(std::string* why_not, int code, const std::string& message) {
  if (why_not != nullptr) {
    *why_not = "no decision: status " + std::to_string(code) + ": " + message;
  }
}

}  // namespace

Authorizer::Authorizer(const SidecarAddress& address,
                       std::chrono::milliseconds deadline)
    : stub_(writ::authz::v1::Authorization::NewStub(ChannelTo(address))),
      deadline_(deadline) {
  if (!address.token_file.empty()) {
    authorization_ = "Bearer " + ReadToken(address.token_file);
  }
}

void Authorizer::Prepare(grpc::ClientContext* context) const {
  context->set_deadline(std::chrono::system_clock::now() + deadline_);
  if (!authorization_.empty()) {
    context->AddMetadata("authorization", authorization_);
  }
}

bool Authorizer::Allows(const CheckRequest& request,
                        std::string* why_not) const {
  grpc::ClientContext context;
  Prepare(&context);
  CheckResponse answer;
  const grpc::Status status = stub_->Check(&context, request, &answer);
  if (!status.ok()) {
    Note(why_not, status.error_code(), status.error_message());
    return false;
  }
  return IsAllow(answer);
}

std::vector<bool> Authorizer::AllowsEach(
    const std::vector<CheckRequest>& requests, std::string* why_not) const {
  std::vector<bool> allowed(requests.size(), false);
  BatchCheckRequest batch;
  for (const CheckRequest& request : requests) *batch.add_checks() = request;
  grpc::ClientContext context;
  Prepare(&context);
  BatchCheckResponse answers;
  const grpc::Status status = stub_->BatchCheck(&context, batch, &answers);
  if (!status.ok()) {
    Note(why_not, status.error_code(), status.error_message());
    return allowed;
  }
  if (static_cast<size_t>(answers.results_size()) != requests.size()) {
    Note(why_not, grpc::StatusCode::INTERNAL, "not one answer for each check");
    return allowed;
  }
  for (int i = 0; i < answers.results_size(); ++i) {
    const BatchCheckResult& result = answers.results(i);
    if (result.error_code() != 0 || !result.has_answer()) {
      Note(why_not, result.error_code(), result.error_message());
      continue;
    }
    allowed[static_cast<size_t>(i)] = IsAllow(result.answer());
  }
  return allowed;
}
