// SPDX-License-Identifier: Apache-2.0
//
// The core's end of the node's sockets against a node that speaks the real
// protocol and does what a test wants.
#include "runtime/node_channel.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/access_key.h"
#include "auth/nonce_window.h"
#include "base/coding.h"
#include "base/limits.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "gtest/gtest.h"
#include "writ/internal/v1/node.grpc.pb.h"

namespace writ {
namespace {

namespace v1 = internal::v1;
using std::chrono::seconds;

class ScriptedNode final : public v1::Node::Service {
 public:
  grpc::Status Register(grpc::ServerContext*,
                        const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    key_ids.push_back(request->key_id());
    reply->set_node_id(node_id);
    reply->set_boot_epoch(std::string(epoch_bytes, 'e'));
    const Result<X25519KeyPair> pair =
        X25519KeyPair::FromPrivateKey(RandomSecret(32));
    reply->set_node_public_key(std::string(AsText(pair.value().public_key())));
    return grpc::Status::OK;
  }
  grpc::Status StartInstance(grpc::ServerContext*,
                             const v1::StartInstanceRequest* request,
                             v1::StartInstanceReply* reply) override {
    ticket = request->start_ticket();
    reply->set_instance_id("i-1");
    return grpc::Status::OK;
  }
  grpc::Status Invoke(grpc::ServerContext*, const v1::InvokeRequest* request,
                      v1::InvokeReply* reply) override {
    if (request->body() == "fail") {
      reply->mutable_error()->set_http_status(412);
      reply->mutable_error()->set_code("CAExited");
      reply->mutable_error()->set_delivered(true);
      return grpc::Status::OK;
    }
    reply->set_body(request->body());
    reply->set_duration_us(1500);
    return grpc::Status::OK;
  }
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusReply* reply) override {
    reply->set_free_slots(5);
    return grpc::Status::OK;
  }

  std::string node_id = "node-x";
  size_t epoch_bytes = 16;
  std::vector<uint32_t> key_ids;
  std::string ticket;
};

class OneFunction final : public FunctionSource {
 public:
  std::optional<FunctionRoute> FindRoute(std::string_view,
                                         std::string_view) const override {
    return std::nullopt;
  }
  Result<InstanceConfiguration> GetInstanceConfiguration(
      std::string_view account, std::string_view name, uint64_t revision,
      std::string_view) const override {
    if (revision != 3) return NotFound("it has changed since");
    InstanceConfiguration configuration;
    configuration.route.account = account;
    configuration.route.name = name;
    configuration.route.revision = revision;
    configuration.environment.emplace("KEY", SecretBytes::CopyOf("value"));
    return configuration;
  }
};

class NoKeys final : public AccessKeySource {
 public:
  std::shared_ptr<const AccessKey> FindAccessKey(
      std::string_view) const override {
    return nullptr;
  }
};

class NoSnapshots final : public SnapshotSource {
 public:
  std::shared_ptr<const Snapshot> snapshot() const override { return nullptr; }
};

class NodeChannelTest : public ::testing::Test {
 protected:
  NodeChannelTest()
      : nonces_(clock_.Now()),
        authenticator_(&keys_, &nonces_, &clock_),
        authority_({&authenticator_, &snapshots_, &functions_, &clock_,
                    "cn-local-1"}) {}

  void SetUp() override {
    int calls[2];
    int backend[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           0, calls),
              0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           0, backend),
              0);
    grpc::ServerBuilder builder;
    builder.RegisterService(&node_);
    builder.SetMaxReceiveMessageSize(-1);
    builder.SetMaxSendMessageSize(-1);
    node_server_ = builder.BuildAndStart();
    grpc::AddInsecureChannelFromFd(node_server_.get(), calls[1]);
    NodeChannel::Parts parts;
    parts.functions = &functions_;
    parts.clock = &clock_;
    parts.instance_ended = [this](std::string_view id) { ended_ = id; };
    Result<std::unique_ptr<NodeChannel>> channel = NodeChannel::Make(
        std::move(parts), UniqueFd(calls[0]), UniqueFd(backend[0]));
    ASSERT_TRUE(channel.ok()) << channel.status().ToString();
    channel_ = std::move(channel).value();
    backend_ = v1::NodeBackend::NewStub(
        grpc::CreateInsecureChannelFromFd("core", backend[1]));
  }

  void TearDown() override {
    backend_.reset();
    if (channel_ != nullptr) channel_->Shutdown();
    channel_.reset();
    if (node_server_ != nullptr) {
      node_server_->Shutdown(std::chrono::system_clock::now());
      node_server_->Wait();
    }
  }

  FunctionRoute Route() const {
    FunctionRoute route;
    route.account = "1234567890123456";
    route.name = "f";
    route.revision = 3;
    return route;
  }

  grpc::StatusCode AskSpec(const std::string& ticket, v1::InstanceSpec* spec) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(10));
    v1::GetInstanceSpecRequest request;
    request.set_start_ticket(ticket);
    return backend_->GetInstanceSpec(&context, request, spec).error_code();
  }

  FakeClock clock_;
  NoKeys keys_;
  NonceWindow nonces_;
  Authenticator authenticator_;
  NoSnapshots snapshots_;
  OneFunction functions_;
  Authority authority_;
  ScriptedNode node_;
  std::unique_ptr<grpc::Server> node_server_;
  std::unique_ptr<NodeChannel> channel_;
  std::unique_ptr<v1::NodeBackend::Stub> backend_;
  std::string ended_;
};

TEST_F(NodeChannelTest, RegistrationsUseFreshKeys) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  EXPECT_EQ(channel_->node_id(), "node-x");
  EXPECT_EQ(node_.key_ids, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(channel_->GetLoad().value().free_slots, 5u);
}

TEST_F(NodeChannelTest, AMalformedRegistrationIsRefused) {
  node_.epoch_bytes = 15;
  EXPECT_EQ(channel_->Register(&authority_).code(),
            StatusCode::kInvalidArgument);
}

TEST_F(NodeChannelTest, ANodeCannotBecomeAnotherOne) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  node_.node_id = "node-y";
  EXPECT_EQ(channel_->Register(&authority_).code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(NodeChannelTest, AStartTicketIsGoodOnce) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  const auto started = channel_->StartInstance(Route());
  ASSERT_NE(std::get_if<std::string>(&started), nullptr);
  v1::InstanceSpec spec;
  EXPECT_EQ(AskSpec(node_.ticket, &spec), grpc::StatusCode::OK);
  EXPECT_EQ(spec.function_name(), "f");
  EXPECT_EQ(spec.environment().at("KEY"), "value");
  EXPECT_EQ(AskSpec(node_.ticket, &spec), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(NodeChannelTest, AGuessedOrOldTicketIsRefused) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  v1::InstanceSpec spec;
  EXPECT_EQ(AskSpec("", &spec), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(AskSpec(std::string(64, 'a'), &spec),
            grpc::StatusCode::PERMISSION_DENIED);
  static_cast<void>(channel_->StartInstance(Route()));
  clock_.Advance(seconds(kStartTicketSeconds + 1));
  EXPECT_EQ(AskSpec(node_.ticket, &spec), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(NodeChannelTest, AFunctionThatChangedSinceIsNotStarted) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  FunctionRoute route = Route();
  route.revision = 2;
  static_cast<void>(channel_->StartInstance(route));
  v1::InstanceSpec spec;
  EXPECT_EQ(AskSpec(node_.ticket, &spec), grpc::StatusCode::NOT_FOUND);
}

TEST_F(NodeChannelTest, ResultsAndErrorsComeThrough) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  const std::string event(20u << 20, 'x');
  const auto answer = channel_->Invoke(Route(), "i-1", "grant", event);
  const auto* result = std::get_if<InvocationResult>(&answer);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->body, event);
  EXPECT_EQ(result->duration_us, 1500u);
  const auto failed = channel_->Invoke(Route(), "i-1", "grant", "fail");
  const auto* error = std::get_if<PlatformError>(&failed);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->http_status, 412);
  EXPECT_EQ(error->code, "CAExited");
  EXPECT_TRUE(error->delivered);
}

TEST_F(NodeChannelTest, TheCoreHearsThatAnInstanceEnded) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(10));
  v1::InstanceEnded ended;
  ended.set_instance_id("i-9");
  v1::InstanceEndedReply reply;
  ASSERT_TRUE(backend_->ReportInstanceEnded(&context, ended, &reply).ok());
  EXPECT_EQ(ended_, "i-9");
}

TEST_F(NodeChannelTest, ANodeThatIsGoneStaysGone) {
  ASSERT_TRUE(channel_->Register(&authority_).ok());
  node_server_->Shutdown(std::chrono::system_clock::now());
  node_server_->Wait();
  const auto answer = channel_->Invoke(Route(), "i-1", "grant", "x");
  const auto* error = std::get_if<PlatformError>(&answer);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->http_status, 503);
  EXPECT_TRUE(error->delivered);
  EXPECT_FALSE(channel_->alive());
}

}  // namespace
}  // namespace writ
