// SPDX-License-Identifier: Apache-2.0
#include "sidecar/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>

#include "authz/text.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "envoy/service/auth/v3/external_auth.grpc.pb.h"
#include "sidecar/authorization_service.h"
#include "sidecar/connection_acceptor.h"
#include "sidecar/ext_authz.h"
#include "sidecar/grpc_calls.h"
#include "sidecar/grpc_credentials.h"
#include "sidecar/listener_address.h"
#include "writ/authz/v1/authorization.grpc.pb.h"

namespace writ {
namespace {

namespace v1 = authz::v1;
using Phase = GrpcCalls::Phase;

constexpr char kServiceName[] = "writ.authz.v1.Authorization";
constexpr std::chrono::milliseconds kHealthInterval{250};
// How often a server that ends looks whether its calls are answered.
constexpr std::chrono::milliseconds kDrainInterval{5};
// How long connections may take to close behind the last answer.
constexpr std::chrono::milliseconds kFarewell{500};
// Messages that were larger do not leave their memory to the next one.
constexpr size_t kKeptMessageBytes = size_t{256} << 10;

// What all connections of a listener may hold in buffers, and the threads of
// its reflection.
constexpr size_t kMaxServerBytes = size_t{512} << 20;
constexpr int kMaxServerThreads = 8;

// Every method hands its messages over as bytes.
using RawService = v1::Authorization::WithRawMethod_Check<
    v1::Authorization::WithRawMethod_BatchCheck<
        v1::Authorization::WithRawMethod_Explain<
            v1::Authorization::WithRawMethod_LookupResources<
                v1::Authorization::WithRawMethod_LookupActions<
                    v1::Authorization::Service>>>>>;

namespace envoy_auth = envoy::service::auth::v3;
using RawExtAuthz = envoy_auth::Authorization::WithRawMethod_Check<
    envoy_auth::Authorization::Service>;

grpc::Status ToGrpc(const Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

// A message that is parsed into for call after call.
template <typename Message>
class Reused {
 public:
  Reused() { message_.emplace(); }
  Message& operator*() { return *message_; }
  // After use for so many bytes.
  void Used(size_t bytes) {
    if (bytes > kKeptMessageBytes) message_.emplace();
  }

 private:
  std::optional<Message> message_;
};

// What answers the calls of one thread.
class Answerer {
 public:
  Answerer(const ListenerConfig* listener, const ExtAuthzMapping* mapping,
           const DecisionPoint* point)
      : listener_(*listener),
        point_(*point),
        service_(point),
        ext_authz_(mapping, point) {}

  template <typename Request, typename Response>
  using Handler = Status (AuthorizationService::*)(const Asker&, const Request&,
                                                   Response*);

  // request   asks gRPC for a call of the method
  // protocol  as which refusals are counted
  template <typename Request, typename Response, typename Ask>
  GrpcCalls::Method Method(Ask ask, Handler<Request, Response> handler,
                           Protocol protocol, size_t max_bytes,
                           size_t waiting) {
    auto request = std::make_shared<Reused<Request>>();
    auto response = std::make_shared<Reused<Response>>();
    return {.request = std::move(ask),
            .answer =
                [this, handler, protocol, max_bytes, request, response](
                    const grpc::ServerContext& context, grpc::ByteBuffer* bytes,
                    grpc::ByteBuffer* reply) {
                  return Answer(context, handler, protocol, max_bytes, bytes,
                                request.get(), response.get(), reply);
                },
            .waiting = waiting};
  }

  template <typename Ask>
  GrpcCalls::Method EnvoyMethod(Ask ask) {
    return {.request = std::move(ask),
            .answer =
                [this](const grpc::ServerContext& context,
                       grpc::ByteBuffer* bytes, grpc::ByteBuffer* reply) {
                  return AnswerEnvoy(context, bytes, reply);
                },
            .waiting = 16};
  }

 private:
  // Envoy gets an answer whatever happens: a proxy may be told to let requests
  // pass when a call fails.
  grpc::Status AnswerEnvoy(const grpc::ServerContext& context,
                           grpc::ByteBuffer* bytes, grpc::ByteBuffer* reply) {
    envoy_auth::CheckResponse& response = *envoy_response_;
    response.Clear();
    const Result<Asker> asker = IdentifyCaller(listener_, context);
    const size_t size_bytes = bytes->Length();
    Status status;
    if (!asker.ok()) {
      status = asker.status();
    } else if (size_bytes > kMaxQuestionBytes) {
      status = ResourceExhausted("the message is too large");
    } else if (!grpc::SerializationTraits<
                    envoy_auth::CheckRequest>::Deserialize(bytes,
                                                           &*envoy_request_)
                    .ok()) {
      status = InvalidArgument("the message is malformed");
    }
    if (status.ok()) {
      ext_authz_.Check(asker.value(), *envoy_request_, &response);
      envoy_request_.Used(size_bytes);
    } else {
      point_.CountRefused(Protocol::kExtAuthz, status);
      ExtAuthz::Refuse(status, &response);
    }
    bool own_buffer = true;
    return grpc::SerializationTraits<envoy_auth::CheckResponse>::Serialize(
        response, reply, &own_buffer);
  }

  grpc::Status Refuse(Protocol protocol, const Status& status) const {
    point_.CountRefused(protocol, status);
    return ToGrpc(status);
  }

  template <typename Request, typename Response>
  grpc::Status Answer(const grpc::ServerContext& context,
                      Handler<Request, Response> handler, Protocol protocol,
                      size_t max_bytes, grpc::ByteBuffer* bytes,
                      Reused<Request>* request, Reused<Response>* response,
                      grpc::ByteBuffer* reply) {
    const Result<Asker> asker = IdentifyCaller(listener_, context);
    if (!asker.ok()) return Refuse(protocol, asker.status());
    const size_t size_bytes = bytes->Length();
    if (size_bytes > max_bytes) {
      return Refuse(
          protocol,
          ResourceExhausted("the message has " + std::to_string(size_bytes) +
                            " bytes; at most " + std::to_string(max_bytes) +
                            " are read"));
    }
    if (!grpc::SerializationTraits<Request>::Deserialize(bytes, &**request)
             .ok()) {
      return Refuse(protocol,
                    InvalidArgument("the message is malformed: no protocol "
                                    "buffer of this type, or text that is no "
                                    "UTF-8"));
    }
    (**response).Clear();
    const Status status =
        (service_.*handler)(asker.value(), **request, &**response);
    request->Used(size_bytes);
    if (!status.ok()) return ToGrpc(status);
    bool own_buffer = true;
    const grpc::Status written = grpc::SerializationTraits<Response>::Serialize(
        **response, reply, &own_buffer);
    response->Used(reply->Length());
    return written;
  }

  const ListenerConfig& listener_;
  const DecisionPoint& point_;
  AuthorizationService service_;
  ExtAuthz ext_authz_;
  Reused<envoy_auth::CheckRequest> envoy_request_;
  Reused<envoy_auth::CheckResponse> envoy_response_;
};

// Reflection for listeners that want it. Linking the library registers it for
// every server, so that it has to be taken out of the others.
class ReflectionOption final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    using Plugin = grpc::reflection::ProtoServerReflectionPlugin;
    auto reflection = std::make_unique<Plugin>();
    const std::string name = reflection->name();
    std::erase_if(*plugins,
                  [&](const auto& plugin) { return plugin->name() == name; });
    if (wanted_) plugins->push_back(std::move(reflection));
  }

 private:
  const bool wanted_;
};

// Settings that bound what one client can take.
void Bound(grpc::ServerBuilder* builder) {
  const auto set = [&](const char* name, int value) {
    builder->AddChannelArgument(name, value);
  };
  builder->SetMaxReceiveMessageSize(static_cast<int>(kMaxBatchBytes));
  // A compressed message could be a thousand times what its bytes are.
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("writ");
  quota.Resize(kMaxServerBytes);
  // A stream of reflection holds a thread as long as its client likes.
  quota.SetMaxThreads(kMaxServerThreads);
  builder->SetResourceQuota(quota);
  using SyncOption = grpc::ServerBuilder::SyncServerOption;
  builder->SetSyncServerOption(SyncOption::NUM_CQS, 1);
  builder->SetSyncServerOption(SyncOption::MIN_POLLERS, 1);
  builder->SetSyncServerOption(SyncOption::MAX_POLLERS, 1);
  set(GRPC_ARG_ALLOW_REUSEPORT, 0);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, 256);
  set(GRPC_ARG_MAX_METADATA_SIZE, 16 << 10);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Peers that vanished are found, and pings of those that are there answered
  // as often as is of use.
  set(GRPC_ARG_KEEPALIVE_TIME_MS, 120'000);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
}

// The server of one listener.
class Door {
 public:
  Door(const ListenerConfig* listener, const ExtAuthzMapping* mapping,
       const DecisionPoint* point)
      : listener_(*listener), mapping_(*mapping), point_(*point) {}
  ~Door() { Shutdown(std::chrono::milliseconds(0)); }

  Status Open(uint32_t threads);
  const std::string& address() const { return address_; }
  void SetServing(bool serving);
  void Shutdown(std::chrono::milliseconds grace);

 private:
  struct Worker {
    std::unique_ptr<Answerer> answerer;
    std::unique_ptr<GrpcCalls> calls;
    std::thread thread;
  };

  void AddWorker(grpc::ServerBuilder* builder, bool slow);
  std::vector<GrpcCalls::Method> FastMethods(Answerer* answerer);
  std::vector<GrpcCalls::Method> SlowMethods(Answerer* answerer);
  Status Bind(grpc::ServerBuilder* builder, ListenerAddress* address);

  // How gRPC is asked for a call of a method.
  template <typename Service, typename RequestFunction>
  static auto Ask(Service* service, RequestFunction function) {
    return
        [service, function](grpc::ServerContext* context,
                            grpc::ByteBuffer* bytes, GrpcCalls::Writer* writer,
                            grpc::ServerCompletionQueue* queue, void* tag) {
          (service->*function)(context, bytes, writer, queue, queue, tag);
        };
  }

  const ListenerConfig& listener_;
  const ExtAuthzMapping& mapping_;
  const DecisionPoint& point_;
  RawService service_;
  RawExtAuthz ext_authz_;
  GrpcCalls::Progress progress_;
  std::vector<Worker> workers_;
  std::string address_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  std::unique_ptr<grpc::Server> server_;
  ConnectionAcceptor acceptor_;
};

std::vector<GrpcCalls::Method> Door::FastMethods(Answerer* answerer) {
  std::vector<GrpcCalls::Method> methods;
  methods.push_back(answerer->Method<v1::CheckRequest, v1::CheckResponse>(
      Ask(&service_, &RawService::RequestCheck), &AuthorizationService::Check,
      Protocol::kCheck, kMaxQuestionBytes, 16));
  methods.push_back(
      answerer->Method<v1::BatchCheckRequest, v1::BatchCheckResponse>(
          Ask(&service_, &RawService::RequestBatchCheck),
          &AuthorizationService::BatchCheck, Protocol::kBatchCheck,
          kMaxBatchBytes, 4));
  if (listener_.ext_authz) {
    methods.push_back(
        answerer->EnvoyMethod(Ask(&ext_authz_, &RawExtAuthz::RequestCheck)));
  }
  return methods;
}

std::vector<GrpcCalls::Method> Door::SlowMethods(Answerer* answerer) {
  std::vector<GrpcCalls::Method> methods;
  methods.push_back(answerer->Method<v1::ExplainRequest, v1::ExplainResponse>(
      Ask(&service_, &RawService::RequestExplain),
      &AuthorizationService::Explain, Protocol::kExplain, kMaxQuestionBytes,
      2));
  methods.push_back(
      answerer->Method<v1::LookupResourcesRequest, v1::LookupResourcesResponse>(
          Ask(&service_, &RawService::RequestLookupResources),
          &AuthorizationService::LookupResources, Protocol::kLookupResources,
          kMaxBatchBytes, 2));
  methods.push_back(
      answerer->Method<v1::LookupActionsRequest, v1::LookupActionsResponse>(
          Ask(&service_, &RawService::RequestLookupActions),
          &AuthorizationService::LookupActions, Protocol::kLookupActions,
          kMaxBatchBytes, 2));
  return methods;
}

void Door::AddWorker(grpc::ServerBuilder* builder, bool slow) {
  Worker worker;
  worker.answerer = std::make_unique<Answerer>(&listener_, &mapping_, &point_);
  worker.calls =
      std::make_unique<GrpcCalls>(builder->AddCompletionQueue(), &progress_,
                                  slow ? SlowMethods(worker.answerer.get())
                                       : FastMethods(worker.answerer.get()));
  workers_.push_back(std::move(worker));
}

Status Door::Bind(grpc::ServerBuilder* builder, ListenerAddress* address) {
  WRIT_ASSIGN_OR_RETURN(const auto credentials,
                        ListenerCredentials(listener_.tls));
  Result<UniqueFd> bound = BindListener(address, listener_.socket_mode);
  if (!bound.ok()) {
    return Status(bound.status().code(),
                  "listener `" + listener_.rules.name + "` at " +
                      address->ToString() + ": " +
                      std::string(bound.status().message()));
  }
  using Type = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  connections_ = builder->experimental().AddExternalConnectionAcceptor(
      Type::FROM_FD, credentials);
  server_ = builder->BuildAndStart();
  if (server_ == nullptr) {
    return Unavailable("listener `" + listener_.rules.name +
                       "` cannot be served");
  }
  return acceptor_.Start(
      std::move(bound).value(), [this](int listener_fd, int fd) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
            connection;
        connection.listener_fd = listener_fd;
        connection.fd = fd;
        connections_->HandleNewConnection(&connection);
      });
}

Status Door::Open(uint32_t threads) {
  WRIT_ASSIGN_OR_RETURN(ListenerAddress address,
                        ParseListenerAddress(listener_.address));
  grpc::ServerBuilder builder;
  Bound(&builder);
  builder.SetOption(std::make_unique<ReflectionOption>(listener_.reflection));
  builder.RegisterService(&service_);
  if (listener_.ext_authz) builder.RegisterService(&ext_authz_);
  for (uint32_t i = 0; i < threads; ++i) AddWorker(&builder, false);
  AddWorker(&builder, true);
  WRIT_RETURN_IF_ERROR(Bind(&builder, &address));
  SetServing(point_.Ready());
  for (Worker& worker : workers_) {
    worker.thread = std::thread([calls = worker.calls.get()] { calls->Run(); });
  }
  address_ = address.ToString();
  return OkStatus();
}

void Door::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* const health =
      server_->GetHealthCheckService();
  health->SetServingStatus("", serving);
  health->SetServingStatus(kServiceName, serving);
}

void Door::Shutdown(std::chrono::milliseconds grace) {
  if (progress_.phase.load() == Phase::kStopped) return;
  progress_.phase.store(Phase::kDraining);
  acceptor_.Stop();
  if (const auto address = ParseListenerAddress(address_);
      address.ok() && address.value().is_unix()) {
    ::unlink(address.value().socket_path.c_str());
  }
  if (server_ != nullptr) {
    // gRPC would wait for every connection to end; what counts are the calls
    // that were taken. One whose event nobody has seen yet has the time that
    // peers have to learn that the server goes.
    const auto end = std::chrono::steady_clock::now() + grace;
    while (progress_.answering.load() > 0 &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(kDrainInterval);
    }
    server_->Shutdown(std::chrono::system_clock::now() +
                      std::min(grace, kFarewell));
  }
  progress_.phase.store(Phase::kStopped);
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) {
      worker.thread.join();
    } else {
      worker.calls->Close();
    }
  }
}

// gRPC's own words, as lines of our log: mostly handshakes that failed. One a
// second, since strangers can cause as many as they like.
void LogOfGrpc(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  static std::atomic<int64_t> next_second{0};
  static std::atomic<uint64_t> left_out{0};
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  int64_t next = next_second.load();
  if (now < next || !next_second.compare_exchange_strong(next, now + 1)) {
    ++left_out;
    return;
  }
  Log(LogLevel::kWarning, "grpc",
      {{"file", args->file},
       {"line", args->line},
       {"says", args->message},
       {"left_out_before", left_out.exchange(0)}});
}

// Envoy sends the names of headers in lower case.
ExtAuthzMapping WithFoldedHeaders(ExtAuthzMapping mapping) {
  const auto fold = [](std::string* name) {
    std::ranges::transform(*name, name->begin(), FoldAscii);
  };
  fold(&mapping.principal_header);
  for (std::string& name : mapping.headers) fold(&name);
  return mapping;
}

class Server final : public GrpcServer {
 public:
  Server(ExtAuthzMapping mapping, const DecisionPoint* point)
      : mapping_(WithFoldedHeaders(std::move(mapping))), point_(*point) {}
  ~Server() override { Shutdown(std::chrono::milliseconds(0)); }

  Status Open(const Options& options);
  std::vector<std::string> Addresses() const override;
  void Shutdown(std::chrono::milliseconds grace) override;

 private:
  void KeepHealth();

  const ExtAuthzMapping mapping_;
  const DecisionPoint& point_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::thread health_;
  Mutex mu_;
  std::condition_variable_any stop_;
  bool stopping_ WRIT_GUARDED_BY(mu_) = false;
};

Status Server::Open(const Options& options) {
  const uint32_t threads =
      options.threads != 0 ? options.threads
                           : std::max(1u, std::thread::hardware_concurrency());
  for (const ListenerConfig& listener : options.listeners) {
    if (listener.kind != ListenerKind::kGrpc) continue;
    auto door = std::make_unique<Door>(&listener, &mapping_, &point_);
    WRIT_RETURN_IF_ERROR(door->Open(threads));
    doors_.push_back(std::move(door));
  }
  health_ = std::thread([this] { KeepHealth(); });
  return OkStatus();
}

std::vector<std::string> Server::Addresses() const {
  std::vector<std::string> addresses;
  for (const auto& door : doors_) addresses.push_back(door->address());
  return addresses;
}

void Server::KeepHealth() {
  MutexLock lock(&mu_);
  bool serving = point_.Ready();
  for (const auto& door : doors_) door->SetServing(serving);
  while (!stopping_) {
    stop_.wait_for(mu_, kHealthInterval);
    const bool ready = point_.Ready();
    if (ready == serving || stopping_) continue;
    serving = ready;
    for (const auto& door : doors_) door->SetServing(serving);
  }
}

void Server::Shutdown(std::chrono::milliseconds grace) {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (health_.joinable()) health_.join();
  // All at once: the grace is that of the process, not of each listener.
  std::vector<std::thread> closing;
  for (const auto& door : doors_) {
    closing.emplace_back([&door, grace] { door->Shutdown(grace); });
  }
  for (std::thread& thread : closing) thread.join();
}

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const DecisionPoint* point) {
  gpr_set_log_function(LogOfGrpc);
  // A line for every malformed message would let clients fill the log; their
  // status and the metrics say it.
  google::protobuf::SetLogHandler(nullptr);
  grpc::EnableDefaultHealthCheckService(true);
  auto server = std::make_unique<Server>(options.ext_authz, point);
  WRIT_RETURN_IF_ERROR(server->Open(options));
  return std::unique_ptr<GrpcServer>(std::move(server));
}

}  // namespace writ
