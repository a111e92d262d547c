// SPDX-License-Identifier: Apache-2.0
#include "runtime/init/http_response.h"

#include "gtest/gtest.h"

namespace writ {
namespace {

HttpResponseReader Read(std::string_view text, bool close = false,
                        size_t piece = 1000000) {
  HttpResponseReader reader(1000);
  for (size_t at = 0; at < text.size(); at += piece) {
    reader.Feed(text.substr(at, piece));
  }
  if (close) reader.Close();
  return reader;
}

TEST(HttpResponseReader, ReadsEveryWayToEndABody) {
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
    const auto counted =
        Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, piece);
    EXPECT_TRUE(counted.done());
    EXPECT_EQ(counted.body(), "hello");
    EXPECT_TRUE(counted.keep_alive());
    const auto chunked = Read(
        "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n",
        false, piece);
    EXPECT_TRUE(chunked.done());
    EXPECT_EQ(chunked.body(), "hello");
    const auto closed = Read("HTTP/1.0 200 OK\r\n\r\nhello", true, piece);
    EXPECT_TRUE(closed.done());
    EXPECT_EQ(closed.body(), "hello");
    EXPECT_FALSE(closed.keep_alive());
    const auto interim = Read(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false, piece);
    EXPECT_TRUE(interim.done());
    EXPECT_EQ(interim.status(), 204u);
  }
}

TEST(HttpResponseReader, BreaksOnWhatTwoReadersUnderstandDifferently) {
  for (const char* text : {
           "HTTP/1.1 200 OK\nContent-Length: 1\n\nx\r\n\r\n",
           "HTTP/2 200\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 200OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
           "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx",
           "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxx",
           "HTTP/1.1 101 Switching\r\n\r\n",
       }) {
    EXPECT_TRUE(Read(text).broken()) << text;
  }
}

TEST(HttpResponseReader, BoundsHeadAndBody) {
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").broken());
  EXPECT_FALSE(
      Read("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").broken());
  EXPECT_TRUE(
      Read("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')).broken());
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "fffffffff\r\n")
                  .broken());
  EXPECT_TRUE(
      Read("HTTP/1.1 200 OK\r\nA: " + std::string(kMaxResponseHeadBytes, 'a'))
          .broken());
  EXPECT_TRUE(
      Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true).broken());
}

TEST(HttpResponseReader, SeesTheFunctionsOwnVerdict) {
  EXPECT_FALSE(
      Read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").function_error());
  EXPECT_TRUE(
      Read("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").function_error());
  EXPECT_TRUE(
      Read("HTTP/1.1 200 OK\r\nX-Fc-Status: 404\r\nContent-Length: 0\r\n\r\n")
          .function_error());
}

TEST(FormatHttpRequest, NeverLetsAValueBreakOut) {
  CallFrame call;
  call.path = "/invoke";
  call.headers = {{"good", "1"}, {"bad", "1\r\nx: y"}, {"b d", "1"}};
  call.body = "event";
  EXPECT_EQ(FormatHttpRequest(call, 9000),
            "POST /invoke HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n"
            "Content-Type: application/octet-stream\r\n"
            "Content-Length: 5\r\ngood: 1\r\n\r\nevent");
}

}  // namespace
}  // namespace writ
