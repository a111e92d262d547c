// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_
#define WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"

namespace writ {

// A bound loopback socket on a free port.
inline UniqueFd BindLoopback(uint16_t* port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return fd;
}

// A client that sends whatever bytes a test wants.
class TlsClient {
 public:
  explicit TlsClient(uint16_t port, int max_version = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address),
                  sizeof address) != 0) {
      return;
    }
    context_ = SSL_CTX_new(TLS_client_method());
    if (max_version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, max_version);
      SSL_CTX_set_max_proto_version(context_, max_version);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_.get());
    connected_ = SSL_connect(ssl_) == 1;
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  bool connected() const { return connected_; }

  bool Send(std::string_view text) {
    return connected_ &&
           SSL_write(ssl_, text.data(), static_cast<int>(text.size())) ==
               static_cast<int>(text.size());
  }

  // One answer: its head and as much body as Content-Length says; what there
  // is when the connection ends before.
  std::string ReadAnswer(bool has_body = true) {
    while (true) {
      const size_t end = pending_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t at = pending_.find("content-length: ");
        const size_t body =
            has_body && at < end
                ? static_cast<size_t>(std::atoll(pending_.c_str() + at + 16))
                : 0;
        if (pending_.size() >= end + 4 + body) {
          std::string answer = pending_.substr(0, end + 4 + body);
          pending_.erase(0, answer.size());
          return answer;
        }
      }
      if (!Fill()) return std::exchange(pending_, "");
    }
  }

  // True when the server closes without sending more, within ten seconds.
  bool AtEnd() {
    while (Fill()) {
    }
    return pending_.empty() && !timed_out_;
  }

 private:
  bool Fill() {
    if (!connected_) return false;
    if (SSL_pending(ssl_) == 0) {
      pollfd waiting = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 10000) <= 0) {
        timed_out_ = true;
        return false;
      }
    }
    char buffer[16384];
    const int count = SSL_read(ssl_, buffer, sizeof buffer);
    if (count <= 0) return false;
    pending_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  UniqueFd fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  bool timed_out_ = false;
  std::string pending_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_
