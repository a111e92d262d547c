// SPDX-License-Identifier: Apache-2.0
//
// The HTTP doors over real sockets: who gets in, what each path answers, and
// what a bad peer gets. What AuthZEN answers is in authzen_test.cc.
#include "sidecar/http_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "tests/unit/http/test_certificates.h"
#include "tests/unit/http/tls_client.h"
#include "tests/unit/sidecar/decision_world.h"
#include "tests/unit/sidecar/metrics_page.h"

namespace writ::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;

constexpr std::string_view kMayAliceRead =
    R"({"subject":{"type":"user","id":"acs:ram::1000000000000001:user/alice"},)"
    R"("action":{"name":"oss:GetObject"},)"
    R"("resource":{"type":"oss","id":"acs:oss:cn:1000000000000001:logs/a"}})";

std::string Get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: pdp.test\r\n" +
         std::string(fields) + "\r\n";
}
std::string Post(std::string_view path, std::string_view body,
                 std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: pdp.test\r\nContent-Type: application/json\r\n" +
         std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}
const std::string kAsk = Post("/access/v1/evaluation", kMayAliceRead);
constexpr std::string_view kToken =
    "Authorization: Bearer the-token-of-ops\r\n";

class HttpDoorTest : public ::testing::Test {
 protected:
  HttpDoorTest() {
    char name[] = "/tmp/writ-door-XXXXXX";
    directory_ = ::mkdtemp(name);
    ListenerConfig listener;
    listener.kind = ListenerKind::kHttp;
    listener.address = "127.0.0.1:0";
    listener.rules = TrustedListener();
    listener.rules.askers = {RuleWith({Right::kCheck, Right::kLookup})};
    AskerRule ops = RuleWith({Right::kMetrics});
    ops.name = "ops";
    ops.tokens = {Sha256("the-token-of-ops")};
    listener.rules.askers.push_back(ops);
    listeners_ = {listener};
  }
  ~HttpDoorTest() override {
    door_.reset();
    std::filesystem::remove_all(directory_);
  }

  Status StartDoor() {
    Result<std::unique_ptr<HttpDoor>> door =
        HttpDoor::Start(listeners_, {.point = &world_.point,
                                     .metrics = &world_.metrics,
                                     .clock = &clock_,
                                     .state = [this] { return state_; }});
    if (!door.ok()) return door.status();
    door_ = std::move(door).value();
    return OkStatus();
  }
  void Start() {
    const Status status = StartDoor();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  uint16_t Port(size_t index = 0) const {
    const std::string address = door_->Addresses()[index];
    return static_cast<uint16_t>(
        std::stoi(address.substr(address.rfind(':') + 1)));
  }
  std::string Ask(std::string_view request, size_t index = 0) const {
    HttpTestClient client(ConnectLoopback(Port(index)));
    client.Send(request);
    return client.ReadAnswer();
  }

  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = directory_ + "/" + name;
    EXPECT_TRUE(WriteFileAtomic(path, text, 0600).ok());
    return path;
  }
  void UseTls(const CertifiedKey& key, const std::string& client_ca = "") {
    listeners_[0].tls.certificate_file =
        Write("certificate", key.certificate_pem);
    listeners_[0].tls.key_file = Write("key", key.private_key_pem.text());
    if (!client_ca.empty()) {
      listeners_[0].tls.client_ca_file = Write("clients", client_ca);
    }
  }

  std::string directory_;
  SystemClock clock_;
  DecisionWorld world_;
  BundleSourceState state_;
  std::vector<ListenerConfig> listeners_;
  std::unique_ptr<HttpDoor> door_;
};

std::string BodyOf(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST_F(HttpDoorTest, DecidesAndKeepsTheConnection) {
  Start();
  HttpTestClient client(ConnectLoopback(Port()));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(kAsk));
    const std::string answer = client.ReadAnswer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("content-type: application/json"));
    EXPECT_EQ(BodyOf(answer), R"({"decision":true})");
  }
}

TEST_F(HttpDoorTest, EchoesTheRequestIdWhateverTheAnswer) {
  Start();
  constexpr std::string_view kId = "X-Request-ID: bfe9 / 17\r\n";
  for (const std::string& request :
       {Post("/access/v1/evaluation", kMayAliceRead, kId),
        Post("/access/v1/evaluation", "{}", kId), Get("/nowhere", kId),
        Get("/healthz", kId)}) {
    EXPECT_THAT(Ask(request), HasSubstr("\r\nx-request-id: bfe9 / 17\r\n"));
  }
  EXPECT_THAT(Ask(kAsk), Not(HasSubstr("x-request-id")));
}

TEST_F(HttpDoorTest, WhoIsNotKnownIsToldNothing) {
  listeners_[0].rules.askers.erase(listeners_[0].rules.askers.begin());
  Start();
  for (const std::string& request :
       {kAsk,
        Post("/access/v1/evaluations", kMayAliceRead,
             "Authorization: Bearer wrong\r\n"),
        Post("/access/v1/search/action", kMayAliceRead,
             "Authorization: Basic dXNlcjpw\r\n"),
        Post("/access/v1/evaluation", kMayAliceRead,
             std::string(kToken) + std::string(kToken)),
        Get("/metrics")}) {
    const std::string answer = Ask(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401")) << request;
    EXPECT_THAT(answer, HasSubstr("\r\nwww-authenticate: Bearer"));
    EXPECT_THAT(answer, Not(HasSubstr("decision")));
  }
  EXPECT_THAT(MetricsPage(world_.metrics.Text())
                  .Value("writ_refused_total{protocol=\"authzen\",code="
                         "\"unauthenticated\"}"),
              Optional(3));
}

TEST_F(HttpDoorTest, WhoLacksTheRightIsRefused) {
  Start();
  EXPECT_THAT(Ask(Post("/access/v1/evaluation", kMayAliceRead, kToken)),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Ask(Get("/metrics")), StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpDoorTest, ADoubledTokenIsNobodysEvenWhereAnybodyMayAsk) {
  Start();
  EXPECT_THAT(Ask(Post("/access/v1/evaluation", kMayAliceRead,
                       std::string(kToken) + std::string(kToken))),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(Ask(Post("/access/v1/evaluation", kMayAliceRead,
                       "Authorization: Bearer wrong\r\n")),
              StartsWith("HTTP/1.1 401"));
}

TEST_F(HttpDoorTest, MetricsAreAPageForPrometheus) {
  Start();
  Ask(kAsk);
  const std::string answer = Ask(Get("/metrics", kToken));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("content-type: text/plain; version=0.0.4"));
  const MetricsPage page(BodyOf(answer));
  EXPECT_EQ(page.error(), "");
  EXPECT_THAT(
      page.Value(
          "writ_decisions_total{protocol=\"authzen\",verdict=\"ALLOW\"}"),
      Optional(1));
}

TEST_F(HttpDoorTest, HealthNeedsNobodysName) {
  Start();
  EXPECT_THAT(Ask(Get("/healthz")), EndsWith("\r\n\r\nok\n"));
  HttpTestClient client(ConnectLoopback(Port()));
  client.Send("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(false), HasSubstr("content-length: 3"));
}

TEST_F(HttpDoorTest, ReadinessFollowsTheBundleAndTellsDetailsToSome) {
  world_.bundles.Publish(nullptr);
  state_.last_error = "the file is cut short";
  Start();
  EXPECT_THAT(Ask(Get("/healthz")), StartsWith("HTTP/1.1 200"));
  const std::string none = Ask(Get("/readyz"));
  EXPECT_THAT(none, StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(BodyOf(none), "not ready\n");
  EXPECT_THAT(BodyOf(Ask(Get("/readyz", kToken))),
              HasSubstr("\"last_error\":\"the file is cut short\""));

  const int64_t not_after = std::chrono::floor<std::chrono::seconds>(
                                world_.clock.Now().time_since_epoch())
                                .count() +
                            60;
  world_.bundles.Publish(MakeWorldBundle(9, not_after));
  state_ = {.serving = true, .revision = 9, .digest = "abc", .last_error = ""};
  const std::string ready = Ask(Get("/readyz"));
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(BodyOf(ready), "ready\n");
  EXPECT_THAT(BodyOf(Ask(Get("/readyz", kToken))),
              HasSubstr(R"("ready":true,"revision":9,"digest":"abc")"));

  world_.clock.Advance(std::chrono::seconds(61));
  EXPECT_THAT(Ask(Get("/readyz")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Ask(kAsk), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpDoorTest, TheMetadataIsOfTheHostThatWasAsked) {
  Start();
  const std::string answer = Ask(Get("/.well-known/authzen-configuration"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer,
              HasSubstr(R"("policy_decision_point":"http://pdp.test")"));
  EXPECT_THAT(Ask("GET /.well-known/authzen-configuration HTTP/1.1\r\n"
                  "Host: a/\"b\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpDoorTest, OtherPathsAndMethodsAreNotServed) {
  Start();
  EXPECT_THAT(Ask(Get("/")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask(Get("/healthz/")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask(Get("/access/v1/evaluation")), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Ask(Post("/metrics", "{}", kToken)),
              HasSubstr("\r\nallow: GET, HEAD\r\n"));
  EXPECT_THAT(Ask("POST /access/v1/evaluation HTTP/1.1\r\nHost: h\r\n"
                  "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
              StartsWith("HTTP/1.1 415"));
}

TEST_F(HttpDoorTest, WhatIsWrongIsAnsweredInOneForm) {
  Start();
  for (const auto& [request, status] :
       {std::pair<std::string, std::string>{"nonsense\r\n\r\n", "400"},
        {Post("/access/v1/evaluation", "{"), "400"},
        {Get("/x"), "404"},
        {Get("/x", "F: " + std::string(20000, 'f') + "\r\n"), "431"}}) {
    const std::string answer = Ask(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status));
    EXPECT_THAT(answer, HasSubstr("{\"error\":{\"status\":" + status));
  }
}

TEST_F(HttpDoorTest, BodiesAreBoundedByWhatIsAsked) {
  Start();
  const std::string large(kMaxQuestionBytes + 1, ' ');
  EXPECT_THAT(Ask(Post("/access/v1/evaluation", large)),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Ask(Post("/access/v1/evaluations", large)),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("POST /access/v1/evaluations HTTP/1.1\r\nHost: h\r\n"
                  "Content-Type: application/json\r\nContent-Length: " +
                  std::to_string(kMaxBatchBytes + 1) + "\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpDoorTest, AClientThatVanishesHarmsNobody) {
  Start();
  for (int i = 0; i < 20; ++i) {
    HttpTestClient client(ConnectLoopback(Port()));
    client.Send(kAsk.substr(0, kAsk.size() - static_cast<size_t>(i)));
  }
  EXPECT_EQ(BodyOf(Ask(kAsk)), R"({"decision":true})");
}

TEST_F(HttpDoorTest, ManyConnectionsAtOnceGetTheirAnswers) {
  Start();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([this, &good] {
      HttpTestClient client(ConnectLoopback(Port()));
      for (int i = 0; i < 25; ++i) {
        client.Send(kAsk);
        good += BodyOf(client.ReadAnswer()) == R"({"decision":true})";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

TEST_F(HttpDoorTest, AUnixSocketIsServedAndRemovedAtTheEnd) {
  const std::string path = directory_ + "/door";
  listeners_[0].address = "unix:" + path;
  Start();
  EXPECT_THAT(door_->Addresses(), ElementsAre("unix:" + path));
  HttpTestClient client(ConnectUnix(path));
  ASSERT_TRUE(client.Send(kAsk));
  EXPECT_EQ(BodyOf(client.ReadAnswer()), R"({"decision":true})");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms(0600));
  door_->Shutdown(milliseconds(1000));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpDoorTest, ACertificatesNameIsWhoAsks) {
  const ClientAuthority authority;
  UseTls(ServerCertificate(), authority.pem());
  listeners_[0].rules.askers[0].certificates = {"URI:spiffe://td/gateway"};
  Start();
  const auto ask_as = [&](const std::string& name) {
    const CertifiedKey own = authority.Issue({.alternative_names = name});
    TlsClient client(Port(), 0, &own);
    client.Send(kAsk);
    return client.ReadAnswer();
  };
  EXPECT_EQ(BodyOf(ask_as("URI:spiffe://td/gateway")), R"({"decision":true})");
  EXPECT_THAT(ask_as("URI:spiffe://td/other"), StartsWith("HTTP/1.1 401"));
  TlsClient nobody(Port());
  nobody.Send(kAsk);
  EXPECT_EQ(nobody.ReadAnswer(), "");
}

TEST_F(HttpDoorTest, CertificatesAreReplacedWhenTheFilesAreGood) {
  UseTls(ServerCertificate("first"));
  Start();
  EXPECT_EQ(TlsClient(Port()).ServerName(), "first");
  const CertifiedKey second = ServerCertificate("second");
  Write("certificate", second.certificate_pem);
  door_->ReloadCertificates();
  EXPECT_EQ(TlsClient(Port()).ServerName(), "first") << "the key is another's";
  Write("key", second.private_key_pem.text());
  door_->ReloadCertificates();
  EXPECT_EQ(TlsClient(Port()).ServerName(), "second");
  std::filesystem::remove(directory_ + "/key");
  door_->ReloadCertificates();
  EXPECT_EQ(TlsClient(Port()).ServerName(), "second");
}

TEST_F(HttpDoorTest, EachListenerHasItsOwnRules) {
  listeners_.push_back(listeners_[0]);
  listeners_[1].rules.name = "outer";
  listeners_[1].rules.trusted = false;
  listeners_.push_back(listeners_[0]);
  listeners_[2].kind = ListenerKind::kGrpc;
  Start();
  EXPECT_EQ(door_->Addresses().size(), 2u);
  std::string with_ip(kMayAliceRead);
  with_ip.back() = ',';
  with_ip += R"("context":{"acs:SourceIp":"10.0.0.1"}})";
  const std::string request = Post("/access/v1/evaluation", with_ip);
  EXPECT_THAT(Ask(request, 0), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask(request, 1), StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpDoorTest, WhatKeepsItFromStartingIsSaid) {
  Start();
  ListenerConfig taken = listeners_[0];
  taken.address = door_->Addresses()[0];
  const std::vector<ListenerConfig> twice = {taken};
  const HttpDoor::Parts parts = {.point = &world_.point,
                                 .metrics = &world_.metrics,
                                 .clock = &clock_,
                                 .state = [] { return BundleSourceState(); }};
  const Status busy = HttpDoor::Start(twice, parts).status();
  EXPECT_EQ(busy.code(), StatusCode::kUnavailable);
  EXPECT_THAT(busy.message(), HasSubstr("listener `inner`"));
  door_.reset();
  listeners_[0].tls.certificate_file = directory_ + "/none";
  listeners_[0].tls.key_file = directory_ + "/none";
  const Status unreadable = StartDoor();
  EXPECT_EQ(unreadable.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(unreadable.message(), HasSubstr("/none"));
  UseTls(ServerCertificate());
  listeners_[0].tls.key_file =
      Write("other-key", ServerCertificate().private_key_pem.text());
  const Status foreign = StartDoor();
  EXPECT_EQ(foreign.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(foreign.message(), HasSubstr("/other-key`"));
}

TEST_F(HttpDoorTest, ShutdownEndsIdleConnectionsAndTakesNoMore) {
  Start();
  const uint16_t port = Port();
  HttpTestClient idle(ConnectLoopback(port));
  ASSERT_TRUE(idle.Send(kAsk));
  idle.ReadAnswer();
  door_->Shutdown(milliseconds(2000));
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_FALSE(ConnectLoopback(port).valid());
  door_->Shutdown(milliseconds(2000));
}

}  // namespace
}  // namespace writ::testing
