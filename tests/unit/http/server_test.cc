// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "crypto/x509.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/http/test_certificates.h"
#include "tests/unit/http/tls_client.h"

namespace writ {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpServerTest : public ::testing::Test {
 protected:
  // Answers with what it saw: method, path, query and the body's size.
  static HttpResponse Echo(const RequestHead& head, BodyReader* body) {
    size_t size = 0;
    std::string piece;
    while (body->Read(&piece) && !piece.empty()) size += piece.size();
    HttpResponse response;
    response.status = 200;
    response.body = head.method + " " + head.raw_path + " ?" + head.raw_query +
                    " " + std::to_string(size);
    return response;
  }

  void Start(HttpHandler handler, HttpServer::Options options = {}) {
    CertifiedKey key = ServerCertificate();
    options.certificate_pem = key.certificate_pem;
    options.private_key_pem = std::move(key.private_key_pem);
    listener_ = BindLoopback(&port_);
    Result<std::unique_ptr<HttpServer>> server = HttpServer::Make(
        std::move(options), listener_.get(), std::move(handler), &clock_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    ASSERT_TRUE(server_->Start().ok());
  }

  SystemClock clock_;
  uint16_t port_ = 0;
  UniqueFd listener_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, HandsOverTheHeadAsItCame) {
  RequestHead seen;
  Start([&seen](const RequestHead& head, BodyReader* body) {
    seen = head;
    return Echo(head, body);
  });
  TlsClient client(port_);
  ASSERT_TRUE(client.Send(
      "POST /a%2Fb+c?x=%20&y HTTP/1.1\r\nHost: h:1\r\nX-Thing:  two words \r\n"
      "x-thing: again\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /a%2Fb+c ?x=%20&y 3"));
  EXPECT_EQ(seen.peer_address, "127.0.0.1");
  EXPECT_TRUE(seen.secure_transport);
  std::vector<std::string> things;
  for (const HeaderField& field : seen.headers) {
    if (field.name == "x-thing") things.push_back(field.value);
  }
  EXPECT_EQ(things, (std::vector<std::string>{"two words", "again"}));
}

TEST_F(HttpServerTest, ServesManyRequestsOnOneConnection) {
  Start(Echo);
  TlsClient client(port_);
  for (int i = 0; i < 5; ++i) {
    const std::string path = "/n" + std::to_string(i);
    ASSERT_TRUE(client.Send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET " + path + " "));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start(Echo);
  TlsClient client(port_);
  ASSERT_TRUE(
      client.Send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
                  "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /1 ? 2"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /2 ? 0"));
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start(Echo);
  TlsClient client(port_);
  std::string request =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk(100000, 'x');
  for (int i = 0; i < 3; ++i) request += "186a0\r\n" + chunk + "\r\n";
  request += "0\r\n\r\n";
  ASSERT_TRUE(client.Send(request));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("POST /c ? 300000"));
  ASSERT_TRUE(client.Send("GET /after HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /after"));
}

TEST_F(HttpServerTest, SaysContinueOnlyWhenTheBodyIsWanted) {
  Start([](const RequestHead& head, BodyReader* body) {
    if (head.raw_path == "/take") return Echo(head, body);
    HttpResponse response;
    response.status = 403;
    return response;
  });
  TlsClient takes(port_);
  ASSERT_TRUE(
      takes.Send("POST /take HTTP/1.1\r\nHost: h\r\nExpect: "
                 "100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_THAT(takes.ReadAnswer(false), StartsWith("HTTP/1.1 100 "));
  ASSERT_TRUE(takes.Send("ab"));
  EXPECT_THAT(takes.ReadAnswer(), HasSubstr("POST /take ? 2"));
  TlsClient refused(port_);
  ASSERT_TRUE(
      refused.Send("POST /no HTTP/1.1\r\nHost: h\r\nExpect: "
                   "100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_THAT(refused.ReadAnswer(), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(refused.AtEnd());
}

TEST_F(HttpServerTest, AnswersBeforeAnUnreadBodyAndCloses) {
  Start([](const RequestHead&, BodyReader*) {
    HttpResponse response;
    response.status = 403;
    response.body = "{}";
    return response;
  });
  TlsClient client(port_);
  ASSERT_TRUE(
      client.Send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: "
                  "2000000\r\n\r\n" +
                  std::string(2000000, 'b')));
  const std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_TRUE(client.AtEnd());
}

// Sends one request and returns the answer to it.
std::string Ask(uint16_t port, const std::string& request) {
  TlsClient client(port);
  client.Send(request);
  return client.ReadAnswer();
}

TEST_F(HttpServerTest, BoundsTheHeadByTheKindOfCall) {
  Start(Echo);
  const auto with_header = [](std::string target, size_t size) {
    return "GET " + target +
           " HTTP/1.1\r\nHost: h\r\nX-Fill: " + std::string(size, 'f') +
           "\r\n\r\n";
  };
  EXPECT_THAT(Ask(port_, with_header("/f", 15000)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask(port_, with_header("/f", 17000)), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask(port_, with_header("/", 60000)), StartsWith("HTTP/1.1 200"));
  const std::string refused = Ask(port_, with_header("/", 70000));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(refused, HasSubstr("\"Code\":\"RequestHeaderFieldsTooLarge\""));
  EXPECT_THAT(refused, HasSubstr("x-fc-request-id: 1-"));
  EXPECT_THAT(refused, HasSubstr("x-acs-request-id: 1-"));
}

TEST_F(HttpServerTest, RefusesABodyThatIsDeclaredTooLarge) {
  Start(Echo);
  const std::string answer =
      Ask(port_,
          "POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999"
          "\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("\"Code\":\"EntityTooLarge\""));
}

TEST_F(HttpServerTest, RefusesWhatIsNoHttpWithJson) {
  Start(Echo);
  const std::vector<std::string> bad = {
      "this is not http\r\n\r\n",
      "GET http://elsewhere/ HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /f HTTP/1.1\r\nBad Header: x\r\n\r\n",
      "GET /f HTTP/1.1\r\nHost : h\r\n\r\n",
      "GET /f HTTP/3.9\r\nHost: h\r\n\r\n",
      "POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
      "Content-Length: 2\r\n\r\nab",
      "POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n"
      "\r\n0\r\n\r\n",
      "POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
      "POST /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "zz\r\nab\r\n",
  };
  for (const std::string& request : bad) {
    const std::string answer = Ask(port_, request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << request;
    EXPECT_THAT(answer, HasSubstr("\"RequestId\":")) << request;
    EXPECT_THAT(answer, HasSubstr("connection: close")) << request;
  }
}

TEST_F(HttpServerTest, JunkAfterARequestGetsTheRequestItsAnswer) {
  Start(Echo);
  TlsClient client(port_);
  ASSERT_TRUE(client.Send(
      "GET /ok HTTP/1.1\r\nHost: h\r\n\r\n\x01\x02\x03junk\r\n\r\n"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /ok"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, ASlowHeadIsCutOff) {
  HttpServer::Options options;
  options.head_timeout = milliseconds(100);
  Start(Echo, std::move(options));
  TlsClient client(port_);
  ASSERT_TRUE(client.Send("GET /slow HTT"));
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosed) {
  HttpServer::Options options;
  options.idle_timeout = milliseconds(100);
  Start(Echo, std::move(options));
  TlsClient client(port_);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, AStalledBodyEndsTheCallWithoutAnAnswer) {
  HttpServer::Options options;
  options.io_timeout = milliseconds(100);
  std::promise<bool> read;
  Start(
      [&read](const RequestHead&, BodyReader* body) {
        std::string piece;
        bool ok = true;
        while ((ok = body->Read(&piece)) && !piece.empty()) {
        }
        read.set_value(ok);
        return HttpResponse{.status = 200, .headers = {}, .body = "executed"};
      },
      std::move(options));
  TlsClient client(port_);
  ASSERT_TRUE(client.Send(
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
  EXPECT_FALSE(read.get_future().get());
  EXPECT_THAT(client.ReadAnswer(), Not(HasSubstr("executed")));
}

TEST_F(HttpServerTest, RefusesTlsBelow12) {
  Start(Echo);
  EXPECT_FALSE(TlsClient(port_, TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsClient(port_, TLS1_2_VERSION).connected());
  EXPECT_TRUE(TlsClient(port_, TLS1_3_VERSION).connected());
}

TEST_F(HttpServerTest, PlainHttpGetsOneSentence) {
  Start(Echo);
  const UniqueFd fd = ConnectLoopback(port_);
  ASSERT_TRUE(WriteAll(fd.get(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n").ok());
  const Result<std::string> answer = ReadAll(fd.get(), 100000);
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer.value(), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer.value(), HasSubstr("HTTPS only"));
}

TEST_F(HttpServerTest, MoreConnectionsThanAllowedAreServedInTurn) {
  HttpServer::Options options;
  options.max_connections = 2;
  Start(Echo, std::move(options));
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 6; ++i) {
    answers.push_back(std::async(std::launch::async, [this] {
      return Ask(port_, "GET /turn HTTP/1.1\r\nHost: h\r\n\r\n");
    }));
  }
  for (auto& answer : answers) {
    EXPECT_THAT(answer.get(), HasSubstr("GET /turn"));
  }
}

TEST_F(HttpServerTest, AHandlerThatThrowsStillAnswers) {
  Start([](const RequestHead&, BodyReader*) -> HttpResponse {
    throw std::runtime_error("secret detail");
  });
  const std::string answer = Ask(port_, "GET /f HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, HasSubstr("InternalServerError"));
  EXPECT_THAT(answer, Not(HasSubstr("secret detail")));
}

TEST_F(HttpServerTest, StopLetsARunningAnswerOut) {
  std::promise<void> entered;
  std::promise<void> release;
  Start([&](const RequestHead& head, BodyReader* body) {
    entered.set_value();
    release.get_future().wait();
    return Echo(head, body);
  });
  TlsClient idle(port_);
  TlsClient busy(port_);
  ASSERT_TRUE(busy.Send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n"));
  entered.get_future().wait();
  std::thread stopper([this] { server_->Stop(milliseconds(10000)); });
  EXPECT_TRUE(idle.AtEnd());
  release.set_value();
  EXPECT_THAT(busy.ReadAnswer(), HasSubstr("GET /late"));
  stopper.join();
}

TEST_F(HttpServerTest, AKeyOfAnotherCertificateIsRefused) {
  CertifiedKey one = ServerCertificate();
  CertifiedKey other = ServerCertificate();
  HttpServer::Options options;
  options.certificate_pem = one.certificate_pem;
  options.private_key_pem = std::move(other.private_key_pem);
  listener_ = BindLoopback(&port_);
  EXPECT_EQ(HttpServer::Make(std::move(options), listener_.get(), Echo, &clock_)
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

TEST(FormatResponseHead, NobodyCanAddAHeader) {
  HttpResponse response;
  response.status = 200;
  response.headers = {{"x-good", "yes"},
                      {"x-bad", "a\r\nset-cookie: b"},
                      {"x-nul", std::string("a\0b", 3)},
                      {"x bad", "name"},
                      {"x:y", "name"},
                      {"", "empty"},
                      {"Content-Length", "7"},
                      {"Transfer-Encoding", "chunked"}};
  response.body = "abc";
  EXPECT_EQ(FormatResponseHead(response, true, "GET"),
            "HTTP/1.1 200 OK\r\nx-good: yes\r\ncontent-length: 3\r\n"
            "connection: keep-alive\r\n\r\n");
}

TEST(FormatResponseHead, NoContentHasNoLength) {
  HttpResponse response;
  response.status = 204;
  EXPECT_EQ(FormatResponseHead(response, false, "DELETE"),
            "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
}

}  // namespace
}  // namespace writ
