// SPDX-License-Identifier: Apache-2.0
//
// Takes connections and gives each a thread (connection.cc). Stop() wakes a
// waiting connection with shutdown(2) on its socket, whose number stays valid
// while the connection is in the table.
#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "http/connection.h"
#include "http/tls_context.h"

namespace writ {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kTick{1000};

std::string PeerText(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      constexpr size_t kMappedPrefixBytes = 12;
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[kMappedPrefixBytes],
                  text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

class ThreadedServer final : public HttpServer {
 public:
  ThreadedServer(Options options, int listener_fd, HttpHandler handler,
                 const Clock* clock)
      : listener_fd_(listener_fd),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    serving_.options = std::move(options);
    serving_.handler = std::move(handler);
    if (serving_.options.error_form == nullptr) {
      serving_.options.error_form = FcErrorForm(clock);
    }
  }
  ~ThreadedServer() override { Stop(Milliseconds(0)); }

  Status LoadCertificate() {
    if (serving_.options.transport == HttpTransport::kPlain) return OkStatus();
    WRIT_RETURN_IF_ERROR(ReplaceCertificate(serving_.options.certificate_pem,
                                            serving_.options.private_key_pem,
                                            serving_.options.client_ca_pem));
    serving_.options.private_key_pem = SecretBytes();
    return OkStatus();
  }

  Status ReplaceCertificate(std::string_view certificate_pem,
                            const SecretBytes& private_key_pem,
                            std::string_view client_ca_pem) override {
    if (serving_.options.transport == HttpTransport::kPlain) {
      return FailedPrecondition("this endpoint speaks no TLS");
    }
    WRIT_ASSIGN_OR_RETURN(
        TlsContext context,
        MakeServerTlsContext(certificate_pem, private_key_pem, client_ca_pem));
    serving_.SetTls(std::move(context));
    return OkStatus();
  }

  Status Start() override {
    if (!wake_.valid()) return ErrnoStatus("make an eventfd", errno);
    if (::listen(listener_fd_, SOMAXCONN) != 0) {
      return ErrnoStatus("listen", errno);
    }
    acceptor_ = std::thread([this] { Accept(); });
    return OkStatus();
  }

  void Stop(Milliseconds grace) override {
    if (!acceptor_.joinable()) return;
    serving_.stopping = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t woken =
        ::write(wake_.get(), &one, sizeof one);
    acceptor_.join();
    std::unique_lock lock(mu_);
    // Nothing more is read: idle connections end, answers still go out.
    for (const auto& [id, open] : open_) ::shutdown(open.fd, SHUT_RD);
    changed_.wait_for(lock, grace, [this] { return open_.empty(); });
    for (const auto& [id, open] : open_) ::shutdown(open.fd, SHUT_RDWR);
    changed_.wait(lock, [this] { return open_.empty(); });
    JoinFinished(&lock);
  }

 private:
  struct Open {
    int fd = -1;
    std::thread thread;
  };

  void Accept() {
    uint64_t next_id = 0;
    while (!serving_.stopping) {
      {
        std::unique_lock lock(mu_);
        changed_.wait_for(lock, kTick, [this] {
          return serving_.stopping ||
                 open_.size() < serving_.options.max_connections;
        });
        JoinFinished(&lock);
        if (open_.size() >= serving_.options.max_connections) continue;
      }
      std::array<pollfd, 2> waiting = {
          pollfd{.fd = listener_fd_, .events = POLLIN, .revents = 0},
          pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
      ::poll(waiting.data(), waiting.size(), -1);
      if (waiting[1].revents != 0 || waiting[0].revents == 0) continue;
      sockaddr_storage address = {};
      socklen_t size = sizeof address;
      UniqueFd fd(::accept4(listener_fd_, reinterpret_cast<sockaddr*>(&address),
                            &size, SOCK_CLOEXEC));
      if (!fd.valid()) {
        // Out of descriptors: the peer waits in the kernel's queue.
        if (errno == EMFILE || errno == ENFILE) ::poll(nullptr, 0, 50);
        continue;
      }
      // At a Unix socket this fails, and nothing is lost.
      const int one = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      Launch(next_id++, std::move(fd), PeerText(address));
    }
  }

  void Launch(uint64_t id, UniqueFd fd, std::string peer) {
    std::unique_lock lock(mu_);
    Open& open = open_[id];
    open.fd = fd.get();
    ++serving_.connections;
    try {
      open.thread = std::thread(&ThreadedServer::RunConnection, this, id,
                                std::move(fd), std::move(peer));
    } catch (const std::system_error&) {
      // No thread to be had: this peer is turned away.
      open_.erase(id);
      --serving_.connections;
    }
  }

  void RunConnection(uint64_t id, UniqueFd fd, std::string peer) {
    ServeHttpConnection(&serving_, fd.get(), std::move(peer));
    std::unique_lock lock(mu_);
    const auto entry = open_.find(id);
    finished_.push_back(std::move(entry->second.thread));
    open_.erase(entry);
    --serving_.connections;
    changed_.notify_all();
  }

  void JoinFinished(std::unique_lock<std::mutex>* lock) {
    std::vector<std::thread> finished = std::move(finished_);
    finished_.clear();
    lock->unlock();
    for (std::thread& thread : finished) thread.join();
    lock->lock();
  }

  const int listener_fd_;
  const UniqueFd wake_;
  HttpServing serving_;
  std::thread acceptor_;
  std::mutex mu_;
  std::condition_variable changed_;
  std::map<uint64_t, Open> open_;
  std::vector<std::thread> finished_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Make(Options options,
                                                     int listener_fd,
                                                     HttpHandler handler,
                                                     const Clock* clock) {
  auto server = std::make_unique<ThreadedServer>(
      std::move(options), listener_fd, std::move(handler), clock);
  WRIT_RETURN_IF_ERROR(server->LoadCertificate());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace writ
