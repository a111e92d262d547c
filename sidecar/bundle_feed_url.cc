// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/random.h"
#include "http/client.h"
#include "http/url.h"
#include "sidecar/bundle_feed.h"

namespace writ {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kMaxCaFileBytes = 1u << 20;
constexpr uint64_t kMaxTokenBytes = 16u << 10;
// The server may be late by this much with the answer to a long poll.
constexpr Milliseconds kAnswerGrace{10000};
constexpr int kMaxDoublings = 5;

std::string_view TrimEnd(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? "" : text.substr(0, end + 1);
}

const std::string* Field(const HttpResponse& response, std::string_view name) {
  for (const HeaderField& field : response.headers) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

// Between a half and the whole: so that sidecars that lost their server
// together do not come back together.
Milliseconds Jitter(Milliseconds wait) {
  const auto half =
      static_cast<uint64_t>(std::max<int64_t>(wait.count(), 2)) / 2;
  return Milliseconds(static_cast<int64_t>(half + RandomU64() % (half + 1)));
}

// A URL. What is known is named by its ETag (RFC 9110, 8.8.3), and a server
// that knows `Prefer: wait` (RFC 7240, 4.3) answers when there is something
// new; any other is asked again and again.
class UrlFeed final : public BundleFeed {
 public:
  explicit UrlFeed(const BundleSourceOptions& options) : options_(options) {}

  BundleLook Look(bool force, const std::stop_token& token,
                  const Take& take) override {
    const auto begin = SteadyClock::now();
    const Result<bool> taken = TakeAnswer(force, token, take);
    BundleLook look;
    if (!taken.ok()) {
      look.problem = taken.status();
      if (look.problem.code() == StatusCode::kCancelled) return look;
      look.wait =
          Jitter(options_.poll * (1 << std::min(failures_, kMaxDoublings)));
      ++failures_;
      return look;
    }
    failures_ = 0;
    look.good = true;
    // A server that held the request has had its pause; one that has brought
    // something new may have more, and one that was not given the time to hold
    // anything is given it now.
    if (!*taken && !force) {
      const auto spent =
          std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
      look.wait = std::max(Milliseconds(0), options_.poll - spent);
    }
    return look;
  }

 private:
  // Whether there was something new.
  Result<bool> TakeAnswer(bool force, const std::stop_token& token,
                          const Take& take) {
    WRIT_RETURN_IF_ERROR(PrepareClient());
    WRIT_ASSIGN_OR_RETURN(const HttpRequest request, MakeRequest(force));
    Result<HttpResponse> answer = Send(request, token);
    if (!answer.ok()) return answer.status();
    const bool conditional = !force && etag_;
    if (conditional && answer->status == 304) return false;
    if (answer->status != 200) {
      return Unavailable(Shown() + " answers with status " +
                         std::to_string(answer->status));
    }
    const std::string* const field = Field(*answer, "etag");
    std::optional<std::string> etag;
    if (field != nullptr && !field->empty()) etag = *field;
    const Result<bool> taken = take(Shown(), std::move(answer->body));
    // What is refused is fetched again: it may be good with other keys.
    etag_ = taken.ok() ? std::move(etag) : std::nullopt;
    return taken;
  }

  std::string Shown() const {
    const Result<HttpUrl> url = ParseHttpUrl(options_.location);
    return url.ok() ? url->Shown() : "the URL";
  }

  // The authorities are read again each time; another client is made when they
  // have changed, or the last one was told to stop.
  Status PrepareClient() {
    std::string ca_pem;
    if (!options_.ca_file.empty()) {
      WRIT_ASSIGN_OR_RETURN(ca_pem,
                            ReadRegularFile(options_.ca_file, kMaxCaFileBytes));
    }
    if (client_ != nullptr && ca_pem == ca_pem_) return OkStatus();
    HttpClient::Options client_options;
    client_options.ca_pem = ca_pem;
    WRIT_ASSIGN_OR_RETURN(client_, HttpClient::Make(client_options));
    ca_pem_ = std::move(ca_pem);
    return OkStatus();
  }

  Result<HttpRequest> MakeRequest(bool force) const {
    HttpRequest request;
    request.url = options_.location;
    request.max_answer_bytes = kMaxBundleBytes;
    request.headers = {{"accept", "application/octet-stream"}};
    if (!force && etag_) {
      request.headers.push_back({"if-none-match", *etag_});
      if (options_.long_poll.count() > 0) {
        request.headers.push_back(
            {"prefer", "wait=" + std::to_string(options_.long_poll.count())});
        request.answer_timeout = options_.long_poll + kAnswerGrace;
        request.total_timeout += options_.long_poll;
      }
    }
    if (!options_.token_file.empty()) {
      WRIT_ASSIGN_OR_RETURN(
          std::string text,
          ReadRegularFile(options_.token_file, kMaxTokenBytes));
      request.bearer_token = SecretBytes::CopyOf(TrimEnd(text));
      WipeMemory(text.data(), text.size());
      if (request.bearer_token.empty()) {
        return InvalidArgument("`" + options_.token_file + "` holds no token");
      }
    }
    return request;
  }

  Result<HttpResponse> Send(const HttpRequest& request,
                            const std::stop_token& token) {
    Result<HttpResponse> answer = [&] {
      const std::stop_callback cancel(token, [this] { client_->Cancel(); });
      return client_->Send(request);
    }();
    if (token.stop_requested()) client_ = nullptr;
    return answer;
  }

  const BundleSourceOptions options_;
  std::string ca_pem_;
  std::unique_ptr<HttpClient> client_;
  std::optional<std::string> etag_;  // of what was taken
  int failures_ = 0;
};

}  // namespace

std::unique_ptr<BundleFeed> MakeUrlFeed(const BundleSourceOptions& options) {
  return std::make_unique<UrlFeed>(options);
}

}  // namespace writ
