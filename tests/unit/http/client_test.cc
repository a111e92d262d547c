// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "crypto/x509.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server.h"
#include "http/url.h"
#include "tests/unit/http/scripted_server.h"

namespace writ {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Peer = ScriptedServer::Peer;

const std::string* Header(const HttpResponse& response, std::string_view name) {
  for (const HeaderField& field : response.headers) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

std::unique_ptr<HttpClient> MakeClient(const std::string& ca_pem = "") {
  HttpClient::Options options;
  options.ca_pem = ca_pem;
  options.connect_timeout = milliseconds(5000);
  options.io_timeout = milliseconds(5000);
  Result<std::unique_ptr<HttpClient>> client = HttpClient::Make(options);
  EXPECT_TRUE(client.ok()) << client.status().ToString();
  return std::move(client).value();
}

Result<HttpResponse> Get(const std::string& url,
                         const std::string& ca_pem = "") {
  HttpRequest request;
  request.url = url;
  return MakeClient(ca_pem)->Send(request);
}

// What a plain server that sends these bytes and closes is answered with.
Result<HttpResponse> Receive(const std::string& bytes,
                             uint64_t max_answer_bytes = 1u << 20) {
  ScriptedServer server(
      [&bytes](Peer& peer) {
        peer.ReadRequest();
        peer.Send(bytes);
      },
      nullptr);
  HttpRequest request;
  request.url = server.Url();
  request.max_answer_bytes = max_answer_bytes;
  return MakeClient()->Send(request);
}

StatusCode CodeOf(const std::string& bytes) {
  return Receive(bytes).status().code();
}

// The product's own server, with a certificate for localhost.
class HttpClientTest : public ::testing::Test {
 protected:
  void Start(HttpHandler handler) {
    HttpServer::Options options;
    options.certificate_pem = certificates_.server.certificate_pem;
    options.private_key_pem = certificates_.server.private_key_pem.Clone();
    uint16_t port = 0;
    listener_ = BindLoopback(&port);
    url_ = "https://localhost:" + std::to_string(port);
    Result<std::unique_ptr<HttpServer>> server = HttpServer::Make(
        std::move(options), listener_.get(), std::move(handler), &clock_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    ASSERT_TRUE(server_->Start().ok());
  }
  const std::string& ca() const {
    return certificates_.authority.certificate_pem;
  }

  SystemClock clock_;
  TestCertificates certificates_;
  UniqueFd listener_;
  std::string url_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, GetsOverTlsFromAServerThatItsAuthoritySigned) {
  RequestHead seen;
  Start([&seen](const RequestHead& head, BodyReader*) {
    seen = head;
    return HttpResponse{
        .status = 200, .headers = {{"etag", "\"a b\""}}, .body = "content"};
  });
  HttpRequest request;
  request.url = url_ + "/b%2Fc?d=e";
  request.headers = {{"prefer", "wait=3"}};
  request.bearer_token = SecretBytes::CopyOf("tok.en");
  const Result<HttpResponse> answer = MakeClient(ca())->Send(request);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "content");
  ASSERT_NE(Header(*answer, "etag"), nullptr);
  EXPECT_EQ(*Header(*answer, "etag"), "\"a b\"");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.raw_path, "/b%2Fc");
  EXPECT_EQ(seen.raw_query, "d=e");
  ASSERT_NE(seen.Single("prefer"), nullptr);
  EXPECT_EQ(*seen.Single("prefer"), "wait=3");
  ASSERT_NE(seen.Single("authorization"), nullptr);
  EXPECT_EQ(*seen.Single("authorization"), "Bearer tok.en");
  ASSERT_NE(seen.Single("host"), nullptr);
  EXPECT_EQ("https://" + *seen.Single("host"), url_);
}

TEST_F(HttpClientTest, PostsALargeBodyAndReadsALargeAnswer) {
  Start([](const RequestHead&, BodyReader* body) {
    HttpResponse response;
    response.status = 202;
    std::string piece;
    while (body->Read(&piece) && !piece.empty()) response.body += piece;
    return response;
  });
  HttpRequest request;
  request.method = "POST";
  request.url = url_;
  request.max_answer_bytes = 8u << 20;
  for (int i = 0; request.body.size() < (4u << 20); ++i) {
    request.body += std::to_string(i) + " ";
  }
  const Result<HttpResponse> answer = MakeClient(ca())->Send(request);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 202);
  EXPECT_TRUE(answer->body == request.body);
}

TEST_F(HttpClientTest, AnErrorStatusIsAnAnswer) {
  Start([](const RequestHead&, BodyReader*) {
    return HttpResponse{.status = 503, .headers = {}, .body = "later"};
  });
  const Result<HttpResponse> answer = Get(url_, ca());
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "later");
}

TEST_F(HttpClientTest, OneClientSendsManyRequests) {
  int count = 0;
  Start([&count](const RequestHead&, BodyReader*) {
    return HttpResponse{
        .status = 200, .headers = {}, .body = std::to_string(++count)};
  });
  const std::unique_ptr<HttpClient> client = MakeClient(ca());
  HttpRequest request;
  request.url = url_;
  for (int i = 1; i <= 5; ++i) {
    const Result<HttpResponse> answer = client->Send(request);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->body, std::to_string(i));
  }
}

TEST_F(HttpClientTest, AServerThatNobodyVouchesForIsNotBelieved) {
  Start([](const RequestHead&, BodyReader*) {
    return HttpResponse{.status = 200, .headers = {}, .body = "forged"};
  });
  EXPECT_EQ(Get(url_).status().code(), StatusCode::kUnauthenticated);
  const TestCertificates others;
  EXPECT_EQ(Get(url_, others.authority.certificate_pem).status().code(),
            StatusCode::kUnauthenticated);
}

TEST(HttpClient, ACertificateForAnotherHostIsNotBelieved) {
  const auto answer = [](Peer& peer) {
    peer.ReadRequest();
    peer.Answer("200 OK", "", "forged");
  };
  const TestCertificates named(
      {.ip_addresses = {}, .dns_names = {"localhost"}});
  const std::string& named_ca = named.authority.certificate_pem;
  ScriptedServer by_name(answer, &named.server);
  EXPECT_TRUE(Get(by_name.Url("/", "localhost"), named_ca).ok());
  const Status wrong = Get(by_name.Url("/", "127.0.0.1"), named_ca).status();
  EXPECT_EQ(wrong.code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(wrong.message(), HasSubstr("IP address mismatch"));

  const TestCertificates addressed(
      {.ip_addresses = {"127.0.0.1"}, .dns_names = {"elsewhere.test"}});
  const std::string& addressed_ca = addressed.authority.certificate_pem;
  ScriptedServer by_address(answer, &addressed.server);
  EXPECT_TRUE(Get(by_address.Url("/", "127.0.0.1"), addressed_ca).ok());
  EXPECT_EQ(Get(by_address.Url("/", "localhost"), addressed_ca).status().code(),
            StatusCode::kUnauthenticated);
}

TEST(HttpClient, AnExpiredCertificateIsNotBelieved) {
  const TestCertificates expired(LoopbackNames(),
                                 ValidFor(hours(-10), hours(-5)));
  ScriptedServer server([](Peer& peer) { peer.Answer("200 OK", "", "late"); },
                        &expired.server);
  const Status status =
      Get(server.Url(), expired.authority.certificate_pem).status();
  EXPECT_EQ(status.code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("expired"));
}

TEST(HttpClient, ReadsEveryKindOfBody) {
  const auto body_of = [](const std::string& bytes) {
    const Result<HttpResponse> answer = Receive(bytes);
    return answer.ok() ? answer->body : answer.status().ToString();
  };
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), "abc");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\nto the end"), "to the end");
  EXPECT_EQ(body_of("HTTP/1.0 200 OK\r\n\r\nold"), "old");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"),
            "abcde");
  EXPECT_EQ(body_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
            "");
  EXPECT_EQ(body_of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    "HTTP/1.1 100 Continue\r\n\r\n"
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            "ok");
}

TEST(HttpClient, BytesThatArriveOneByOneAreTheSameAnswer) {
  ScriptedServer server(
      [](Peer& peer) {
        peer.ReadRequest();
        const std::string_view answer =
            "HTTP/1.1 200 OK\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        for (const char c : answer) peer.Send(std::string(1, c));
      },
      nullptr);
  const Result<HttpResponse> answer = Get(server.Url());
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "abc");
  EXPECT_EQ(*Header(*answer, "x-y"), "z");
}

TEST(HttpClient, AnAnswerThatIsNotWholeIsNone) {
  EXPECT_EQ(CodeOf(""), StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf("HTTP/1.1 200 OK\r\nContent-Le"), StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
            StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n"),
            StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf("HTTP/1.1 100 Continue\r\n\r\n"), StatusCode::kUnavailable);
}

TEST(HttpClient, ABodyWithoutLengthThatTlsDoesNotEndIsNotWhole) {
  const TestCertificates certificates;
  std::atomic<bool> cut{true};
  ScriptedServer server(
      [&cut](Peer& peer) {
        peer.ReadRequest();
        peer.Send("HTTP/1.1 200 OK\r\n\r\nthe first part");
        if (cut) peer.Cut();
      },
      &certificates.server);
  const std::string& ca = certificates.authority.certificate_pem;
  EXPECT_EQ(Get(server.Url(), ca).status().code(), StatusCode::kDataLoss);
  cut = false;
  EXPECT_TRUE(Get(server.Url(), ca).ok());
}

TEST(HttpClient, WhatIsNoHttpIsRefused) {
  for (const std::string bytes :
       {"garbage\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/3.9 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    EXPECT_EQ(CodeOf(bytes), StatusCode::kDataLoss) << bytes;
  }
}

TEST(HttpClient, SizesAreBounded) {
  const std::string declared =
      "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n";
  EXPECT_EQ(Receive(declared, 1000).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(Receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9"
                    "\r\n" +
                        std::string(1001, 'x') + "\r\n0\r\n\r\n",
                    1000)
                .status()
                .code(),
            StatusCode::kResourceExhausted);
  const std::string endless =
      "HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x');
  EXPECT_EQ(Receive(endless, 1000).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_TRUE(Receive(endless, 1001).ok());
  EXPECT_EQ(
      CodeOf("HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x') + "\r\n\r\n"),
      StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                   std::string(300000, 'x')),
            StatusCode::kResourceExhausted);
}

TEST(HttpClient, InterimAnswersComeToAnEnd) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(CodeOf(many), StatusCode::kDataLoss);
}

TEST(HttpClient, ARedirectIsNotFollowed) {
  const Result<HttpResponse> answer = Receive(
      "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\n"
      "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(answer.status().code(), StatusCode::kFailedPrecondition);
}

TEST(HttpClient, AnAnswerBeforeTheRequestIsReadCounts) {
  ScriptedServer server(
      [](Peer& peer) {
        peer.Answer("413 Payload Too Large", "", "too much");
        peer.ReadRequest();
      },
      nullptr);
  HttpRequest request;
  request.method = "POST";
  request.url = server.Url();
  request.body = std::string(1u << 20, 'x');
  const Result<HttpResponse> answer = MakeClient()->Send(request);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 413);
}

TEST(HttpClient, ASilentServerIsLeft) {
  ScriptedServer server(
      [](Peer& peer) {
        const std::string request = peer.ReadRequest();
        if (request.starts_with("GET /half")) {
          peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        }
        peer.Hang();
      },
      nullptr);
  HttpClient::Options options;
  options.io_timeout = milliseconds(50);
  const std::unique_ptr<HttpClient> client =
      std::move(HttpClient::Make(options)).value();
  HttpRequest request;
  request.url = server.Url();
  request.answer_timeout = milliseconds(50);
  EXPECT_EQ(client->Send(request).status().code(),
            StatusCode::kDeadlineExceeded);
  request.url = server.Url("/half");
  request.answer_timeout = milliseconds(5000);
  EXPECT_EQ(client->Send(request).status().code(),
            StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, ADrippingServerIsLeftInTheEnd) {
  ScriptedServer server(
      [](Peer& peer) {
        peer.ReadRequest();
        peer.Send("HTTP/1.1 200 OK\r\n\r\n");
        while (!peer.stopping() && peer.Send("x")) {
          std::this_thread::sleep_for(milliseconds(1));
        }
      },
      nullptr);
  HttpRequest request;
  request.url = server.Url();
  request.total_timeout = milliseconds(100);
  EXPECT_EQ(MakeClient()->Send(request).status().code(),
            StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, AServerThatIsSilentInTheHandshakeIsLeft) {
  uint16_t port = 0;
  const UniqueFd listener = BindLoopback(&port);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  HttpClient::Options options;
  options.connect_timeout = milliseconds(100);
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(HttpClient::Make(options).value()->Send(request).status().code(),
            StatusCode::kDeadlineExceeded);
}

TEST(HttpClient, NobodyListeningIsUnavailable) {
  uint16_t port = 0;
  { const UniqueFd free = BindLoopback(&port); }
  const Status status =
      Get("http://127.0.0.1:" + std::to_string(port) + "/p?secret=1").status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("/p`"), Not(HasSubstr("?"))));
  EXPECT_EQ(Get("https://no-such-name.invalid/").status().code(),
            StatusCode::kUnavailable);
}

TEST(HttpClient, CancelEndsAWaitAtOnceAndAllThatFollow) {
  std::promise<void> asked;
  ScriptedServer server(
      [&asked](Peer& peer) {
        peer.ReadRequest();
        asked.set_value();
        peer.Hang();
      },
      nullptr);
  const std::unique_ptr<HttpClient> client = MakeClient();
  HttpRequest request;
  request.url = server.Url();
  request.answer_timeout = hours(1);
  request.total_timeout = hours(1);
  std::future<Result<HttpResponse>> answer =
      std::async(std::launch::async, [&] { return client->Send(request); });
  asked.get_future().wait();
  client->Cancel();
  EXPECT_EQ(answer.get().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(client->Send(request).status().code(), StatusCode::kCancelled);
}

TEST(HttpClient, CancelAtAnyMomentEndsTheRequest) {
  const TestCertificates certificates;
  ScriptedServer server(
      [](Peer& peer) {
        peer.ReadRequest();
        peer.Hang();
      },
      &certificates.server);
  for (int i = 0; i < 50; ++i) {
    const std::unique_ptr<HttpClient> client =
        MakeClient(certificates.authority.certificate_pem);
    HttpRequest request;
    request.url = server.Url("/", i % 2 == 0 ? "127.0.0.1" : "localhost");
    request.answer_timeout = hours(1);
    std::thread canceller([&client, i] {
      std::this_thread::sleep_for(std::chrono::microseconds(i * 100));
      client->Cancel();
    });
    EXPECT_EQ(client->Send(request).status().code(), StatusCode::kCancelled);
    canceller.join();
  }
}

TEST(HttpClient, PlainHttpLeavesTheMachineNever) {
  EXPECT_EQ(Get("http://192.0.2.1/").status().code(),
            StatusCode::kInvalidArgument);
}

TEST(HttpClient, NothingCanBeAddedToARequest) {
  const auto code = [](auto&& change) {
    HttpRequest request;
    request.url = "http://127.0.0.1:1/";
    change(&request);
    return MakeClient()->Send(request).status().code();
  };
  const auto bad = StatusCode::kInvalidArgument;
  EXPECT_EQ(code([](HttpRequest*) {}), StatusCode::kUnavailable);
  EXPECT_EQ(code([](HttpRequest* r) { r->method = "GET / HTTP/1.1\r\n"; }),
            bad);
  EXPECT_EQ(code([](HttpRequest* r) {
              r->headers = {{"a", "b\r\nc: d"}};
            }),
            bad);
  EXPECT_EQ(code([](HttpRequest* r) { r->headers = {{"a\nb", "c"}}; }), bad);
  EXPECT_EQ(code([](HttpRequest* r) { r->headers = {{"Host", "c"}}; }), bad);
  EXPECT_EQ(code([](HttpRequest* r) {
              r->bearer_token = SecretBytes::CopyOf("a\r\nb: c");
            }),
            bad);
}

TEST(HttpClient, AuthoritiesThatAreNoneAreRefused) {
  HttpClient::Options options;
  options.ca_pem = "no certificate";
  EXPECT_EQ(HttpClient::Make(options).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(ParseHttpUrl, TakesUrlsApart) {
  const auto shown = [](std::string_view url) {
    const Result<HttpUrl> parts = ParseHttpUrl(url);
    return parts.ok() ? parts->host + "|" + parts->port + "|" + parts->target +
                            "|" + parts->Shown()
                      : std::string(StatusCodeName(parts.status().code()));
  };
  EXPECT_EQ(shown("https://h.example/a?b"),
            "h.example|443|/a?b|https://h.example:443/a");
  EXPECT_EQ(shown("http://127.0.0.1:4318"),
            "127.0.0.1|4318|/|http://127.0.0.1:4318/");
  EXPECT_EQ(shown("https://[::1]:8/x"), "::1|8|/x|https://[::1]:8/x");
  EXPECT_EQ(shown("https://h?q=1"), "h|443|/?q=1|https://h:443/");
  for (const std::string_view url :
       {"", "ftp://h/", "https://", "https:///x", "https://u:p@h/",
        "https://h#f", "https://h:/", "https://h:0/", "https://h:65536/",
        "https://h:8x/", "https://h/a b", "https://h/a\r\nb", "https://[::1",
        "https://[x]/", "https://h\\@i/", "https://*/"}) {
    EXPECT_EQ(shown(url), "invalid argument") << url;
  }
}

}  // namespace
}  // namespace writ
