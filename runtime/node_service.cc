// SPDX-License-Identifier: Apache-2.0
#include "runtime/node_service.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.h"
#include "writ/internal/v1/node.grpc.pb.h"

namespace writ {
namespace {

namespace v1 = internal::v1;

constexpr int kMaxMessageBytes =
    static_cast<int>(kMaxInvokeBodyBytes + kMaxFrameOverheadBytes);
// The core answers from its own store; longer means it hangs.
constexpr std::chrono::seconds kBackendTimeout{10};

void FillError(const PlatformError& error, v1::InvokeError* out) {
  out->set_http_status(error.http_status);
  out->set_code(error.code);
  out->set_message(error.message);
  out->set_delivered(error.delivered);
}

class NodeRpcs final : public v1::Node::Service {
 public:
  explicit NodeRpcs(Node* node) : node_(node) {}

  grpc::Status Register(grpc::ServerContext*,
                        const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    const Result<Node::Registration> registration =
        node_->Register(request->authority_public_key(), request->key_id());
    if (!registration.ok()) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "not a public key"};
    }
    reply->set_node_id(registration->node_id);
    reply->set_boot_epoch(registration->boot_epoch.data(),
                          registration->boot_epoch.size());
    reply->set_node_public_key(registration->public_key);
    return grpc::Status::OK;
  }

  grpc::Status StartInstance(grpc::ServerContext*,
                             const v1::StartInstanceRequest* request,
                             v1::StartInstanceReply* reply) override {
    PlatformError error;
    const std::optional<std::string> id =
        node_->StartInstance({.account = request->account(),
                              .function_name = request->function_name(),
                              .function_arn = request->function_arn(),
                              .function_revision = request->function_revision(),
                              .start_ticket = request->start_ticket()},
                             &error);
    if (id) {
      reply->set_instance_id(*id);
    } else {
      FillError(error, reply->mutable_error());
    }
    return grpc::Status::OK;
  }

  grpc::Status Invoke(grpc::ServerContext*, const v1::InvokeRequest* request,
                      v1::InvokeReply* reply) override {
    InvocationResult result = node_->Invoke(
        request->grant(), request->instance_id(), request->body());
    if (result.error) FillError(*result.error, reply->mutable_error());
    reply->set_body(std::move(result.body));
    reply->set_function_error(result.function_error);
    reply->set_log_tail(std::move(result.log_tail));
    reply->set_duration_us(static_cast<uint64_t>(result.duration.count()));
    reply->set_max_memory_mb(result.max_memory_mb);
    reply->set_instance_lost(result.instance_lost);
    return grpc::Status::OK;
  }

  grpc::Status RetireInstances(grpc::ServerContext*,
                               const v1::RetireInstancesRequest* request,
                               v1::RetireInstancesReply*) override {
    node_->RetireInstances(request->account(), request->function_name(),
                           request->keep_revision());
    return grpc::Status::OK;
  }

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusReply* reply) override {
    reply->set_instances(node_->InstanceCount());
    reply->set_free_slots(node_->FreeSlots());
    return grpc::Status::OK;
  }

 private:
  Node* const node_;
};

class GrpcNodeServer final : public NodeServer {
 public:
  explicit GrpcNodeServer(Node* node) : rpcs_(node) {}
  ~GrpcNodeServer() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  Status Serve(UniqueFd socket) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&rpcs_);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.SetMaxSendMessageSize(kMaxMessageBytes);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return InternalError("no RPC server");
    grpc::AddInsecureChannelFromFd(server_.get(), socket.Release());
    return OkStatus();
  }

 private:
  NodeRpcs rpcs_;
  std::unique_ptr<grpc::Server> server_;
};

Result<InstanceConfiguration> ReadSpec(v1::InstanceSpec* spec) {
  InstanceConfiguration configuration;
  FunctionRoute& route = configuration.route;
  route.account = spec->account();
  route.name = spec->function_name();
  route.arn = spec->function_arn();
  route.revision = spec->function_revision();
  if (spec->code_sha256().size() != route.code_sha256.size()) {
    return DataLoss("malformed code digest");
  }
  const std::string& digest = spec->code_sha256();
  std::transform(digest.begin(), digest.end(), route.code_sha256.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  route.code_checksum = spec->code_checksum();
  route.runtime = spec->runtime();
  route.timeout_seconds = spec->timeout_seconds();
  route.memory_mb = spec->memory_mb();
  route.instance_concurrency = spec->instance_concurrency();
  configuration.region = spec->region();
  configuration.handler = spec->handler();
  configuration.cpu = spec->cpu();
  configuration.disk_mb = spec->disk_mb();
  configuration.command.assign(spec->command().begin(), spec->command().end());
  configuration.port = spec->port();
  for (auto& [name, value] : *spec->mutable_environment()) {
    configuration.environment.emplace(name, SecretBytes::CopyOf(value));
    WipeMemory(value.data(), value.size());
  }
  configuration.code_url = spec->code_url();
  configuration.code_size = spec->code_size();
  configuration.initializer_handler = spec->initializer_handler();
  configuration.initializer_timeout_seconds =
      spec->initializer_timeout_seconds();
  return configuration;
}

class GrpcNodeBackend final : public NodeBackend {
 public:
  explicit GrpcNodeBackend(UniqueFd socket)
      : stub_(v1::NodeBackend::NewStub(
            grpc::CreateInsecureChannelFromFd("core", socket.Release()))) {}

  Result<InstanceConfiguration> GetInstanceSpec(
      std::string_view start_ticket) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kBackendTimeout);
    v1::GetInstanceSpecRequest request;
    request.set_start_ticket(std::string(start_ticket));
    v1::InstanceSpec spec;
    const grpc::Status status =
        stub_->GetInstanceSpec(&context, request, &spec);
    if (!status.ok()) return Unavailable("the core gave no specification");
    return ReadSpec(&spec);
  }

  void ReportInstanceEnded(std::string_view instance_id,
                           std::string_view cause) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kBackendTimeout);
    v1::InstanceEnded request;
    request.set_instance_id(std::string(instance_id));
    request.set_cause(std::string(cause));
    v1::InstanceEndedReply reply;
    // A core that does not hear it learns with the next invocation.
    static_cast<void>(stub_->ReportInstanceEnded(&context, request, &reply));
  }

 private:
  const std::unique_ptr<v1::NodeBackend::Stub> stub_;
};

void MakeNonBlocking(const UniqueFd& socket) {
  fcntl(socket.get(), F_SETFL, O_NONBLOCK);
}

}  // namespace

Result<std::unique_ptr<NodeServer>> NodeServer::Start(Node* node,
                                                      UniqueFd socket) {
  MakeNonBlocking(socket);
  auto server = std::make_unique<GrpcNodeServer>(node);
  WRIT_RETURN_IF_ERROR(server->Serve(std::move(socket)));
  return std::unique_ptr<NodeServer>(std::move(server));
}

std::unique_ptr<NodeBackend> ConnectNodeBackend(UniqueFd socket) {
  MakeNonBlocking(socket);
  return std::make_unique<GrpcNodeBackend>(std::move(socket));
}

}  // namespace writ
