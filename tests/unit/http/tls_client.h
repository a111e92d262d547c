// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_
#define WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "crypto/x509.h"

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

// A connection to loopback; invalid when there is none.
inline UniqueFd ConnectLoopback(uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                sizeof address) != 0) {
    return UniqueFd();
  }
  return fd;
}

inline sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

inline UniqueFd BindUnix(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

inline UniqueFd ConnectUnix(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    return UniqueFd();
  }
  return fd;
}

// A client that sends whatever bytes a test wants.
class HttpTestClient {
 public:
  explicit HttpTestClient(UniqueFd fd) : fd_(std::move(fd)) {}
  HttpTestClient(const HttpTestClient&) = delete;
  HttpTestClient& operator=(const HttpTestClient&) = delete;
  virtual ~HttpTestClient() = default;

  virtual bool connected() const { return fd_.valid(); }

  virtual bool Send(std::string_view text) {
    return connected() && WriteAll(fd_.get(), text).ok();
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

 protected:
  virtual bool Waiting() const { return false; }
  virtual ssize_t Receive(char* buffer, size_t size) {
    return ::recv(fd_.get(), buffer, size, 0);
  }

  UniqueFd fd_;

 private:
  bool Fill() {
    if (!connected()) return false;
    if (!Waiting()) {
      pollfd waiting = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 10000) <= 0) {
        timed_out_ = true;
        return false;
      }
    }
    char buffer[16384];
    const ssize_t count = Receive(buffer, sizeof buffer);
    if (count <= 0) return false;
    pending_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  bool timed_out_ = false;
  std::string pending_;
};

// The same over TLS, with a certificate of its own if a test wants.
class TlsClient final : public HttpTestClient {
 public:
  explicit TlsClient(uint16_t port, int max_version = 0,
                     const CertifiedKey* own = nullptr)
      : HttpTestClient(ConnectLoopback(port)),
        context_(SSL_CTX_new(TLS_client_method())) {
    if (!fd_.valid()) return;
    if (max_version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, max_version);
      SSL_CTX_set_max_proto_version(context_, max_version);
    }
    if (own != nullptr) Use(*own);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_.get());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  bool connected() const override { return connected_; }

  bool Send(std::string_view text) override {
    return connected_ &&
           SSL_write(ssl_, text.data(), static_cast<int>(text.size())) ==
               static_cast<int>(text.size());
  }

  // The server offered to take this session up again.
  bool CanResume() const {
    return SSL_SESSION_is_resumable(SSL_get0_session(ssl_)) == 1 &&
           SSL_SESSION_has_ticket(SSL_get0_session(ssl_)) == 1;
  }

  // The common name of the server's certificate.
  std::string ServerName() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_);
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                              NID_commonName, name, sizeof name);
    return name;
  }

 private:
  void Use(const CertifiedKey& own) {
    BIO* const text =
        BIO_new_mem_buf(own.certificate_pem.data(),
                        static_cast<int>(own.certificate_pem.size()));
    X509* const certificate =
        PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, certificate);
    X509_free(certificate);
    BIO_free(text);
    BIO* const secret =
        BIO_new_mem_buf(own.private_key_pem.text().data(),
                        static_cast<int>(own.private_key_pem.size()));
    EVP_PKEY* const key =
        PEM_read_bio_PrivateKey(secret, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context_, key);
    EVP_PKEY_free(key);
    BIO_free(secret);
  }

  bool Waiting() const override { return SSL_pending(ssl_) > 0; }
  ssize_t Receive(char* buffer, size_t size) override {
    return SSL_read(ssl_, buffer, static_cast<int>(size));
  }

  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_HTTP_TLS_CLIENT_H_
