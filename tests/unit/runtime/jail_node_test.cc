// SPDX-License-Identifier: Apache-2.0
//
// The node behind its real RPC socket, over the real jail: what a caller can
// and cannot make it run. Needs root.
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "gtest/gtest.h"
#include "runtime/grant.h"
#include "runtime/node.h"
#include "runtime/node_service.h"
#include "tests/unit/runtime/jail_process.h"
#include "writ/internal/v1/node.grpc.pb.h"

namespace writ::testing {
namespace {

namespace v1 = internal::v1;

class FakeBackend final : public NodeBackend {
 public:
  Result<InstanceConfiguration> GetInstanceSpec(
      std::string_view start_ticket) override {
    if (start_ticket != "ticket") return NotFound("no such ticket");
    InstanceConfiguration configuration = CustomFunction();
    configuration.route.code_sha256 = code_digest;
    configuration.route.revision = revision;
    return configuration;
  }
  void ReportInstanceEnded(std::string_view, std::string_view cause) override {
    causes += std::string(cause) + ";";
  }
  Sha256Bytes code_digest = {};
  uint64_t revision = 1;
  std::string causes;
};

class FakeFetcher final : public CodeFetcher {
 public:
  Result<UniqueFd> Fetch(const std::string&, const std::string&, uint64_t,
                         const Sha256Digest&) override {
    ++fetches;
    return MakeProbePackage();
  }
  int fetches = 0;
};

class JailNodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int pair[2] = {-1, -1};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    Result<std::unique_ptr<NodeServer>> server =
        NodeServer::Start(&node_, UniqueFd(pair[0]));
    ASSERT_TRUE(server.ok());
    server_ = std::move(server).value();
    fcntl(pair[1], F_SETFL, O_NONBLOCK);
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ = v1::Node::NewStub(
        grpc::CreateCustomInsecureChannelFromFd("node", pair[1], arguments));
    RandomBytes(backend_.code_digest);
  }

  void Register(uint32_t key_id) {
    v1::RegisterRequest request;
    const SecretBytes private_key = RandomSecret(32);
    const Result<X25519KeyPair> pair =
        X25519KeyPair::FromPrivateKey(private_key);
    ASSERT_TRUE(pair.ok());
    request.set_authority_public_key(pair->public_key().data(), 32);
    request.set_key_id(key_id);
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->Register(&context, request, &registration_).ok());
    std::copy_n(
        reinterpret_cast<const std::byte*>(registration_.boot_epoch().data()),
        epoch_.size(), epoch_.begin());
    Result<SecretBytes> key = DeriveGrantKey(
        private_key, registration_.node_public_key(), epoch_, key_id);
    ASSERT_TRUE(key.ok());
    key_ = std::move(key).value();
    key_id_ = key_id;
  }

  v1::StartInstanceReply StartInstance(const std::string& ticket = "ticket") {
    const FunctionRoute route = CustomFunction().route;
    v1::StartInstanceRequest request;
    request.set_account(route.account);
    request.set_function_name(route.name);
    request.set_function_arn(route.arn);
    request.set_function_revision(backend_.revision);
    request.set_start_ticket(ticket);
    v1::StartInstanceReply reply;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->StartInstance(&context, request, &reply).ok());
    return reply;
  }

  // A grant that the node accepts for `body`.
  Grant MakeGrant(std::string_view body) {
    const FunctionRoute route = CustomFunction().route;
    Grant grant;
    grant.request_id = "1-" + RandomHex(8);
    grant.account = route.account;
    grant.function_arn = route.arn;
    grant.function_name = route.name;
    grant.function_revision = backend_.revision;
    grant.code_digest = backend_.code_digest;
    grant.log_tail = true;
    grant.body_digest = Sha256(body);
    grant.node_id = registration_.node_id();
    grant.boot_epoch = epoch_;
    grant.key_id = key_id_;
    grant.minted_ns = clock_.Now().time_since_epoch().count();
    grant.expires_ns = grant.minted_ns + 5'000'000'000;
    return grant;
  }

  v1::InvokeReply Invoke(const std::string& grant, const std::string& instance,
                         const std::string& body) {
    v1::InvokeRequest request;
    request.set_grant(grant);
    request.set_instance_id(instance);
    request.set_body(body);
    v1::InvokeReply reply;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->Invoke(&context, request, &reply).ok());
    return reply;
  }

  // Sends a grant that must not run anything.
  void ExpectRefused(const std::string& grant, const std::string& instance,
                     const std::string& why) {
    const v1::InvokeReply reply = Invoke(grant, instance, "event");
    EXPECT_EQ(reply.error().http_status(), 403u) << why;
    EXPECT_EQ(reply.error().code(), "AccessDenied") << why;
    EXPECT_FALSE(reply.error().delivered()) << why;
    EXPECT_EQ(reply.body(), "") << why;
  }

  JailProcess process_;
  JailClient jail_{process_.TakeSocket()};
  FakeClock clock_;
  FakeBackend backend_;
  FakeFetcher fetcher_;
  Node node_{&jail_, &backend_, &fetcher_, &clock_};
  std::unique_ptr<NodeServer> server_;
  std::unique_ptr<v1::Node::Stub> stub_;
  v1::RegisterReply registration_;
  SecretBytes key_;
  BootEpoch epoch_ = {};
  uint32_t key_id_ = 0;
};

TEST_F(JailNodeTest, RunsWhatAGoodGrantAllows) {
  Register(1);
  const v1::StartInstanceReply started = StartInstance();
  ASSERT_FALSE(started.has_error()) << started.error().message();
  const v1::InvokeReply reply = Invoke(MintGrant(MakeGrant("event"), key_),
                                       started.instance_id(), "event");
  EXPECT_FALSE(reply.has_error()) << reply.error().message();
  EXPECT_EQ(reply.body(), "event");
  EXPECT_GT(reply.duration_us(), 0u);
}

TEST_F(JailNodeTest, RefusesEveryBadGrant) {
  const std::string unregistered = StartInstance().instance_id();
  ExpectRefused("anything", unregistered, "before any registration");
  Register(1);
  const std::string instance = unregistered;
  const auto mint = [this](auto change) {
    Grant grant = MakeGrant("event");
    change(&grant);
    return MintGrant(grant, key_);
  };
  ExpectRefused("", instance, "no grant");
  ExpectRefused("garbage", instance, "garbage");
  ExpectRefused(mint([](Grant* grant) { grant->expires_ns = 1; }), instance,
                "expired");
  ExpectRefused(mint([](Grant* grant) {
                  grant->minted_ns -= 6'000'000'000;
                  grant->expires_ns -= 6'000'000'000;
                }),
                instance, "past");
  ExpectRefused(mint([](Grant* grant) { grant->node_id = "node-other"; }),
                instance, "another node");
  ExpectRefused(
      mint([](Grant* grant) { grant->boot_epoch[0] ^= std::byte{1}; }),
      instance, "another boot");
  ExpectRefused(
      mint([](Grant* grant) { grant->body_digest[0] ^= std::byte{1}; }),
      instance, "another body");
  ExpectRefused(mint([](Grant* grant) { grant->key_id = 2; }), instance,
                "another key");
  ExpectRefused(mint([](Grant* grant) { grant->async = true; }), instance,
                "another channel");
  ExpectRefused(mint([](Grant* grant) { grant->account = "2"; }), instance,
                "another account");
  ExpectRefused(mint([](Grant* grant) { grant->function_arn += "x"; }),
                instance, "another function");
  ExpectRefused(mint([](Grant* grant) { ++grant->function_revision; }),
                instance, "another revision");
  ExpectRefused(
      mint([](Grant* grant) { grant->code_digest[0] ^= std::byte{1}; }),
      instance, "other code");
  ExpectRefused(MintGrant(MakeGrant("event"), RandomSecret(32)), instance,
                "a forged tag");
  const std::string good = mint([](Grant*) {});
  for (size_t at = 0; at < good.size(); at += 7) {
    std::string altered = good;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    ExpectRefused(altered, instance, "altered at " + std::to_string(at));
  }
  EXPECT_EQ(Invoke(good, instance, "event").body(), "event");
  ExpectRefused(good, instance, "replayed");
}

TEST_F(JailNodeTest, ANewRegistrationEndsTheOldKey) {
  Register(1);
  const std::string instance = StartInstance().instance_id();
  const std::string old = MintGrant(MakeGrant("event"), key_);
  Register(2);
  ExpectRefused(old, instance, "old key");
  EXPECT_EQ(
      Invoke(MintGrant(MakeGrant("event"), key_), instance, "event").body(),
      "event");
}

TEST_F(JailNodeTest, AStartNeedsATicketThatTheCoreKnows) {
  Register(1);
  const v1::StartInstanceReply reply = StartInstance("forged");
  EXPECT_EQ(reply.instance_id(), "");
  EXPECT_EQ(reply.error().http_status(), 503u);
  EXPECT_EQ(fetcher_.fetches, 0);
}

TEST_F(JailNodeTest, FetchesAPackageOnceAndDropsItWhenUnused) {
  Register(1);
  StartInstance();
  StartInstance();
  EXPECT_EQ(fetcher_.fetches, 1);
  EXPECT_EQ(node_.InstanceCount(), 2u);
  clock_.Advance(std::chrono::seconds(241));
  node_.Reap();
  EXPECT_EQ(node_.InstanceCount(), 0u);
  EXPECT_EQ(backend_.causes, "idle;idle;");
  clock_.Advance(std::chrono::seconds(59));
  node_.Reap();
  StartInstance();
  EXPECT_EQ(fetcher_.fetches, 1);
  clock_.Advance(std::chrono::seconds(241));
  node_.Reap();
  clock_.Advance(std::chrono::seconds(61));
  node_.Reap();
  StartInstance();
  EXPECT_EQ(fetcher_.fetches, 2);
}

TEST_F(JailNodeTest, RetiringEndsOtherRevisionsOnly) {
  Register(1);
  StartInstance();
  backend_.revision = 2;
  const std::string kept = StartInstance().instance_id();
  v1::RetireInstancesRequest request;
  const FunctionRoute route = CustomFunction().route;
  request.set_account(route.account);
  request.set_function_name(route.name);
  request.set_keep_revision(2);
  v1::RetireInstancesReply reply;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->RetireInstances(&context, request, &reply).ok());
  EXPECT_EQ(node_.InstanceCount(), 1u);
  EXPECT_EQ(backend_.causes, "retired;");
  EXPECT_EQ(Invoke(MintGrant(MakeGrant("event"), key_), kept, "event").body(),
            "event");
}

TEST_F(JailNodeTest, ALostInstanceDoesNotCostTheNextGrant) {
  Register(1);
  const std::string instance = StartInstance().instance_id();
  const v1::InvokeReply exit =
      Invoke(MintGrant(MakeGrant("exit"), key_), instance, "exit");
  EXPECT_TRUE(exit.instance_lost());
  EXPECT_EQ(exit.function_error(), "UnhandledInvocationError");
  EXPECT_EQ(backend_.causes, "exit;");
  const std::string grant = MintGrant(MakeGrant("event"), key_);
  const v1::InvokeReply gone = Invoke(grant, instance, "event");
  EXPECT_EQ(gone.error().http_status(), 503u);
  EXPECT_FALSE(gone.error().delivered());
  const std::string next = StartInstance().instance_id();
  EXPECT_EQ(Invoke(grant, next, "event").body(), "event");
}

}  // namespace
}  // namespace writ::testing
