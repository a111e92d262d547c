// SPDX-License-Identifier: Apache-2.0
//
// Records as OTLP/HTTP in JSON: the logs service of the OpenTelemetry protocol.
// The body of a log record is the line that a file would have.
#include <charconv>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/json_scanner.h"
#include "base/limits.h"
#include "http/client.h"
#include "http/url.h"
#include "sidecar/decision_log_sink.h"

namespace writ {
namespace {

constexpr std::string_view kBefore =
    R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name",)"
    R"("value":{"stringValue":"writ-sidecar"}}]},"scopeLogs":[{"scope":)"
    R"({"name":"writ.decision_log"},"logRecords":[)";
constexpr std::string_view kBehind = "]}]}]}";
constexpr std::chrono::milliseconds kAnswerTimeout{10000};
constexpr std::chrono::milliseconds kTotalTimeout{20000};
constexpr uint64_t kMaxAnswerBytes = 64u << 10;
// A larger batch goes in several requests; collectors refuse what is huge.
constexpr size_t kMostBytes = size_t{1} << 20;

void AppendLogRecord(std::string_view line, const LineBatch::Line& about,
                     std::string* body) {
  *body += R"({"timeUnixNano":")";
  *body += std::to_string(about.time.time_since_epoch().count());
  *body += R"(","severityNumber":9,"severityText":"INFO","attributes":[)"
           R"({"key":"writ.record","value":{"stringValue":")";
  *body += about.is_record ? "decision" : "session-policy";
  *body += R"("}}],"body":{"stringValue":)";
  AppendJsonText(line, body);
  *body += "}}";
}

// `rejectedLogRecords` of an answer that says that not all were taken; a text
// that says nothing of the kind is a full success, as the protocol has it.
uint64_t RejectedRecords(std::string_view answer) {
  JsonScanner scanner(answer);
  std::string name;
  bool more = false;
  if (!scanner.Open('{')) return 0;
  while (scanner.NextMember(&more, &name) && more) {
    if (name != "partialSuccess") {
      if (!scanner.SkipValue()) return 0;
      continue;
    }
    if (!scanner.Open('{')) return 0;
    while (scanner.NextMember(&more, &name) && more) {
      if (name != "rejectedLogRecords") {
        if (!scanner.SkipValue()) return 0;
        continue;
      }
      // A 64-bit number is a text in the JSON of Protobuf; both are read.
      std::string text;
      std::string_view digits;
      if (scanner.Peek() == JsonScanner::Type::kString) {
        if (!scanner.ReadString(&text)) return 0;
        digits = text;
      } else if (!scanner.ReadNumber(&digits)) {
        return 0;
      }
      uint64_t count = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), count);
      return count;
    }
  }
  return 0;
}

// Whether the protocol says that the same request may succeed later.
bool MaySucceedLater(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

class OtlpSink final : public DecisionLogSink {
 public:
  OtlpSink(std::string url, std::unique_ptr<HttpClient> client)
      : url_(std::move(url)), client_(std::move(client)) {}

  LinesWritten Write(const LineBatch& batch) override;
  // Who receives looks at one request at a time.
  bool BeginsAnew() override { return true; }
  void Cancel() override { client_->Cancel(); }

 private:
  const std::string url_;
  const std::unique_ptr<HttpClient> client_;
};

LinesWritten OtlpSink::Write(const LineBatch& batch) {
  LinesWritten outcome;
  const auto& lines = batch.lines();
  while (outcome.lines < lines.size()) {
    HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"content-type", "application/json"}};
    request.answer_timeout = kAnswerTimeout;
    request.total_timeout = kTotalTimeout;
    request.max_answer_bytes = kMaxAnswerBytes;
    request.body = kBefore;
    size_t end = outcome.lines;
    while (end < lines.size() &&
           (end == outcome.lines || request.body.size() < kMostBytes)) {
      if (end > outcome.lines) request.body += ',';
      AppendLogRecord(batch.LineAt(end), lines[end], &request.body);
      ++end;
    }
    request.body += kBehind;
    const Result<HttpResponse> answer = client_->Send(request);
    if (!answer.ok()) {
      outcome.status = answer.status();
      return outcome;
    }
    if (answer->status < 200 || answer->status > 299) {
      outcome.status = Unavailable("the collector answered with status " +
                                   std::to_string(answer->status));
      outcome.hopeless = !MaySucceedLater(answer->status);
      return outcome;
    }
    outcome.rejected +=
        std::min<uint64_t>(RejectedRecords(answer->body), end - outcome.lines);
    outcome.lines = end;
  }
  return outcome;
}

}  // namespace

Result<std::unique_ptr<DecisionLogSink>> OpenOtlpSink(
    const DecisionLogOptions& options) {
  WRIT_RETURN_IF_ERROR(ParseHttpUrl(options.otlp_url).status());
  HttpClient::Options client_options;
  if (!options.otlp_ca_file.empty()) {
    WRIT_ASSIGN_OR_RETURN(client_options.ca_pem,
                          ReadFile(options.otlp_ca_file, kMaxConfigBytes));
  }
  WRIT_ASSIGN_OR_RETURN(auto client, HttpClient::Make(client_options));
  return std::unique_ptr<DecisionLogSink>(
      std::make_unique<OtlpSink>(options.otlp_url, std::move(client)));
}

}  // namespace writ
