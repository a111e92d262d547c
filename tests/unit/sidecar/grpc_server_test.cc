// SPDX-License-Identifier: Apache-2.0
//
// The gRPC doors with a real client: transports, identities, every status that
// the protocol promises, hostile messages, health, reflection, draining.
#include "sidecar/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "crypto/x509.h"
#include "envoy/service/auth/v3/external_auth.grpc.pb.h"
#include "tests/unit/sidecar/client_certificate.h"
#include "tests/unit/sidecar/decision_world.h"
#include "writ/authz/v1/authorization.grpc.pb.h"

namespace writ::testing {
namespace {

namespace v1 = authz::v1;
using grpc::StatusCode;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHealth[] = "/grpc.health.v1.Health/Check";

grpc::ByteBuffer Bytes(std::string_view text) {
  const grpc::Slice slice(text.data(), text.size());
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!bytes.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

// A call with these bytes as its message.
grpc::Status CallWith(grpc::Channel* channel, const char* method,
                      std::string_view message, std::string* reply = nullptr) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(20));
  const grpc::internal::RpcMethod rpc(method,
                                      grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ByteBuffer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall(
      channel, rpc, &context, Bytes(message), &answer);
  if (reply != nullptr && status.ok()) *reply = Text(answer);
  return status;
}

class GrpcServerTest : public ::testing::Test {
 protected:
  GrpcServerTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "writ-grpc-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    listener_.rules = TrustedListener();
    listener_.rules.askers = {RuleWith({Right::kCheck, Right::kLookup})};
    listener_.address = "127.0.0.1:0";
  }
  ~GrpcServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Status StartServer() {
    Result<std::unique_ptr<GrpcServer>> started = GrpcServer::Start(
        {.listeners = {&listener_, 1}, .ext_authz = {}, .threads = 2},
        &world_.point);
    if (!started.ok()) return started.status();
    server_ = std::move(started).value();
    return OkStatus();
  }
  std::shared_ptr<grpc::Channel> Connect(
      std::shared_ptr<grpc::ChannelCredentials> credentials =
          grpc::InsecureChannelCredentials()) {
    if (server_ == nullptr) {
      const Status status = StartServer();
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel(server_->Addresses()[0], credentials,
                                     arguments);
  }
  grpc::Status Check(grpc::Channel* channel, const v1::CheckRequest& request,
                     v1::CheckResponse* response,
                     const std::string& token = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(20));
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
    return v1::Authorization::Stub(
               std::shared_ptr<grpc::Channel>(channel, [](auto*) {}))
        .Check(&context, request, response);
  }
  // The status of a question of alice about logs/a, or its verdict.
  std::string Ask(grpc::Channel* channel, const std::string& token = {}) {
    v1::CheckResponse response;
    const grpc::Status status = Check(channel, About("a"), &response, token);
    if (!status.ok()) return std::to_string(status.error_code());
    return v1::Verdict_Name(response.verdict());
  }
  static v1::CheckRequest About(std::string_view object) {
    v1::CheckRequest request;
    request.mutable_principal()->set_name(std::string(kAlice));
    request.set_action("oss:GetObject");
    request.add_resources(LogsObject(object));
    return request;
  }
  std::string WriteFile(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    // As a deployment does it: never half a file under the name.
    const std::string fresh = path + ".fresh";
    std::ofstream(fresh) << text;
    std::filesystem::rename(fresh, path);
    return path;
  }

  std::string folder_;
  DecisionWorld world_;
  ListenerConfig listener_;
  ExtAuthzMapping mapping_;
  std::unique_ptr<GrpcServer> server_;
};

// ---- answers ----------------------------------------------------------------

TEST_F(GrpcServerTest, AnswersWithVerdictRevisionAndDigest) {
  const auto channel = Connect();
  v1::CheckResponse response;
  ASSERT_TRUE(Check(channel.get(), About("a"), &response).ok());
  EXPECT_EQ(response.verdict(), v1::VERDICT_ALLOW);
  EXPECT_EQ(response.layer(), v1::LAYER_IDENTITY);
  EXPECT_EQ(response.reason(), v1::REASON_ALLOWED);
  EXPECT_EQ(response.revision(), 7u);
  EXPECT_EQ(response.bundle_digest().size(), kSha256Bytes);
  EXPECT_EQ(response.statements_size(), 0);
}

TEST_F(GrpcServerTest, AnswersADenyWithAnOkStatus) {
  const auto channel = Connect();
  v1::CheckResponse response;
  ASSERT_TRUE(Check(channel.get(), About("secret/x"), &response).ok());
  EXPECT_EQ(response.verdict(), v1::VERDICT_EXPLICIT_DENY);
  v1::CheckRequest request = About("a");
  request.set_action("oss:DeleteObject");
  ASSERT_TRUE(Check(channel.get(), request, &response).ok());
  EXPECT_EQ(response.verdict(), v1::VERDICT_IMPLICIT_DENY);
}

TEST_F(GrpcServerTest, ShowsStatementsToCallersMarkedSo) {
  listener_.rules.askers[0].rights.Add(Right::kStatements);
  const auto channel = Connect();
  v1::CheckResponse response;
  ASSERT_TRUE(Check(channel.get(), About("secret/x"), &response).ok());
  ASSERT_EQ(response.statements_size(), 1);
  EXPECT_EQ(response.statements(0).kind(), "identity");
  EXPECT_EQ(response.statements(0).account(), kAccount);
  EXPECT_EQ(response.statements(0).policy(), "read");
  EXPECT_EQ(response.statements(0).index(), 1u);
  EXPECT_EQ(response.statements(0).sid(), "NoSecret");
}

TEST_F(GrpcServerTest, ExplainsADenyToThoseWhoMay) {
  listener_.rules.askers[0].rights.Add(Right::kExplain);
  const auto channel = Connect();
  v1::ExplainRequest request;
  *request.mutable_check() = About("in/x");
  request.mutable_check()->set_action("oss:PutObject");
  v1::ExplainResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(v1::Authorization::Stub(channel)
                  .Explain(&context, request, &response)
                  .ok());
  EXPECT_EQ(response.answer().verdict(), v1::VERDICT_IMPLICIT_DENY);
  EXPECT_EQ(response.answer().revision(), 7u);
  ASSERT_GT(response.units_size(), 0);
  ASSERT_GT(response.near_misses_size(), 0);
  const v1::NearMiss& miss = response.near_misses(0);
  const v1::ExplainedStatement& statement =
      response.units(static_cast<int>(miss.unit()))
          .statements(static_cast<int>(miss.statement()));
  const v1::Clause& clause = statement.clauses(static_cast<int>(miss.clause()));
  EXPECT_EQ(clause.truth(), v1::Clause::TRUTH_FALSE);
  EXPECT_THAT(clause.text(), HasSubstr("10.0.0.0/8"));
  EXPECT_THAT(clause.actual(), HasSubstr("absent"));
  ASSERT_EQ(response.flip_size(), 1);
  EXPECT_THAT(response.flip(0), HasSubstr("acs:sourceip"));
}

TEST_F(GrpcServerTest, LooksUpResourcesAndActions) {
  const auto stub = v1::Authorization::NewStub(Connect());
  v1::LookupResourcesRequest resources;
  resources.mutable_principal()->set_name(std::string(kAlice));
  resources.set_action("oss:GetObject");
  resources.set_page_size(3);
  v1::LookupResourcesResponse found;
  grpc::ClientContext first;
  ASSERT_TRUE(stub->LookupResources(&first, resources, &found).ok());
  EXPECT_THAT(found.resources(), ElementsAre(LogsObject("a"), LogsObject("b"),
                                             LogsObject("in/x")));
  resources.set_page_token(found.next_page_token());
  grpc::ClientContext second;
  ASSERT_TRUE(stub->LookupResources(&second, resources, &found).ok());
  EXPECT_THAT(found.resources(), ElementsAre(LogsObject("z")));
  EXPECT_EQ(found.next_page_token(), "");
  world_.bundles.Publish(MakeWorldBundle(8));
  grpc::ClientContext third;
  EXPECT_EQ(stub->LookupResources(&third, resources, &found).error_code(),
            StatusCode::ABORTED);

  v1::LookupActionsRequest actions;
  actions.mutable_principal()->set_name(std::string(kAlice));
  actions.set_resource(LogsObject("a"));
  for (const char* const name : {"oss:PutObject", "oss:GetObject"}) {
    actions.add_actions(name);
  }
  v1::LookupActionsResponse allowed;
  grpc::ClientContext fourth;
  ASSERT_TRUE(stub->LookupActions(&fourth, actions, &allowed).ok());
  EXPECT_THAT(allowed.actions(), ElementsAre("oss:GetObject"));
  EXPECT_EQ(allowed.revision(), 8u);
}

TEST_F(GrpcServerTest, AnswersABatchWithOneMalformedItem) {
  const auto stub = v1::Authorization::NewStub(Connect());
  v1::BatchCheckRequest request;
  *request.add_checks() = About("a");
  *request.add_checks() = About("secret/x");
  request.add_checks()->set_action("oss:GetObject");
  *request.add_checks() = About("b");
  request.mutable_checks(3)->mutable_principal()->set_type(
      static_cast<v1::PrincipalType>(77));
  v1::BatchCheckResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->BatchCheck(&context, request, &response).ok());
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.revision(), 7u);
  EXPECT_EQ(response.results(0).answer().verdict(), v1::VERDICT_ALLOW);
  EXPECT_EQ(response.results(0).answer().revision(), 0u);
  EXPECT_EQ(response.results(1).answer().verdict(), v1::VERDICT_EXPLICIT_DENY);
  for (const int wrong : {2, 3}) {
    EXPECT_FALSE(response.results(wrong).has_answer());
    EXPECT_EQ(response.results(wrong).error_code(),
              StatusCode::INVALID_ARGUMENT);
    EXPECT_FALSE(response.results(wrong).error_message().empty());
  }
}

// ---- statuses ---------------------------------------------------------------

TEST_F(GrpcServerTest, RefusesWithTheStatusThatTheProtocolNames) {
  listener_.rules.askers = {RuleWith({Right::kCheck})};
  const auto channel = Connect();
  v1::CheckResponse response;
  v1::CheckRequest request = About("a");
  request.clear_action();
  EXPECT_EQ(Check(channel.get(), request, &response).error_code(),
            StatusCode::INVALID_ARGUMENT);
  request = About("a");
  request.set_at_least_revision(8);
  EXPECT_EQ(Check(channel.get(), request, &response).error_code(),
            StatusCode::FAILED_PRECONDITION);
  grpc::ClientContext context;
  v1::ExplainResponse explained;
  EXPECT_EQ(v1::Authorization::Stub(channel)
                .Explain(&context, {}, &explained)
                .error_code(),
            StatusCode::PERMISSION_DENIED);
  world_.bundles.Publish(nullptr);
  EXPECT_EQ(Check(channel.get(), About("a"), &response).error_code(),
            StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServerTest, KeepsTheContextKeysOfTheSystemToTrustedListeners) {
  listener_.rules.trusted = false;
  listener_.rules.context_prefix = "app:";
  const auto channel = Connect();
  v1::CheckRequest request = About("a");
  request.add_context()->set_key("app:role");
  request.mutable_context(0)->add_values("admin");
  v1::CheckResponse response;
  EXPECT_TRUE(Check(channel.get(), request, &response).ok());
  request.mutable_context(0)->set_key("ACS:SourceIp");
  EXPECT_EQ(Check(channel.get(), request, &response).error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(GrpcServerTest, RefusesTokensThatItDoesNotKnow) {
  listener_.rules.askers[0].tokens = {Sha256("a-good-token")};
  const auto channel = Connect();
  EXPECT_EQ(Ask(channel.get(), "a-good-token"), "VERDICT_ALLOW");
  EXPECT_EQ(Ask(channel.get(), "a-bad-token"),
            std::to_string(StatusCode::UNAUTHENTICATED));
  EXPECT_EQ(Ask(channel.get()), std::to_string(StatusCode::UNAUTHENTICATED));
}

// ---- hostile messages -------------------------------------------------------

TEST_F(GrpcServerTest, RefusesMalformedMessagesAndServesOn) {
  const auto channel = Connect();
  std::string no_utf8 = About("a").SerializeAsString();
  no_utf8[no_utf8.size() - 1] = '\xff';
  const std::string cut =
      About("a").SerializeAsString().substr(0, no_utf8.size() - 1);
  for (const char* const method :
       {"Check", "BatchCheck", "Explain", "LookupResources", "LookupActions"}) {
    const std::string path =
        std::string("/writ.authz.v1.Authorization/") + method;
    for (const std::string& message : {std::string("\xff\xff\xff\xff"), no_utf8,
                                       cut, std::string("\x0a\x7f")}) {
      EXPECT_EQ(CallWith(channel.get(), path.c_str(), message).error_code(),
                StatusCode::INVALID_ARGUMENT)
          << method;
    }
  }
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
}

TEST_F(GrpcServerTest, RefusesMessagesThatAreTooLarge) {
  const auto channel = Connect();
  v1::CheckRequest request = About("a");
  request.set_resource_group(std::string(kMaxQuestionBytes, 'x'));
  v1::CheckResponse response;
  EXPECT_EQ(Check(channel.get(), request, &response).error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
  request.set_resource_group(std::string(kMaxBatchBytes, 'x'));
  EXPECT_EQ(Check(channel.get(), request, &response).error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
  v1::BatchCheckRequest batch;
  for (size_t i = 0; i <= kMaxBatchChecks; ++i)
    *batch.add_checks() = About("a");
  v1::BatchCheckResponse answers;
  grpc::ClientContext context;
  EXPECT_EQ(v1::Authorization::Stub(channel)
                .BatchCheck(&context, batch, &answers)
                .error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
}

TEST_F(GrpcServerTest, TakesNoCompressedMessages) {
  const auto channel = Connect();
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::CheckRequest request = About("a");
  request.set_resource_group(std::string(100000, 'x'));
  v1::CheckResponse response;
  EXPECT_EQ(v1::Authorization::Stub(channel)
                .Check(&context, request, &response)
                .error_code(),
            StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, ServesOnWhenClientsVanish) {
  const auto channel = Connect();
  for (int i = 0; i < 50; ++i) {
    auto vanishing = Connect();
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    v1::CheckResponse response;
    grpc::Status status;
    auto call = v1::Authorization::Stub(vanishing).AsyncCheck(
        &context, About("a"), &queue);
    call->Finish(&response, &status, nullptr);
    context.TryCancel();
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    queue.Shutdown();
  }
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
}

// ---- transports -------------------------------------------------------------

class TlsTest : public GrpcServerTest {
 protected:
  TlsTest() {
    const WallTime now = SystemClock().Now();
    validity_ = {now - std::chrono::hours(1), now + std::chrono::hours(24)};
    authority_ = MakeCertificateAuthority("authority", validity_).value();
    other_ = MakeCertificateAuthority("other", validity_).value();
    WriteServerFiles(authority_);
    listener_.tls.certificate_file = folder_ + "/server.pem";
    listener_.tls.key_file = folder_ + "/server.key";
  }
  void WriteServerFiles(const CertifiedKey& authority) {
    const CertifiedKey server =
        IssueServerCertificate(authority, "localhost", LoopbackNames(),
                               validity_)
            .value();
    WriteFile("server.key", server.private_key_pem.text());
    WriteFile("server.pem", server.certificate_pem);
  }
  void AskForClientCertificates() {
    listener_.tls.client_ca_file =
        WriteFile("ca.pem", authority_.certificate_pem);
  }
  static std::shared_ptr<grpc::ChannelCredentials> Trusting(
      const CertifiedKey& authority, const ClientCertificate& client = {}) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.certificate_pem;
    options.pem_cert_chain = client.certificate_pem;
    options.pem_private_key = client.key_pem;
    return grpc::SslCredentials(options);
  }
  const std::string kUnavailable = std::to_string(StatusCode::UNAVAILABLE);
  const std::string kUnauthenticated =
      std::to_string(StatusCode::UNAUTHENTICATED);

  Validity validity_;
  CertifiedKey authority_;
  CertifiedKey other_;
};

TEST_F(TlsTest, ServesThoseWhoTrustItsAuthority) {
  EXPECT_EQ(Ask(Connect(Trusting(authority_)).get()), "VERDICT_ALLOW");
  EXPECT_EQ(Ask(Connect(Trusting(other_)).get()), kUnavailable);
  EXPECT_EQ(Ask(Connect().get()), kUnavailable);
}

TEST_F(TlsTest, KnowsAskersByTheNamesInTheirCertificates) {
  AskForClientCertificates();
  listener_.rules.askers[0].certificates = {"URI:spiffe://example/gateway",
                                            "DNS:gateway.example", "proxy"};
  const auto ask = [&](const std::string& common_name,
                       const std::string& names) {
    const auto client = IssueClientCertificate(authority_, common_name, names);
    return Ask(Connect(Trusting(authority_, client)).get());
  };
  EXPECT_EQ(ask("x", "URI:spiffe://example/gateway"), "VERDICT_ALLOW");
  EXPECT_EQ(ask("x", "DNS:gateway.example"), "VERDICT_ALLOW");
  EXPECT_EQ(ask("proxy", ""), "VERDICT_ALLOW");
  EXPECT_EQ(ask("x", "URI:spiffe://example/other"), kUnauthenticated);
  EXPECT_EQ(ask("DNS:gateway.example", ""), kUnauthenticated);
}

TEST_F(TlsTest, RefusesClientsWithoutACertificateOfItsAuthority) {
  AskForClientCertificates();
  EXPECT_EQ(Ask(Connect(Trusting(authority_)).get()), kUnavailable);
  const auto stranger = IssueClientCertificate(other_, "proxy", "");
  EXPECT_EQ(Ask(Connect(Trusting(authority_, stranger)).get()), kUnavailable);
}

TEST_F(TlsTest, ReadsItsCertificateAgainWhenItChanges) {
  EXPECT_EQ(Ask(Connect(Trusting(authority_)).get()), "VERDICT_ALLOW");
  WriteServerFiles(other_);
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  std::string answer;
  do {
    answer = Ask(Connect(Trusting(other_)).get());
  } while (answer != "VERDICT_ALLOW" &&
           std::chrono::steady_clock::now() < until);
  EXPECT_EQ(answer, "VERDICT_ALLOW");
}

TEST_F(TlsTest, DoesNotStartWithFilesThatDoNotFit) {
  WriteFile("server.key", other_.private_key_pem.text());
  EXPECT_EQ(StartServer().code(), writ::StatusCode::kInvalidArgument);
  WriteFile("server.key", "nothing");
  EXPECT_EQ(StartServer().code(), writ::StatusCode::kInvalidArgument);
  std::filesystem::remove(folder_ + "/server.pem");
  EXPECT_EQ(StartServer().message(), "cannot open `" + folder_ +
                                         "/server.pem`: No such file or "
                                         "directory");
}

TEST_F(GrpcServerTest, ServesAUnixSocketOfTheModeThatIsSet) {
  listener_.address = "unix:" + folder_ + "/authz.sock";
  listener_.socket_mode = 0620;
  EXPECT_EQ(Ask(Connect().get()), "VERDICT_ALLOW");
  struct stat found = {};
  ASSERT_EQ(::stat((folder_ + "/authz.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0620u);
}

TEST_F(GrpcServerTest, TakesOverASocketThatNobodyAnswers) {
  const std::string path = folder_ + "/authz.sock";
  {
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(
        ::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(left);
  }
  listener_.address = "unix:" + path;
  EXPECT_EQ(Ask(Connect().get()), "VERDICT_ALLOW");
  // But not one that is answered.
  const auto first = std::move(server_);
  EXPECT_FALSE(StartServer().ok());
  server_ = nullptr;
}

TEST_F(GrpcServerTest, DoesNotStartAtAnAddressThatIsTaken) {
  ASSERT_TRUE(StartServer().ok());
  const auto first = std::move(server_);
  listener_.address = first->Addresses()[0];
  EXPECT_EQ(StartServer().code(), writ::StatusCode::kUnavailable);
}

// ---- health, reflection, draining -------------------------------------------

TEST_F(GrpcServerTest, IsHealthyWhileABundleMayBeServed) {
  world_.bundles.Publish(nullptr);
  const auto channel = Connect();
  std::string reply;
  const auto becomes = [&](std::string_view wanted) {
    const auto until = std::chrono::steady_clock::now() + seconds(20);
    do {
      EXPECT_TRUE(CallWith(channel.get(), kHealth, "", &reply).ok());
    } while (reply != wanted && std::chrono::steady_clock::now() < until);
    return reply == wanted;
  };
  EXPECT_TRUE(CallWith(channel.get(), kHealth, "", &reply).ok());
  EXPECT_EQ(reply, "\x08\x02");  // NOT_SERVING
  const int64_t now =
      world_.clock.Now().time_since_epoch().count() / 1000000000;
  world_.bundles.Publish(MakeWorldBundle(8, now + 10));
  EXPECT_TRUE(becomes("\x08\x01"));
  world_.clock.Advance(seconds(11));
  EXPECT_TRUE(becomes("\x08\x02"));
}

// The services that reflection lists, or the status of asking.
std::string ListServices(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = stub.PrepareCall(
      &context,
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  next();
  // list_services = 7: "*"
  call->Write(Bytes("\x3a\x01*"), nullptr);
  next();
  grpc::ByteBuffer reply;
  call->Read(&reply, nullptr);
  const bool read = next();
  call->WritesDone(nullptr);
  next();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  queue.Shutdown();
  while (next()) {
  }
  return read ? Text(reply) : std::to_string(status.error_code());
}

TEST_F(GrpcServerTest, ListsItsServicesWhereTheListenerSaysSo) {
  listener_.ext_authz = true;
  const std::string services = ListServices(Connect());
  EXPECT_THAT(services, HasSubstr("writ.authz.v1.Authorization"));
  EXPECT_THAT(services, HasSubstr("envoy.service.auth.v3.Authorization"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  server_.reset();
  listener_.reflection = false;
  EXPECT_EQ(ListServices(Connect()), std::to_string(StatusCode::UNIMPLEMENTED));
}

size_t ThreadsOfThisProcess() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

TEST_F(GrpcServerTest, HoldsNoThreadForEveryStreamOfReflection) {
  constexpr size_t kStreams = 100;
  const auto channel = Connect();
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
  const size_t before = ThreadsOfThisProcess();
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> calls;
  for (size_t i = 0; i < kStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    calls.push_back(
        stub.PrepareCall(contexts.back().get(),
                         "/grpc.reflection.v1alpha.ServerReflection/"
                         "ServerReflectionInfo",
                         &queue));
    calls.back()->StartCall(nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
  }
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
  EXPECT_LT(ThreadsOfThisProcess(), before + 30);
  std::vector<grpc::Status> statuses(kStreams);
  for (size_t i = 0; i < kStreams; ++i) {
    contexts[i]->TryCancel();
    calls[i]->Finish(&statuses[i], nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
  }
  queue.Shutdown();
}

TEST_F(GrpcServerTest, ServesEnvoyWhereTheListenerSaysSo) {
  namespace auth = envoy::service::auth::v3;
  const auto check = [&](auth::CheckResponse* response) {
    auth::CheckRequest request;
    auto* const http =
        request.mutable_attributes()->mutable_request()->mutable_http();
    http->set_method("GET");
    http->set_host("shop.example");
    http->set_path("/items/1");
    (*http->mutable_headers())["x-writ-principal"] = std::string(kAlice);
    grpc::ClientContext context;
    return auth::Authorization::Stub(Connect()).Check(&context, request,
                                                      response);
  };
  auth::CheckResponse response;
  EXPECT_EQ(check(&response).error_code(), StatusCode::UNIMPLEMENTED);
  server_.reset();
  listener_.ext_authz = true;
  mapping_.principal_header = "X-Writ-Principal";
  ASSERT_TRUE(check(&response).ok());
  EXPECT_TRUE(response.has_ok_response());
  // A caller that is not known, and bytes that are no message, get a denial:
  // an error could be let pass.
  server_.reset();
  listener_.rules.askers[0].tokens = {Sha256("a-token-of-envoy")};
  ASSERT_TRUE(check(&response).ok());
  EXPECT_TRUE(response.has_denied_response());
  EXPECT_EQ(response.denied_response().status().code(), 503);
  std::string reply;
  ASSERT_TRUE(CallWith(Connect().get(),
                       "/envoy.service.auth.v3.Authorization/Check", "\xff",
                       &reply)
                  .ok());
  ASSERT_TRUE(response.ParseFromString(reply));
  EXPECT_TRUE(response.has_denied_response());
}

TEST_F(GrpcServerTest, EndsCallsWithinTheGrace) {
  const auto channel = Connect();
  EXPECT_EQ(Ask(channel.get()), "VERDICT_ALLOW");
  // A stream that its client never ends is cut off.
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(
      &context,
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  server_->Shutdown(std::chrono::milliseconds(100));
  grpc::Status status;
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  EXPECT_FALSE(status.ok());
  queue.Shutdown();
  EXPECT_EQ(Ask(channel.get()), std::to_string(StatusCode::UNAVAILABLE));
}

TEST_F(GrpcServerTest, DrainsUnderLoadWithoutWaitingForTheWholeGrace) {
  ASSERT_TRUE(StartServer().ok());
  std::atomic<int> answered = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      const auto channel = Connect();
      for (;;) {
        v1::CheckResponse response;
        const grpc::Status status = Check(channel.get(), About("a"), &response);
        if (status.ok()) {
          ++answered;
          if (response.verdict() != v1::VERDICT_ALLOW) ++wrong;
          continue;
        }
        // Only ever: the server is not there any more, or takes no more.
        EXPECT_TRUE(status.error_code() == StatusCode::UNAVAILABLE ||
                    status.error_code() == StatusCode::CANCELLED)
            << status.error_message();
        return;
      }
    });
  }
  while (answered < 200) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  server_->Shutdown(seconds(60));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(30));
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(GrpcServerTest, SwapsBundlesUnderLoadWithoutAWrongAnswer) {
  ASSERT_TRUE(StartServer().ok());
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      const auto channel = Connect();
      while (!stop) {
        v1::CheckResponse response;
        const bool ok = Check(channel.get(), About("secret/x"), &response).ok();
        if (!ok || response.verdict() != v1::VERDICT_EXPLICIT_DENY) ++wrong;
        ++answered;
      }
    });
  }
  const auto first = MakeWorldBundle(8);
  const auto second = MakeWorldBundle(9);
  for (int i = 0; answered < 400; ++i) {
    world_.bundles.Publish(i % 2 == 0 ? first : second);
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace writ::testing
