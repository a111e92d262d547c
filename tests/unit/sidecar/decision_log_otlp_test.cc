// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "http/server.h"
#include "nlohmann/json.hpp"
#include "sidecar/decision_log_sink.h"

namespace writ {
namespace {

// A collector on a loopback address: keeps what it is sent, answers as told.
class Collector {
 public:
  Collector() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_.get(), raw, size), 0);
    EXPECT_EQ(getsockname(socket_.get(), raw, &size), 0);
    port_ = ntohs(address.sin_port);
    HttpServer::Options options;
    options.transport = HttpTransport::kPlain;
    auto server = HttpServer::Make(
        std::move(options), socket_.get(),
        [this](const RequestHead& head, BodyReader* body) {
          return Take(head, body);
        },
        &clock_);
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    EXPECT_TRUE(server_->Start().ok());
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/v1/logs";
  }
  // The status and text of the next answer; then 200.
  void AnswerWith(int status, std::string text) {
    MutexLock lock(&mu_);
    answers_.push_back({status, {}, std::move(text)});
  }
  std::vector<std::string> bodies() {
    MutexLock lock(&mu_);
    return bodies_;
  }

 private:
  HttpResponse Take(const RequestHead& head, BodyReader* body) {
    std::string text;
    std::string piece;
    while (body->Read(&piece) && !piece.empty()) text += piece;
    MutexLock lock(&mu_);
    bodies_.push_back(text);
    EXPECT_EQ(head.method, "POST");
    HttpResponse answer;
    answer.status = 200;
    answer.body = "{}";
    if (!answers_.empty()) {
      answer = answers_.front();
      answers_.pop_front();
    }
    return answer;
  }

  SystemClock clock_;
  UniqueFd socket_;
  uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
  Mutex mu_;
  std::deque<HttpResponse> answers_ WRIT_GUARDED_BY(mu_);
  std::vector<std::string> bodies_ WRIT_GUARDED_BY(mu_);
};

class OtlpSinkTest : public ::testing::Test {
 protected:
  OtlpSinkTest() {
    DecisionLogOptions options;
    options.sink = LogSink::kOtlp;
    options.otlp_url = collector_.url();
    auto sink = OpenOtlpSink(options);
    EXPECT_TRUE(sink.ok()) << sink.status().ToString();
    sink_ = std::move(sink).value();
    AddLine("{\"policy\":1}", false);
    AddLine("{\"record\":\"\\u0001\"}", true);
    AddLine("{\"record\":2}", true);
  }

  void AddLine(const std::string& line, bool is_record) {
    *batch_.text() += line + "\n";
    batch_.EndLine(
        WallTime(std::chrono::nanoseconds(1'700'000'000'000'000'001)),
        is_record);
  }

  Collector collector_;
  std::unique_ptr<DecisionLogSink> sink_;
  LineBatch batch_;
};

TEST_F(OtlpSinkTest, SendsEachLineAsALogRecord) {
  const LinesWritten outcome = sink_->Write(batch_);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.lines, 3u);
  ASSERT_EQ(collector_.bodies().size(), 1u);
  const auto sent =
      nlohmann::json::parse(collector_.bodies()[0], nullptr, false);
  ASSERT_TRUE(sent.is_object()) << collector_.bodies()[0];
  const auto& resource = sent["resourceLogs"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0]["value"]["stringValue"],
            "writ-sidecar");
  const auto& records = resource["scopeLogs"][0]["logRecords"];
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["attributes"][0]["value"]["stringValue"],
            "session-policy");
  EXPECT_EQ(records[1]["attributes"][0]["value"]["stringValue"], "decision");
  EXPECT_EQ(records[1]["timeUnixNano"], "1700000000000000001");
  EXPECT_EQ(records[1]["body"]["stringValue"], "{\"record\":\"\\u0001\"}");
}

TEST_F(OtlpSinkTest, SplitsWhatIsTooMuchForOneRequest) {
  for (int i = 0; i < 30; ++i) AddLine(std::string(100'000, 'x'), true);
  EXPECT_EQ(sink_->Write(batch_).lines, 33u);
  EXPECT_GT(collector_.bodies().size(), 2u);
  for (const std::string& body : collector_.bodies()) {
    EXPECT_LT(body.size(), 1'300'000u);
  }
}

TEST_F(OtlpSinkTest, SaysWhatMaySucceedLater) {
  collector_.AnswerWith(503, "");
  const LinesWritten later = sink_->Write(batch_);
  EXPECT_FALSE(later.status.ok());
  EXPECT_EQ(later.lines, 0u);
  EXPECT_FALSE(later.hopeless);
  collector_.AnswerWith(400, "");
  EXPECT_TRUE(sink_->Write(batch_).hopeless);
  EXPECT_TRUE(sink_->Write(batch_).status.ok());
}

TEST_F(OtlpSinkTest, CountsWhatTheCollectorRejects) {
  collector_.AnswerWith(
      200,
      R"({"partialSuccess":{"errorMessage":"no","rejectedLogRecords":"2"}})");
  EXPECT_EQ(sink_->Write(batch_).rejected, 2u);
  collector_.AnswerWith(
      200, R"({"x":[1],"partialSuccess":{"rejectedLogRecords":1}})");
  EXPECT_EQ(sink_->Write(batch_).rejected, 1u);
  // More than there were, and no JSON at all.
  collector_.AnswerWith(200, R"({"partialSuccess":{"rejectedLogRecords":99}})");
  EXPECT_EQ(sink_->Write(batch_).rejected, 3u);
  collector_.AnswerWith(200, "thanks");
  EXPECT_EQ(sink_->Write(batch_).rejected, 0u);
}

TEST_F(OtlpSinkTest, EndsWithTheGraceOfTheLog) {
  sink_->Cancel();
  EXPECT_FALSE(sink_->Write(batch_).status.ok());
  EXPECT_TRUE(collector_.bodies().empty());
}

TEST(OtlpSink, RefusesAUrlThatIsNone) {
  DecisionLogOptions options;
  options.otlp_url = "collector/v1/logs";
  EXPECT_EQ(OpenOtlpSink(options).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace writ
