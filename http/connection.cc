// SPDX-License-Identifier: Apache-2.0
//
// The only file of the server that sees Boost. Each connection has a thread and
// an event loop of its own: handlers may block, a request never changes
// threads, and a wait for the peer is `loop.run_for(limit)`, after which the
// socket is closed.
#include "http/connection.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <exception>
#include <optional>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/log.h"

namespace writ {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Socket = asio::generic::stream_protocol::socket;

constexpr size_t kPieceBytes = 64u << 10;
// What a connection that waits for its next request keeps ready.
constexpr size_t kFirstReadBytes = 4u << 10;
constexpr Milliseconds kTick{1000};
constexpr Milliseconds kDrainTime{2000};
// A body has this many times the wait for one of its pieces.
constexpr int kBodyWaits = 10;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// The server's own fields, which no handler may set.
bool IsServerField(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "connection",        "content-length", "keep-alive",
      "transfer-encoding", "upgrade",        "trailer"};
  return std::ranges::find(kNames, name) != kNames.end();
}

std::string_view ReasonPhrase(int status) {
  const auto phrase =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

using Parser = http::request_parser<http::buffer_body>;

class Connection final : private BodyReader {
 public:
  Connection(HttpServing* serving, int fd, std::string peer)
      : serving_(serving), peer_(std::move(peer)), fd_(fd) {}

  void Serve() {
    const TlsContext tls = serving_->CurrentTls();
    if (tls != nullptr && !AwaitTls()) return;
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      return;
    }
    error_code error;
    socket_.assign(asio::generic::stream_protocol(address.ss_family, 0), fd_,
                   error);
    if (error || (tls != nullptr && !Handshake(tls))) return;
    while (ServeOne()) {
    }
    Close();
  }

  // The socket is the caller's; asio must not close it.
  ~Connection() override {
    error_code ignored;
    if (socket_.is_open()) socket_.release(ignored);
  }

 private:
  // Runs the started operation; on a timeout breaks the connection.
  bool Run(const bool& done, Milliseconds limit) {
    loop_.restart();
    loop_.run_for(limit);
    if (done) return true;
    ::shutdown(fd_, SHUT_RDWR);
    loop_.restart();
    loop_.run_for(kTick);
    broken_ = true;
    return false;
  }

  // A peer that speaks plain HTTP gets one plain sentence.
  bool AwaitTls() {
    pollfd waiting = {.fd = fd_, .events = POLLIN, .revents = 0};
    const int limit =
        static_cast<int>(serving_->options.handshake_timeout.count());
    if (::poll(&waiting, 1, limit) <= 0) return false;
    char first = 0;
    if (::recv(fd_, &first, 1, MSG_PEEK) != 1) return false;
    if (first < 'A' || first > 'Z') return true;
    const HttpResponse response = serving_->options.error_form(
        400, "InvalidArgument", "This endpoint speaks HTTPS only.");
    const std::string text =
        FormatResponseHead(response, false, "GET") + response.body;
    [[maybe_unused]] const ssize_t sent =
        ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    DrainSocket();
    return false;
  }

  bool Handshake(const TlsContext& tls) {
    SSL_CTX_up_ref(tls.get());
    asio::ssl::context context(tls.get());  // takes over that reference
    stream_.emplace(socket_, context);
    bool done = false;
    error_code error;
    stream_->async_handshake(asio::ssl::stream_base::server,
                             [&](const error_code& e) {
                               error = e;
                               done = true;
                             });
    if (!Run(done, serving_->options.handshake_timeout) || error) return false;
    peer_names_ = VerifiedPeerNames(stream_->native_handle());
    return true;
  }

  // Calls `operation` with what is read from and written to.
  template <typename Operation>
  void OnStream(const Operation& operation) {
    if (stream_.has_value()) {
      operation(*stream_);
    } else {
      operation(socket_);
    }
  }

  // Waits for the first byte of a request, in short steps so that a crowded
  // server can let idle connections go.
  bool AwaitRequest() {
    if (buffer_.size() > 0) return true;
    bool done = false;
    error_code error;
    size_t count = 0;
    if (buffer_.capacity() > kFirstReadBytes) buffer_.shrink_to_fit();
    OnStream([&](auto& stream) {
      stream.async_read_some(buffer_.prepare(kFirstReadBytes),
                             [&](const error_code& e, size_t n) {
                               error = e;
                               count = n;
                               done = true;
                             });
    });
    const auto begin = SteadyClock::now();
    while (!done) {
      loop_.restart();
      loop_.run_for(kTick);
      if (done) break;
      const size_t crowded = serving_->options.max_connections * 3 / 4;
      const Milliseconds patience = serving_->connections > crowded
                                        ? kTick
                                        : serving_->options.idle_timeout;
      if (serving_->stopping || SteadyClock::now() - begin >= patience) {
        Run(done, Milliseconds(0));
        return false;
      }
    }
    if (error) {
      broken_ = true;
      return false;
    }
    buffer_.commit(count);
    return true;
  }

  // Serves one request; false when the connection is to be closed.
  bool ServeOne() {
    if (!AwaitRequest() || serving_->stopping) return false;
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(kMaxRequestHeadBytes));
    parser_->body_limit(serving_->options.max_body_bytes);
    body_state_ = BodyState::kUnread;
    bool done = false;
    error_code error;
    size_t head_bytes = 0;
    OnStream([&](auto& stream) {
      http::async_read_header(stream, buffer_, *parser_,
                              [&](const error_code& e, size_t n) {
                                error = e;
                                head_bytes = n;
                                done = true;
                              });
    });
    if (!Run(done, serving_->options.head_timeout)) return false;
    if (error) return Refuse(error);
    RequestHead head;
    if (!TakeHead(&head)) {
      return Answer(OwnError(400, "InvalidArgument",
                             "The request line or a header is malformed."),
                    "", false);
    }
    if (head.raw_path != "/" && head_bytes > kMaxRequestHeadBytesFc) {
      return Answer(TooLargeHead(), head.method, false);
    }
    parser_->eager(true);
    expects_continue_ = Expects(head);
    body_deadline_ =
        SteadyClock::now() + kBodyWaits * serving_->options.io_timeout;
    HttpResponse response = Handle(head);
    switch (body_state_) {
      case BodyState::kBroken:
        return false;
      case BodyState::kMalformed:
        return Answer(
            OwnError(400, "InvalidArgument", "The request body is malformed."),
            head.method, false);
      case BodyState::kTooLarge:
        return Answer(TooLargeBody(), head.method, false);
      case BodyState::kUnread:
      case BodyState::kRead:
        break;
    }
    const bool whole = parser_->is_done();
    const bool keep = parser_->keep_alive() && whole && !serving_->stopping;
    return Answer(response, head.method, keep);
  }

  HttpResponse Handle(const RequestHead& head) {
    try {
      return serving_->handler(head, this);
    } catch (const std::exception& fault) {
      // A library below the handler threw: the peer is owed an answer. What it
      // says may quote the request (P50), so only its kind is logged.
      Log(LogLevel::kError, "request_fault", {{"kind", typeid(fault).name()}});
      return OwnError(500, "InternalServerError", "The server has failed.");
    }
  }

  // The answer to a head that the parser refuses.
  bool Refuse(const error_code& error) {
    if (error == http::error::header_limit ||
        error == http::error::buffer_overflow) {
      return Answer(TooLargeHead(), "", false);
    }
    if (error == http::error::body_limit) {
      return Answer(TooLargeBody(), "", false);
    }
    const bool malformed =
        error.category() ==
            http::make_error_code(http::error::bad_version).category() &&
        error != http::error::end_of_stream &&
        error != http::error::partial_message;
    if (!malformed) {
      broken_ = true;
      return false;
    }
    return Answer(OwnError(400, "InvalidArgument",
                           "The request is no well-formed HTTP/1.1."),
                  "", false);
  }

  HttpResponse OwnError(int status, std::string_view code,
                        std::string_view message) const {
    return serving_->options.error_form(status, code, message);
  }
  HttpResponse TooLargeHead() const {
    return OwnError(431, "RequestHeaderFieldsTooLarge",
                    "The request line and its headers are too large.");
  }
  HttpResponse TooLargeBody() const {
    return OwnError(413, "EntityTooLarge", "The request body is too large.");
  }

  bool TakeHead(RequestHead* head) const {
    const auto& message = parser_->get();
    const std::string_view target(message.target().data(),
                                  message.target().size());
    if (target.empty() || target.front() != '/') return false;
    head->method.assign(message.method_string().data(),
                        message.method_string().size());
    const size_t mark = target.find('?');
    head->raw_path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
      head->raw_query = target.substr(mark + 1);
    }
    for (const auto& field : message) {
      const std::string_view name(field.name_string().data(),
                                  field.name_string().size());
      const std::string_view value(field.value().data(), field.value().size());
      head->headers.push_back({LowerCase(name), std::string(Trim(value))});
    }
    head->peer_address = peer_;
    head->peer_names = peer_names_;
    head->secure_transport = stream_.has_value();
    // A coding that is not understood hides where the body ends.
    for (const HeaderField& field : head->headers) {
      if (field.name == "transfer-encoding" &&
          LowerCase(field.value) != "chunked") {
        return false;
      }
    }
    return true;
  }

  static bool Expects(const RequestHead& head) {
    const std::string* expect = head.Single("expect");
    return expect != nullptr && LowerCase(*expect) == "100-continue";
  }

  // BodyReader.
  bool Read(std::string* piece) override {
    piece->clear();
    if (body_state_ != BodyState::kUnread) {
      return body_state_ == BodyState::kRead;
    }
    if (parser_->is_done()) {
      body_state_ = BodyState::kRead;
      return true;
    }
    if (std::exchange(expects_continue_, false) &&
        !Send("HTTP/1.1 100 Continue\r\n\r\n")) {
      body_state_ = BodyState::kBroken;
      return false;
    }
    body_state_ = ReadPiece(piece);
    return body_state_ == BodyState::kUnread || body_state_ == BodyState::kRead;
  }

  enum class BodyState { kUnread, kRead, kBroken, kMalformed, kTooLarge };

  BodyState ReadPiece(std::string* piece) {
    piece->resize(kPieceBytes);
    while (true) {
      auto& body = parser_->get().body();
      body.data = piece->data();
      body.size = piece->size();
      bool done = false;
      error_code error;
      OnStream([&](auto& stream) {
        http::async_read_some(stream, buffer_, *parser_,
                              [&](const error_code& e, size_t) {
                                error = e;
                                done = true;
                              });
      });
      const auto left = std::chrono::duration_cast<Milliseconds>(
          body_deadline_ - SteadyClock::now());
      if (!Run(done, std::clamp(left, Milliseconds(0),
                                serving_->options.io_timeout))) {
        piece->clear();
        return BodyState::kBroken;
      }
      if (error == http::error::need_buffer) error = {};
      if (error) {
        piece->clear();
        if (error == http::error::body_limit) return BodyState::kTooLarge;
        const bool transport =
            error == http::error::end_of_stream ||
            error == http::error::partial_message ||
            error.category() !=
                http::make_error_code(http::error::bad_version).category();
        if (transport) broken_ = true;
        return transport ? BodyState::kBroken : BodyState::kMalformed;
      }
      const size_t count = piece->size() - body.size;
      if (count > 0 || parser_->is_done()) {
        piece->resize(count);
        return parser_->is_done() && count == 0 ? BodyState::kRead
                                                : BodyState::kUnread;
      }
    }
  }

  // Sends an answer; false when the connection is to be closed.
  bool Answer(const HttpResponse& response, std::string_view method,
              bool keep_alive) {
    std::string text = FormatResponseHead(response, keep_alive, method);
    const bool has_body = method != "HEAD";
    std::string_view rest = response.body;
    if (has_body) {
      const size_t joined = std::min(rest.size(), kPieceBytes);
      text.append(rest.substr(0, joined));
      rest.remove_prefix(joined);
    }
    if (!Send(text)) return false;
    while (has_body && !rest.empty()) {
      const size_t count = std::min(rest.size(), 4 * kPieceBytes);
      if (!Send(rest.substr(0, count))) return false;
      rest.remove_prefix(count);
    }
    return keep_alive;
  }

  bool Send(std::string_view text) {
    bool done = false;
    error_code error;
    OnStream([&](auto& stream) {
      asio::async_write(stream, asio::buffer(text.data(), text.size()),
                        [&](const error_code& e, size_t) {
                          error = e;
                          done = true;
                        });
    });
    const bool sent = Run(done, serving_->options.io_timeout) && !error;
    if (!sent) broken_ = true;
    return sent;
  }

  // Says goodbye and takes what is still under way, for a short while: closing
  // a socket with unread bytes would throw away an answer on its way.
  void Close() {
    if (broken_) return;
    if (!stream_.has_value()) {
      DrainSocket();
      return;
    }
    bool done = false;
    stream_->async_shutdown([&](const error_code&) { done = true; });
    loop_.restart();
    loop_.run_for(Milliseconds(1));
    DrainSocket();
    if (!done) {
      loop_.restart();
      loop_.run_for(kTick);
    }
  }

  void DrainSocket() {
    ::shutdown(fd_, SHUT_WR);
    const auto deadline = SteadyClock::now() + kDrainTime;
    uint64_t drained = 0;
    std::array<char, kPieceBytes> waste;
    while (drained < kMaxDrainBytes && SteadyClock::now() < deadline) {
      pollfd waiting = {.fd = fd_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 100) <= 0) {
        if (serving_->stopping) return;
        continue;
      }
      const ssize_t count =
          ::recv(fd_, waste.data(), waste.size(), MSG_DONTWAIT);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        return;
      }
      if (count > 0) drained += static_cast<uint64_t>(count);
    }
  }

  HttpServing* const serving_;
  const std::string peer_;
  const int fd_;
  asio::io_context loop_{1};
  Socket socket_{loop_};
  std::optional<asio::ssl::stream<Socket&>> stream_;  // none: plain text
  std::vector<std::string> peer_names_;
  boost::beast::flat_buffer buffer_{kMaxRequestHeadBytes + kPieceBytes};
  std::optional<Parser> parser_;
  BodyState body_state_ = BodyState::kUnread;
  SteadyClock::time_point body_deadline_;
  bool expects_continue_ = false;
  bool broken_ = false;
};

}  // namespace

void ServeHttpConnection(HttpServing* serving, int fd, std::string peer) {
  Connection(serving, fd, std::move(peer)).Serve();
}

std::string FormatResponseHead(const HttpResponse& response, bool keep_alive,
                               std::string_view method) {
  const int status =
      response.status >= 200 && response.status <= 599 ? response.status : 500;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " ";
  head += ReasonPhrase(status);
  head += "\r\n";
  for (const HeaderField& field : response.headers) {
    const std::string name = LowerCase(field.name);
    const bool safe = !name.empty() &&
                      std::ranges::all_of(name, IsTokenCharacter) &&
                      std::ranges::none_of(field.value, [](char c) {
                        const auto byte = static_cast<unsigned char>(c);
                        return (byte < 0x20 && c != '\t') || byte == 0x7F;
                      });
    if (!safe || IsServerField(name)) continue;
    head += name + ": " + field.value + "\r\n";
  }
  const bool bodiless = status == 204 || status == 304;
  if (!bodiless || method == "HEAD") {
    head += "content-length: " + std::to_string(response.body.size()) + "\r\n";
  }
  head += keep_alive ? "connection: keep-alive\r\n\r\n"
                     : "connection: close\r\n\r\n";
  return head;
}

}  // namespace writ
