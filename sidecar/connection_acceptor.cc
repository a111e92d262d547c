// SPDX-License-Identifier: Apache-2.0
#include "sidecar/connection_acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/log.h"

namespace writ {
namespace {

// Until descriptors may be there again.
constexpr int kPauseMs = 100;

bool IsShortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE ||
         error_number == ENOBUFS || error_number == ENOMEM;
}

}  // namespace

Status ConnectionAcceptor::Start(UniqueFd listener, Take take) {
  stop_.Reset(::eventfd(0, EFD_CLOEXEC));
  if (!stop_.valid()) return ErrnoStatus("make an eventfd", errno);
  // A connection that was there may be gone when it is accepted.
  if (::fcntl(listener.get(), F_SETFL, O_NONBLOCK) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    return ErrnoStatus("listen", errno);
  }
  listener_ = std::move(listener);
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
  return OkStatus();
}

void ConnectionAcceptor::Stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  static_cast<void>(!::write(stop_.get(), &one, sizeof one));
  thread_.join();
  listener_.Reset();
}

bool ConnectionAcceptor::AcceptOne() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) return !IsShortage(errno);
  // Answers are small and must not wait for more. Fails on a Unix socket, which
  // has no such wait.
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  take_(listener_.get(), fd.Release());
  return true;
}

void ConnectionAcceptor::Run() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  bool short_of = false;
  while (true) {
    pollfd waiting[] = {
        {.fd = stop_.get(), .events = POLLIN, .revents = 0},
        {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    // While there is a shortage the listener would be ready at every turn.
    ::poll(waiting, short_of ? 1 : 2, short_of ? kPauseMs : -1);
    if (waiting[0].revents != 0) return;
    if (!short_of && waiting[1].revents == 0) continue;
    const bool had = !std::exchange(short_of, !AcceptOne());
    if (short_of && had) Log(LogLevel::kError, "no_file_descriptors");
  }
}

}  // namespace writ
