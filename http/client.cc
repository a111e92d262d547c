// SPDX-License-Identifier: Apache-2.0
//
// The client's side of what sees Boost. Every wait is a turn of one event loop
// until something has happened, its time is over or Cancel() stops the loop; a
// broken-off operation is aborted by closing the socket, so that no handler
// outlives the request.
#include "http/client.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "http/url.h"

namespace writ {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;
using Endpoints = std::vector<asio::ip::tcp::endpoint>;
using Parser = http::response_parser<http::string_body>;

constexpr size_t kPieceBytes = 64u << 10;
constexpr uint32_t kMaxAnswerHeadBytes = 64u << 10;
// 100 Continue, 103 Early Hints and their like before the answer.
constexpr int kMaxInterimAnswers = 8;

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenCharacter);
}

// No line break, NUL or other control character: nothing can be added.
bool IsFieldValue(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsAddress(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// What the client writes itself.
bool IsClientField(std::string_view lower_name) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "host", "content-length", "connection", "authorization",
      "transfer-encoding"};
  return std::ranges::find(kNames, lower_name) != kNames.end();
}

// Addresses of a name. getaddrinfo cannot be broken off, so it runs on a
// thread that owns what it needs and may outlive the request.
struct NameLookup {
  std::mutex mu;
  bool done = false;
  int error = 0;
  Endpoints endpoints;
};

void LookUp(const std::string& host, const std::string& port,
            const std::shared_ptr<NameLookup>& lookup) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  std::lock_guard lock(lookup->mu);
  for (const addrinfo* at = found; error == 0 && at; at = at->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const std::byte*>(at->ai_addr), at->ai_addrlen,
                reinterpret_cast<std::byte*>(endpoint.data()));
    endpoint.resize(at->ai_addrlen);
    lookup->endpoints.push_back(endpoint);
  }
  if (found != nullptr) ::freeaddrinfo(found);
  lookup->error = error;
  lookup->done = true;
}

// One request's; a lookup that is not waited for any more may outlive it.
struct Loop {
  asio::io_context io{1};
  std::atomic<bool> cancelled{false};
};

// One request and its answer.
class Exchange {
 public:
  Exchange(const HttpClient::Options& options, asio::ssl::context* tls,
           std::shared_ptr<Loop> loop, const HttpRequest& request, HttpUrl url)
      : options_(options),
        request_(request),
        url_(std::move(url)),
        shown_("`" + url_.Shown() + "`"),
        end_(SteadyClock::now() + request.total_timeout),
        loop_(std::move(loop)),
        work_(loop_->io.get_executor()),
        stream_(loop_->io, *tls) {}

  Result<HttpResponse> Run() {
    const Deadline connected = Limit(options_.connect_timeout);
    Endpoints endpoints;
    WRIT_RETURN_IF_ERROR(FindAddresses(connected, &endpoints));
    WRIT_RETURN_IF_ERROR(Connect(connected, endpoints));
    if (url_.tls) WRIT_RETURN_IF_ERROR(Handshake(connected));
    WRIT_RETURN_IF_ERROR(SendRequest());
    return ReadAnswer();
  }

 private:
  asio::ip::tcp::socket& socket() { return stream_.next_layer(); }

  Deadline Limit(Milliseconds limit) const {
    return std::min(end_, SteadyClock::now() + limit);
  }

  // Turns the loop until `*done`; else closes the socket, lets the aborted
  // operation end and says why.
  Status Await(const std::function<bool()>& done, Deadline deadline,
               std::string_view doing) {
    while (!done()) {
      loop_->io.restart();
      // Cancel sets its mark before it stops the loop, and the mark is read
      // after the restart: it cannot be missed.
      if (loop_->cancelled) {
        Abort(done);
        return Status(StatusCode::kCancelled,
                      "request to " + shown_ + " was broken off");
      }
      if (SteadyClock::now() >= deadline) {
        Abort(done);
        return DeadlineExceeded(shown_ + " took too long to " +
                                std::string(doing));
      }
      loop_->io.run_one_until(deadline);
    }
    return OkStatus();
  }

  void Abort(const std::function<bool()>& done) {
    if (!socket().is_open()) return;
    error_code ignored;
    socket().close(ignored);
    while (!done()) {
      loop_->io.restart();
      loop_->io.run_one();
    }
  }

  // One asynchronous operation that ends with an error code and, but for
  // connecting and the handshake, a count of bytes.
  struct Outcome {
    bool done = false;
    error_code error;
    size_t count = 0;
  };
  static auto Into(Outcome* outcome) {
    return [outcome](const error_code& error, size_t count = 0) {
      *outcome = {.done = true, .error = error, .count = count};
    };
  }
  Status Await(const Outcome& outcome, Deadline deadline,
               std::string_view doing) {
    return Await([&outcome] { return outcome.done; }, deadline, doing);
  }

  Status FindAddresses(Deadline deadline, Endpoints* endpoints) {
    error_code error;
    const auto address = asio::ip::make_address(url_.host, error);
    if (!error) {
      const auto port = static_cast<uint16_t>(std::stoul(url_.port));
      endpoints->emplace_back(address, port);
    } else {
      const auto lookup = std::make_shared<NameLookup>();
      try {
        std::thread([host = url_.host, port = url_.port, lookup, loop = loop_] {
          LookUp(host, port, lookup);
          asio::post(loop->io, [] {});
        }).detach();
      } catch (const std::system_error&) {
        return ResourceExhausted("no thread to look up " + shown_);
      }
      WRIT_RETURN_IF_ERROR(Await(
          [&lookup] {
            std::lock_guard lock(lookup->mu);
            return lookup->done;
          },
          deadline, "find its address"));
      if (lookup->error != 0) {
        return Unavailable("no address of " + shown_ + ": " +
                           ::gai_strerror(lookup->error));
      }
      *endpoints = lookup->endpoints;
    }
    if (!url_.tls) {
      std::erase_if(*endpoints, [](const auto& endpoint) {
        return !endpoint.address().is_loopback();
      });
      if (endpoints->empty()) {
        return InvalidArgument(shown_ +
                               " is not on this machine: plain http goes to "
                               "loopback addresses only, use https");
      }
    }
    return OkStatus();
  }

  // Tries one address after the other; a silent one gets its share of the time.
  Status Connect(Deadline deadline, const Endpoints& endpoints) {
    Status last = Unavailable("no address of " + shown_);
    for (size_t i = 0; i < endpoints.size(); ++i) {
      const auto now = SteadyClock::now();
      const auto share =
          (deadline - now) / static_cast<int64_t>(endpoints.size() - i);
      Outcome outcome;
      socket().async_connect(endpoints[i], Into(&outcome));
      last = Await(outcome, now + share, "take a connection");
      if (last.code() == StatusCode::kCancelled) return last;
      if (last.ok() && !outcome.error) {
        error_code ignored;
        socket().set_option(asio::ip::tcp::no_delay(true), ignored);
        return OkStatus();
      }
      if (last.ok()) {
        last = Unavailable("cannot connect to " + shown_ + ": " +
                           outcome.error.message());
      }
      error_code ignored;
      socket().close(ignored);
    }
    return last;
  }

  Status Handshake(Deadline deadline) {
    SSL* const ssl = stream_.native_handle();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    std::string name = url_.host;
    // What SSL_set_tlsext_host_name is, without the casts of a C macro.
    const bool prepared =
        IsAddress(name)
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
                                            name.c_str()) == 1
            : SSL_set1_host(ssl, name.c_str()) == 1 &&
                  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                           TLSEXT_NAMETYPE_host_name, name.data()) == 1;
    if (!prepared) return InternalError("cannot prepare TLS to " + shown_);
    Outcome outcome;
    stream_.async_handshake(asio::ssl::stream_base::client, Into(&outcome));
    WRIT_RETURN_IF_ERROR(Await(outcome, deadline, "shake hands"));
    const int64_t verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK) {
      return Unauthenticated(
          "the certificate of " + shown_ +
          " is not to be believed: " + X509_verify_cert_error_string(verdict));
    }
    if (outcome.error) {
      return Unavailable("no TLS with " + shown_ + ": " +
                         outcome.error.message());
    }
    return OkStatus();
  }

  // The head holds the token, so it is wiped after use.
  SecretBytes RequestHeadBytes() const {
    const bool v6 = url_.host.find(':') != std::string::npos;
    std::string head = request_.method + " " + url_.target +
                       " HTTP/1.1\r\nhost: " + (v6 ? "[" : "") + url_.host +
                       (v6 ? "]" : "");
    if (url_.port != (url_.tls ? "443" : "80")) head += ":" + url_.port;
    head += "\r\nconnection: close\r\n";
    for (const HeaderField& field : request_.headers) {
      head += field.name + ": " + field.value + "\r\n";
    }
    if (request_.method != "GET" || !request_.body.empty()) {
      head +=
          "content-length: " + std::to_string(request_.body.size()) + "\r\n";
    }
    static constexpr std::string_view kBearer = "authorization: Bearer ";
    const std::string_view token = request_.bearer_token.text();
    const std::string_view end = "\r\n";
    const size_t field_bytes =
        token.empty() ? 0 : kBearer.size() + token.size() + end.size();
    SecretBytes bytes(head.size() + field_bytes + end.size());
    auto at = reinterpret_cast<char*>(bytes.data());
    at = std::ranges::copy(head, at).out;
    if (!token.empty()) {
      at = std::ranges::copy(kBearer, at).out;
      at = std::ranges::copy(token, at).out;
      at = std::ranges::copy(end, at).out;
    }
    std::ranges::copy(end, at);
    return bytes;
  }

  Status SendRequest() {
    const SecretBytes head = RequestHeadBytes();
    std::string_view rest = request_.body;
    std::string_view piece = head.text();
    while (!piece.empty()) {
      Outcome outcome;
      const auto buffer = asio::buffer(piece.data(), piece.size());
      if (url_.tls) {
        asio::async_write(stream_, buffer, Into(&outcome));
      } else {
        asio::async_write(socket(), buffer, Into(&outcome));
      }
      WRIT_RETURN_IF_ERROR(
          Await(outcome, Limit(options_.io_timeout), "take the request"));
      // A server may answer and close before it has read everything.
      if (outcome.error) return OkStatus();
      piece = rest.substr(0, kPieceBytes);
      rest.remove_prefix(piece.size());
    }
    return OkStatus();
  }

  Result<HttpResponse> ReadAnswer() {
    const Deadline head_deadline = Limit(request_.answer_timeout);
    for (int i = 0; i < kMaxInterimAnswers; ++i) {
      Parser parser;
      parser.header_limit(kMaxAnswerHeadBytes);
      parser.body_limit(request_.max_answer_bytes);
      parser.eager(true);
      parser.skip(request_.method == "HEAD");
      while (!parser.is_done()) {
        const Deadline deadline = parser.is_header_done()
                                      ? Limit(options_.io_timeout)
                                      : head_deadline;
        WRIT_RETURN_IF_ERROR(ReadPiece(&parser, deadline));
      }
      const auto status = parser.get().result_int();
      if (status == 101) break;
      if (status >= 200) return TakeAnswer(&parser);
    }
    return DataLoss("the answer of " + shown_ + " does not come to its point");
  }

  // Hands what has arrived to the parser; waits for more when it needs more.
  Status ReadPiece(Parser* parser, Deadline deadline) {
    if (arrived_.size() == 0 || starving_) {
      if (arrived_.size() >= kMaxAnswerHeadBytes + kPieceBytes) {
        return Refused(http::error::header_limit);
      }
      Outcome outcome;
      const auto buffer = arrived_.prepare(kPieceBytes);
      if (url_.tls) {
        stream_.async_read_some(buffer, Into(&outcome));
      } else {
        socket().async_read_some(buffer, Into(&outcome));
      }
      WRIT_RETURN_IF_ERROR(Await(outcome, deadline, "answer"));
      if (outcome.error) return EndOfStream(parser, outcome.error);
      arrived_.commit(outcome.count);
    }
    error_code error;
    arrived_.consume(parser->put(arrived_.data(), error));
    starving_ = error == http::error::need_more;
    return error && !starving_ ? Refused(error) : OkStatus();
  }

  // A body of unknown length ends with the connection; TLS must have said so,
  // or somebody on the way could have cut it.
  Status EndOfStream(Parser* parser, error_code error) const {
    if (!parser->got_some()) {
      return Unavailable(shown_ + " closed the connection without an answer: " +
                         error.message());
    }
    if (error == asio::error::eof && !starving_) {
      parser->put_eof(error);
      if (!error) return OkStatus();
    }
    return DataLoss("the answer of " + shown_ + " is cut short");
  }

  Status Refused(const error_code& error) const {
    if (error == http::error::body_limit) {
      return ResourceExhausted("the answer of " + shown_ + " is larger than " +
                               std::to_string(request_.max_answer_bytes) +
                               " bytes");
    }
    if (error == http::error::header_limit) {
      return ResourceExhausted("the head of the answer of " + shown_ +
                               " is larger than " +
                               std::to_string(kMaxAnswerHeadBytes) + " bytes");
    }
    return DataLoss("the answer of " + shown_ +
                    " is no HTTP: " + error.message());
  }

  Result<HttpResponse> TakeAnswer(Parser* parser) const {
    auto message = parser->release();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    static constexpr std::array<int, 5> kRedirects = {301, 302, 303, 307, 308};
    if (std::ranges::find(kRedirects, response.status) != kRedirects.end()) {
      return FailedPrecondition(
          shown_ + " redirects (" + std::to_string(response.status) +
          "), which is not followed: name the final address");
    }
    for (const auto& field : message) {
      const std::string_view name(field.name_string().data(),
                                  field.name_string().size());
      const std::string_view value(field.value().data(), field.value().size());
      response.headers.push_back({LowerCase(name), std::string(value)});
    }
    response.body = std::move(message.body());
    return response;
  }

  const HttpClient::Options& options_;
  const HttpRequest& request_;
  const HttpUrl url_;
  const std::string shown_;
  const Deadline end_;
  const std::shared_ptr<Loop> loop_;
  const asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer arrived_;
  bool starving_ = false;  // the parser wants more than it left in `arrived_`
};

Status CheckRequest(const HttpRequest& request) {
  if (!IsToken(request.method)) {
    return InvalidArgument("`" + request.method + "` is no HTTP method");
  }
  for (const HeaderField& field : request.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) {
      return InvalidArgument("a request header is malformed");
    }
    if (IsClientField(LowerCase(field.name))) {
      return InvalidArgument("the header `" + field.name +
                             "` is the client's own");
    }
  }
  const std::string_view token = request.bearer_token.text();
  const bool printable =
      std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7F'; });
  if (!printable) {
    return InvalidArgument("the bearer token holds more than printable ASCII");
  }
  return OkStatus();
}

class BeastClient final : public HttpClient {
 public:
  explicit BeastClient(const Options& options) : options_(options) {}

  Status Prepare() {
    SSL_CTX* const native = tls_.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    error_code error;
    tls_.set_verify_mode(asio::ssl::verify_peer, error);
    if (error) return InternalError("the TLS library does not verify");
    if (options_.ca_pem.empty()) return OkStatus();
    tls_.add_certificate_authority(asio::buffer(options_.ca_pem), error);
    if (error) {
      return InvalidArgument(
          "the certificate authorities are no certificates in PEM");
    }
    return OkStatus();
  }

  Result<HttpResponse> Send(const HttpRequest& request) override {
    WRIT_ASSIGN_OR_RETURN(HttpUrl url, ParseHttpUrl(request.url));
    WRIT_RETURN_IF_ERROR(CheckRequest(request));
    if (url.tls) WRIT_RETURN_IF_ERROR(TrustSystem());
    const auto loop = std::make_shared<Loop>();
    {
      std::lock_guard lock(mu_);
      if (cancelled_) {
        return Status(StatusCode::kCancelled, "the client was told to stop");
      }
      current_ = loop;
    }
    try {
      return Exchange(options_, &tls_, loop, request, std::move(url)).Run();
    } catch (const std::exception&) {
      // The libraries throw when memory or descriptors have run out; what they
      // say may quote the request.
      return ResourceExhausted("no memory or descriptor for an HTTP request");
    }
  }

  void Cancel() override {
    std::lock_guard lock(mu_);
    cancelled_ = true;
    if (current_ == nullptr) return;
    current_->cancelled = true;
    current_->io.stop();
  }

 private:
  // Reading the system's authorities takes tens of milliseconds: only who
  // needs them pays, once.
  Status TrustSystem() {
    if (!options_.ca_pem.empty() || trusts_system_) return OkStatus();
    error_code error;
    tls_.set_default_verify_paths(error);
    if (error) {
      return Unavailable("cannot read the system's certificate authorities");
    }
    trusts_system_ = true;
    return OkStatus();
  }

  const Options options_;
  bool trusts_system_ = false;
  std::mutex mu_;
  bool cancelled_ = false;
  std::shared_ptr<Loop> current_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
};

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::Make(const Options& options) {
  auto client = std::make_unique<BeastClient>(options);
  WRIT_RETURN_IF_ERROR(client->Prepare());
  return std::unique_ptr<HttpClient>(std::move(client));
}

}  // namespace writ
