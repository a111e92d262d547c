// SPDX-License-Identifier: Apache-2.0
#include "sidecar/process.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/file.h"

namespace writ {
namespace {

// Above this the allocator returns the top of the heap to the system.
constexpr int kTrimThresholdBytes = 1 << 20;
constexpr int kArenas = 2;

}  // namespace

void HardenProcess() {
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::signal(SIGPIPE, SIG_IGN);
}

void TuneAllocator() {
  ::mallopt(M_ARENA_MAX, kArenas);
  ::mallopt(M_TRIM_THRESHOLD, kTrimThresholdBytes);
}

void TrimMemory() { ::malloc_trim(0); }

uint64_t OpenFileLimit() {
  rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

void NotifyServiceManager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address = {};
  const size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, size);
  // A name that begins with `@` is abstract: a NUL stands in its place.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return;
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  static_cast<void>(::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address),
                             length));
}

std::string MonotonicLine() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return "MONOTONIC_USEC=" +
         std::to_string(
             std::chrono::floor<std::chrono::microseconds>(since_start)
                 .count());
}

}  // namespace writ
