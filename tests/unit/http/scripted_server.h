// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_HTTP_SCRIPTED_SERVER_H_
#define WRIT_TESTS_UNIT_HTTP_SCRIPTED_SERVER_H_

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/file.h"
#include "crypto/x509.h"
#include "gtest/gtest.h"
#include "tests/unit/http/tls_client.h"

namespace writ {

// What the certificates of a test are good for: `from` to `to` from now.
inline Validity ValidFor(std::chrono::hours from, std::chrono::hours to) {
  const WallTime now = SystemClock().Now();
  return {now + from, now + to};
}

// A certificate for localhost and an authority that signed it.
struct TestCertificates {
  explicit TestCertificates(const ServerNames& names = LoopbackNames(),
                            Validity validity = ValidFor(std::chrono::hours(-1),
                                                         std::chrono::hours(1)))
      : authority(MakeCertificateAuthority("test authority",
                                           ValidFor(std::chrono::hours(-100),
                                                    std::chrono::hours(100)))
                      .value()),
        server(IssueServerCertificate(authority, "localhost", names, validity)
                   .value()) {}

  CertifiedKey authority;
  CertifiedKey server;
};

// A server on loopback that answers each connection with what a test says:
// bytes, a stop in the middle, silence. Connections are served one after the
// other on one thread.
class ScriptedServer {
 public:
  // One connection, in the script's hands.
  class Peer {
   public:
    Peer(int fd, SSL* ssl, const std::atomic<bool>* stopping)
        : fd_(fd), ssl_(ssl), stopping_(stopping) {}

    // The head of the request and as much body as it announces.
    std::string ReadRequest() {
      std::string text;
      while (true) {
        const size_t end = text.find("\r\n\r\n");
        if (end != std::string::npos) {
          const size_t at = text.find("content-length: ");
          const size_t body =
              at < end ? static_cast<size_t>(std::atoll(text.c_str() + at + 16))
                       : 0;
          if (text.size() >= end + 4 + body) return text;
        }
        char buffer[16384];
        const ssize_t count = ssl_ != nullptr
                                  ? SSL_read(ssl_, buffer, sizeof buffer)
                                  : ::recv(fd_, buffer, sizeof buffer, 0);
        if (count <= 0) return text;
        text.append(buffer, static_cast<size_t>(count));
      }
    }
    bool Send(std::string_view text) {
      if (text.empty()) return true;
      if (ssl_ != nullptr) {
        return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0;
      }
      return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(text.size());
    }
    void Answer(std::string_view status, std::string_view headers,
                std::string_view body) {
      Send("HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
           "content-length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body));
    }
    // Until the client goes, or the server stops.
    void Hang() {
      pollfd waiting = {.fd = fd_, .events = POLLIN | POLLRDHUP, .revents = 0};
      while (!*stopping_ && (waiting.revents & (POLLRDHUP | POLLHUP)) == 0) {
        ::poll(&waiting, 1, 10);
      }
    }
    // Closes without TLS's goodbye.
    void Cut() { ::shutdown(fd_, SHUT_RDWR); }
    bool stopping() const { return *stopping_; }

   private:
    const int fd_;
    SSL* const ssl_;
    const std::atomic<bool>* const stopping_;
  };
  using Script = std::function<void(Peer& peer)>;

  // key  null: plain http
  ScriptedServer(Script script, const CertifiedKey* key)
      : script_(std::move(script)), listener_(BindLoopback(&port_)) {
    if (key != nullptr) UseKey(*key);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    SSL_CTX_free(context_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  std::string Url(std::string_view path = "/",
                  std::string_view host = "127.0.0.1") const {
    return std::string(context_ != nullptr ? "https://" : "http://") +
           std::string(host) + ":" + std::to_string(port_) + std::string(path);
  }

 private:
  void UseKey(const CertifiedKey& key) {
    context_ = SSL_CTX_new(TLS_server_method());
    const std::unique_ptr<BIO, decltype(&BIO_free)> certificate_text(
        BIO_new_mem_buf(key.certificate_pem.data(),
                        static_cast<int>(key.certificate_pem.size())),
        BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr),
        X509_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> key_text(
        BIO_new_mem_buf(key.private_key_pem.text().data(),
                        static_cast<int>(key.private_key_pem.size())),
        BIO_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> private_key(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr),
        EVP_PKEY_free);
    EXPECT_EQ(SSL_CTX_use_certificate(context_, certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_, private_key.get()), 1);
  }

  void Serve() {
    // OpenSSL writes to clients that are gone; the client under test gets no
    // such shelter.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (!stopping_) {
      const UniqueFd fd(
          ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd.valid()) continue;
      // Nothing a client does may keep a test from its end.
      const timeval limit = {.tv_sec = 10, .tv_usec = 0};
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      SSL* ssl = nullptr;
      bool ready = true;
      if (context_ != nullptr) {
        ssl = SSL_new(context_);
        SSL_set_fd(ssl, fd.get());
        ready = SSL_accept(ssl) == 1;
      }
      if (ready) {
        Peer peer(fd.get(), ssl, &stopping_);
        script_(peer);
        if (ssl != nullptr) SSL_shutdown(ssl);
      }
      SSL_free(ssl);
    }
  }

  const Script script_;
  uint16_t port_ = 0;
  const UniqueFd listener_;
  SSL_CTX* context_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_HTTP_SCRIPTED_SERVER_H_
