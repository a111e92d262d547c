// SPDX-License-Identifier: Apache-2.0
#include "runtime/node_channel.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "crypto/random.h"
#include "writ/internal/v1/node.grpc.pb.h"

namespace writ {
namespace {

namespace v1 = internal::v1;
using std::chrono::seconds;

// A message holds an event or an answer and little else.
constexpr int kMaxMessageBytes =
    static_cast<int>(kMaxInvokeBodyBytes) + (1 << 20);
// What a call may take on top of what the function may.
constexpr seconds kCallGrace{15};
constexpr seconds kShortCall{5};

PlatformError NodeGone(bool delivered) {
  return {.http_status = 503,
          .code = "ServiceUnavailable",
          .message = "The compute node does not answer; try again.",
          .delivered = delivered,
          .instance_lost = true};
}

PlatformError FromProto(const v1::InvokeError& error, bool instance_lost) {
  const bool known = error.http_status() >= 400 && error.http_status() <= 599;
  return {.http_status = known ? static_cast<int>(error.http_status()) : 500,
          .code = error.code().empty() ? "InternalServerError" : error.code(),
          .message = error.message(),
          .delivered = error.delivered(),
          .instance_lost = instance_lost};
}

Status MakeNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return ErrnoStatus("prepare the node's socket", errno);
  }
  return OkStatus();
}

// Start tickets: what a node was told to start, and may ask about once.
class Tickets {
 public:
  struct Start {
    std::string account;
    std::string name;
    uint64_t revision = 0;
  };

  explicit Tickets(const Clock* clock) : clock_(clock) {}

  std::string Issue(Start start) {
    std::string ticket = RandomHex(32);
    MutexLock lock(&mu_);
    const SteadyTime now = clock_->Steady();
    std::erase_if(
        open_, [now](const auto& entry) { return entry.second.first < now; });
    open_[ticket] = {now + seconds(kStartTicketSeconds), std::move(start)};
    return ticket;
  }

  std::optional<Start> Redeem(const std::string& ticket) {
    MutexLock lock(&mu_);
    auto node = open_.extract(ticket);
    if (node.empty() || node.mapped().first < clock_->Steady()) {
      return std::nullopt;
    }
    return std::move(node.mapped().second);
  }

 private:
  const Clock* const clock_;
  Mutex mu_;
  std::map<std::string, std::pair<SteadyTime, Start>> open_
      WRIT_GUARDED_BY(mu_);
};

class Backend final : public v1::NodeBackend::Service {
 public:
  Backend(const NodeChannel::Parts* parts, Tickets* tickets)
      : parts_(parts), tickets_(tickets) {}

  void SetNode(const std::string& node_id) {
    MutexLock lock(&mu_);
    node_id_ = node_id;
  }

  grpc::Status GetInstanceSpec(grpc::ServerContext*,
                               const v1::GetInstanceSpecRequest* request,
                               v1::InstanceSpec* spec) override {
    const std::optional<Tickets::Start> start =
        tickets_->Redeem(request->start_ticket());
    if (!start) {
      return {grpc::StatusCode::PERMISSION_DENIED, "no such start ticket"};
    }
    std::string node_id;
    {
      MutexLock lock(&mu_);
      node_id = node_id_;
    }
    Result<InstanceConfiguration> found =
        parts_->functions->GetInstanceConfiguration(start->account, start->name,
                                                    start->revision, node_id);
    if (!found.ok()) {
      return {static_cast<grpc::StatusCode>(found.status().code()),
              std::string(found.status().message())};
    }
    Fill(found.value(), spec);
    return grpc::Status::OK;
  }

  grpc::Status ReportInstanceEnded(grpc::ServerContext*,
                                   const v1::InstanceEnded* ended,
                                   v1::InstanceEndedReply*) override {
    parts_->instance_ended(ended->instance_id());
    return grpc::Status::OK;
  }

 private:
  static void Fill(const InstanceConfiguration& from, v1::InstanceSpec* to) {
    const FunctionRoute& route = from.route;
    to->set_account(route.account);
    to->set_function_name(route.name);
    to->set_function_arn(route.arn);
    to->set_qualifier("LATEST");
    to->set_function_revision(route.revision);
    to->set_region(from.region);
    to->set_runtime(route.runtime);
    to->set_handler(from.handler);
    to->set_memory_mb(route.memory_mb);
    to->set_timeout_seconds(route.timeout_seconds);
    to->set_cpu(from.cpu);
    to->set_disk_mb(from.disk_mb);
    for (const std::string& word : from.command) to->add_command(word);
    to->set_port(from.port);
    for (const auto& [name, value] : from.environment) {
      (*to->mutable_environment())[name] = std::string(value.text());
    }
    to->set_code_url(from.code_url);
    to->set_code_sha256(std::string(AsText(route.code_sha256)));
    to->set_code_checksum(route.code_checksum);
    to->set_code_size(from.code_size);
    to->set_initializer_handler(from.initializer_handler);
    to->set_initializer_timeout_seconds(from.initializer_timeout_seconds);
    to->set_instance_concurrency(route.instance_concurrency);
  }

  const NodeChannel::Parts* const parts_;
  Tickets* const tickets_;
  Mutex mu_;
  std::string node_id_ WRIT_GUARDED_BY(mu_);
};

class GrpcNodeChannel final : public NodeChannel {
 public:
  explicit GrpcNodeChannel(Parts parts)
      : parts_(std::move(parts)),
        tickets_(parts_.clock),
        backend_(&parts_, &tickets_) {}
  ~GrpcNodeChannel() override { Shutdown(); }

  Status Open(UniqueFd calls, UniqueFd backend) {
    WRIT_RETURN_IF_ERROR(MakeNonBlocking(calls.get()));
    WRIT_RETURN_IF_ERROR(MakeNonBlocking(backend.get()));
    grpc::ServerBuilder builder;
    builder.RegisterService(&backend_);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return InternalError("cannot start the node's back end");
    }
    grpc::AddInsecureChannelFromFd(server_.get(), backend.Release());
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    arguments.SetMaxSendMessageSize(kMaxMessageBytes);
    channel_ = grpc::CreateCustomInsecureChannelFromFd("node", calls.Release(),
                                                       arguments);
    stub_ = v1::Node::NewStub(channel_);
    return OkStatus();
  }

  Status Register(Authority* authority) override {
    const Authority::KeyOffer offer = authority->OfferKey();
    v1::RegisterRequest request;
    request.set_authority_public_key(offer.public_key);
    request.set_key_id(offer.key_id);
    v1::RegisterReply reply;
    grpc::ClientContext context;
    SetDeadline(kShortCall, &context);
    const grpc::Status status = stub_->Register(&context, request, &reply);
    if (!status.ok()) {
      Note(status);
      return Unavailable("the node does not register: " +
                         status.error_message());
    }
    BootEpoch epoch;
    if (reply.boot_epoch().size() != epoch.size() || reply.node_id().empty()) {
      return InvalidArgument("the node's registration is malformed");
    }
    if (!node_id_.empty() && node_id_ != reply.node_id()) {
      return FailedPrecondition("the node has become another one");
    }
    std::ranges::copy(AsBytes(reply.boot_epoch()), epoch.begin());
    WRIT_RETURN_IF_ERROR(authority->AcceptNode(offer, reply.node_id(), epoch,
                                               reply.node_public_key()));
    if (node_id_.empty()) {
      node_id_ = reply.node_id();
      backend_.SetNode(node_id_);
    }
    return OkStatus();
  }

  const std::string& node_id() const override { return node_id_; }
  bool alive() const override { return alive_; }

  std::variant<std::string, PlatformError> StartInstance(
      const FunctionRoute& route) override {
    v1::StartInstanceRequest request;
    request.set_account(route.account);
    request.set_function_name(route.name);
    request.set_function_arn(route.arn);
    request.set_function_revision(route.revision);
    request.set_start_ticket(
        tickets_.Issue({route.account, route.name, route.revision}));
    v1::StartInstanceReply reply;
    grpc::ClientContext context;
    SetDeadline(seconds(kCustomRuntimeReadySeconds) + kCallGrace, &context);
    const grpc::Status status = stub_->StartInstance(&context, request, &reply);
    if (!status.ok()) return Note(status), NodeGone(false);
    if (reply.has_error()) return FromProto(reply.error(), true);
    return reply.instance_id();
  }

  std::variant<InvocationResult, PlatformError> Invoke(
      const FunctionRoute& route, std::string_view instance_id,
      std::string_view grant, std::string_view body) override {
    v1::InvokeRequest request;
    request.set_grant(std::string(grant));
    request.set_instance_id(std::string(instance_id));
    request.set_body(std::string(body));
    v1::InvokeReply reply;
    grpc::ClientContext context;
    SetDeadline(seconds(route.timeout_seconds) + kCallGrace, &context);
    const grpc::Status status = stub_->Invoke(&context, request, &reply);
    if (!status.ok()) return Note(status), NodeGone(true);
    if (reply.has_error()) {
      return FromProto(reply.error(), reply.instance_lost());
    }
    InvocationResult result;
    result.body = std::move(*reply.mutable_body());
    result.function_error = reply.function_error();
    result.log_tail = reply.log_tail();
    result.duration_us = reply.duration_us();
    result.max_memory_mb = reply.max_memory_mb();
    result.instance_lost = reply.instance_lost();
    return result;
  }

  void RetireInstances(std::string_view account, std::string_view function_name,
                       uint64_t keep_revision) override {
    v1::RetireInstancesRequest request;
    request.set_account(std::string(account));
    request.set_function_name(std::string(function_name));
    request.set_keep_revision(keep_revision);
    v1::RetireInstancesReply reply;
    grpc::ClientContext context;
    SetDeadline(kShortCall, &context);
    Note(stub_->RetireInstances(&context, request, &reply));
  }

  Result<NodeLoad> GetLoad() override {
    v1::GetStatusReply reply;
    grpc::ClientContext context;
    SetDeadline(kShortCall, &context);
    const grpc::Status status = stub_->GetStatus(&context, {}, &reply);
    if (!status.ok()) {
      Note(status);
      return Unavailable("the node does not answer");
    }
    return NodeLoad{reply.instances(), reply.free_slots()};
  }

  void Shutdown() override {
    alive_ = false;
    if (server_ != nullptr) {
      server_->Shutdown(std::chrono::system_clock::now());
      server_->Wait();
    }
  }

 private:
  static void SetDeadline(seconds limit, grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + limit);
  }

  // The sockets are inherited and cannot be opened again: a broken one means
  // that the node is gone until the supervisor has started both anew.
  void Note(const grpc::Status& status) {
    if (status.ok()) return;
    Log(LogLevel::kWarning, "node_call_failed",
        {{"code", static_cast<int>(status.error_code())},
         {"why", status.error_message()}});
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) alive_ = false;
  }

  const Parts parts_;
  Tickets tickets_;
  Backend backend_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Node::Stub> stub_;
  std::string node_id_;
  std::atomic<bool> alive_{true};
};

}  // namespace

Result<std::unique_ptr<NodeChannel>> NodeChannel::Make(Parts parts,
                                                       UniqueFd calls,
                                                       UniqueFd backend) {
  auto channel = std::make_unique<GrpcNodeChannel>(std::move(parts));
  WRIT_RETURN_IF_ERROR(channel->Open(std::move(calls), std::move(backend)));
  return std::unique_ptr<NodeChannel>(std::move(channel));
}

}  // namespace writ
