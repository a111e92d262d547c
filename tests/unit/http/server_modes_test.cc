// SPDX-License-Identifier: Apache-2.0
//
// The server over plain TCP, over Unix sockets and with certificates of its
// clients; what is the same over TLS is in server_test.cc.
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server.h"
#include "tests/unit/http/test_certificates.h"
#include "tests/unit/http/tls_client.h"

namespace writ {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kGet[] = "GET /who HTTP/1.1\r\nHost: h\r\n\r\n";

class ServerModesTest : public ::testing::Test {
 protected:
  // Answers with the body's size and what is known of the peer.
  HttpResponse Answer(const RequestHead& head, BodyReader* body) {
    size_t size = 0;
    std::string piece;
    while (body->Read(&piece) && !piece.empty()) size += piece.size();
    HttpResponse response;
    response.status = 200;
    response.body = head.method + " " + head.raw_path + " " +
                    std::to_string(size) + " from [" + head.peer_address +
                    "] " + (head.secure_transport ? "secure" : "plain");
    for (const std::string& name : head.peer_names) {
      response.body += " <" + name + ">";
    }
    return response;
  }

  void Start(UniqueFd listener, HttpServer::Options options) {
    listener_ = std::move(listener);
    Result<std::unique_ptr<HttpServer>> server = HttpServer::Make(
        std::move(options), listener_.get(),
        [this](const RequestHead& head, BodyReader* body) {
          return Answer(head, body);
        },
        &clock_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    ASSERT_TRUE(server_->Start().ok());
  }

  void StartPlain(HttpServer::Options options = {}) {
    options.transport = HttpTransport::kPlain;
    Start(BindLoopback(&port_), std::move(options));
  }

  void StartMutual() {
    HttpServer::Options options;
    CertifiedKey key = ServerCertificate();
    options.certificate_pem = key.certificate_pem;
    options.private_key_pem = std::move(key.private_key_pem);
    options.client_ca_pem = authority_.pem();
    Start(BindLoopback(&port_), std::move(options));
  }

  std::string AskPlain(std::string_view request) {
    HttpTestClient client(ConnectLoopback(port_));
    client.Send(request);
    return client.ReadAnswer();
  }

  std::string AskAs(const ClientCertificate& wanted) {
    const CertifiedKey own = authority_.Issue(wanted);
    TlsClient client(port_, 0, &own);
    client.Send(kGet);
    return client.ReadAnswer();
  }

  SystemClock clock_;
  ClientAuthority authority_;
  uint16_t port_ = 0;
  UniqueFd listener_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerModesTest, PlainTcpKeepsAConnectionAndKnowsItIsNotSecure) {
  StartPlain();
  HttpTestClient client(ConnectLoopback(port_));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        client.Send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
                    "four"));
    EXPECT_THAT(client.ReadAnswer(),
                HasSubstr("POST /p 4 from [127.0.0.1] plain"));
  }
}

TEST_F(ServerModesTest, PlainTcpTakesLargeBodiesAndPipelines) {
  StartPlain();
  HttpTestClient client(ConnectLoopback(port_));
  const std::string large(1000000, 'x');
  ASSERT_TRUE(client.Send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                          std::to_string(large.size()) + "\r\n\r\n" + large +
                          kGet));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /1 1000000 from"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /who 0 from"));
}

TEST_F(ServerModesTest, ABodyBeyondTheLimitIsRefused) {
  HttpServer::Options options;
  options.max_body_bytes = 10;
  StartPlain(std::move(options));
  EXPECT_THAT(AskPlain("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n"
                       "\r\n0123456789"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(AskPlain("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n"
                       "\r\n01234567890"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(AskPlain("POST / HTTP/1.1\r\nHost: h\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n"
                       "b\r\n01234567890\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerModesTest, WhatIsWrongIsAnsweredInTheFormThatTheUserWants) {
  HttpServer::Options options;
  options.error_form = [](int status, std::string_view code,
                          std::string_view message) {
    HttpResponse response;
    response.status = status;
    response.body = "<" + std::string(code) + "|" + std::string(message) + ">";
    return response;
  };
  StartPlain(std::move(options));
  const std::string answer = AskPlain("nonsense\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("<InvalidArgument|The request is no "));
  EXPECT_THAT(answer, Not(HasSubstr("RequestId")));
}

TEST_F(ServerModesTest, ASlowHeadOverPlainTcpIsCutOff) {
  HttpServer::Options options;
  options.head_timeout = milliseconds(100);
  StartPlain(std::move(options));
  HttpTestClient client(ConnectLoopback(port_));
  ASSERT_TRUE(client.Send("GET /slow HTT"));
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(ServerModesTest, AnIdlePlainConnectionIsClosedAndStopEndsTheRest) {
  HttpServer::Options options;
  options.idle_timeout = milliseconds(100);
  StartPlain(std::move(options));
  HttpTestClient idle(ConnectLoopback(port_));
  EXPECT_TRUE(idle.AtEnd());
  HttpTestClient waiting(ConnectLoopback(port_));
  ASSERT_TRUE(waiting.Send(kGet));
  EXPECT_THAT(waiting.ReadAnswer(), StartsWith("HTTP/1.1 200"));
  server_->Stop(milliseconds(1000));
  EXPECT_TRUE(waiting.AtEnd());
}

TEST_F(ServerModesTest, TlsAtAPlainListenerIsNoHttp) {
  StartPlain();
  EXPECT_FALSE(TlsClient(port_).connected());
}

TEST_F(ServerModesTest, AUnixSocketServesAndItsPeerHasNoAddress) {
  char name[] = "/tmp/writ-http-XXXXXX";
  const std::string directory = ::mkdtemp(name);
  const std::string path = directory + "/socket";
  HttpServer::Options options;
  options.transport = HttpTransport::kPlain;
  Start(BindUnix(path), std::move(options));
  HttpTestClient client(ConnectUnix(path));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.Send(kGet));
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /who 0 from [] plain"));
  }
  server_->Stop(milliseconds(1000));
  EXPECT_TRUE(client.AtEnd());
  std::filesystem::remove_all(directory);
}

TEST_F(ServerModesTest, AClientIsKnownByTheNamesInItsCertificate) {
  StartMutual();
  EXPECT_THAT(AskAs({.alternative_names = "URI:spiffe://td/billing,DNS:b.test,"
                                          "email:who@b.test,IP:127.0.0.1"}),
              HasSubstr("secure <URI:spiffe://td/billing> <DNS:b.test>"));
  EXPECT_THAT(AskAs({.common_name = "plain name", .alternative_names = ""}),
              HasSubstr("secure <plain name>"));
  // Where the common name is not what the certificate is known by.
  EXPECT_THAT(
      AskAs({.common_name = "other", .alternative_names = "DNS:b.test"}),
      Not(HasSubstr("other")));
}

TEST_F(ServerModesTest, ACommonNameCannotPassForAnotherKindOfName) {
  StartMutual();
  for (const char* name : {"URI:spiffe://td/admin", "DNS:admin.test"}) {
    const std::string answer = AskAs({.common_name = name});
    EXPECT_THAT(answer, HasSubstr("200 OK"));
    EXPECT_THAT(answer, Not(HasSubstr("admin")));
  }
}

TEST_F(ServerModesTest, AClientWithoutAGoodCertificateGetsNothing) {
  StartMutual();
  TlsClient none(port_);
  none.Send(kGet);
  EXPECT_EQ(none.ReadAnswer(), "");
  EXPECT_EQ(AskAs({.days = -1}), "") << "expired";
  EXPECT_EQ(AskAs({.purpose = "serverAuth"}), "") << "not for clients";
  const ClientAuthority other("another authority");
  const CertifiedKey foreign = other.Issue({});
  TlsClient client(port_, 0, &foreign);
  client.Send(kGet);
  EXPECT_EQ(client.ReadAnswer(), "") << "another authority's";
}

TEST_F(ServerModesTest, ANewCertificateIsForNewConnections) {
  HttpServer::Options options;
  CertifiedKey first = ServerCertificate("first");
  options.certificate_pem = first.certificate_pem;
  options.private_key_pem = std::move(first.private_key_pem);
  Start(BindLoopback(&port_), std::move(options));
  TlsClient before(port_);
  EXPECT_EQ(before.ServerName(), "first");

  const CertifiedKey second = ServerCertificate("second");
  const CertifiedKey third = ServerCertificate("third");
  EXPECT_EQ(server_
                ->ReplaceCertificate(second.certificate_pem,
                                     third.private_key_pem, "")
                .code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(TlsClient(port_).ServerName(), "first");
  EXPECT_TRUE(server_
                  ->ReplaceCertificate(second.certificate_pem,
                                       second.private_key_pem, "")
                  .ok());
  EXPECT_EQ(TlsClient(port_).ServerName(), "second");
  ASSERT_TRUE(before.Send(kGet));
  EXPECT_THAT(before.ReadAnswer(), HasSubstr("200 OK"));

  // From here on clients must show who they are.
  EXPECT_TRUE(server_
                  ->ReplaceCertificate(second.certificate_pem,
                                       second.private_key_pem, authority_.pem())
                  .ok());
  TlsClient nobody(port_);
  nobody.Send(kGet);
  EXPECT_EQ(nobody.ReadAnswer(), "");
  EXPECT_THAT(AskAs({.alternative_names = "DNS:b"}), HasSubstr("<DNS:b>"));
}

TEST_F(ServerModesTest, ASessionIsNotResumedPastItsCertificate) {
  StartMutual();
  const CertifiedKey own = authority_.Issue({});
  TlsClient client(port_, TLS1_2_VERSION, &own);
  ASSERT_TRUE(client.connected());
  EXPECT_FALSE(client.CanResume());
}

TEST_F(ServerModesTest, WhatIsNoCertificateIsRefusedAtTheStart) {
  listener_ = BindLoopback(&port_);
  const auto make = [this](std::string certificate, std::string_view key,
                           std::string clients) {
    HttpServer::Options options;
    options.certificate_pem = std::move(certificate);
    options.private_key_pem = SecretBytes::CopyOf(key);
    options.client_ca_pem = std::move(clients);
    return HttpServer::Make(
               std::move(options), listener_.get(),
               [](const RequestHead&, BodyReader*) { return HttpResponse(); },
               &clock_)
        .status()
        .code();
  };
  const CertifiedKey good = ServerCertificate();
  const std::string_view key = good.private_key_pem.text();
  EXPECT_EQ(make(good.certificate_pem, key, ""), StatusCode::kOk);
  EXPECT_EQ(make("", "", ""), StatusCode::kInvalidArgument);
  EXPECT_EQ(make("text", key, ""), StatusCode::kInvalidArgument);
  EXPECT_EQ(make(good.certificate_pem, "text", ""),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(make(good.certificate_pem, key, "text"),
            StatusCode::kInvalidArgument);
  // One authority that cannot be read is not left out in silence.
  std::string damaged = authority_.pem();
  damaged[damaged.size() / 2] = '!';
  EXPECT_EQ(make(good.certificate_pem, key, authority_.pem() + damaged),
            StatusCode::kInvalidArgument);
}

TEST_F(ServerModesTest, APlainServerTakesNoCertificate) {
  StartPlain();
  const CertifiedKey key = ServerCertificate();
  EXPECT_EQ(
      server_->ReplaceCertificate(key.certificate_pem, key.private_key_pem, "")
          .code(),
      StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace writ
