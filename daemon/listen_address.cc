// SPDX-License-Identifier: Apache-2.0
#include "daemon/listen_address.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <sstream>

namespace writ {
namespace {

constexpr uint64_t kMaxProcBytes = 16u << 20;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// The inodes of the sockets that listen on `port`.
std::set<std::string> ListeningInodes(uint16_t port) {
  std::set<std::string> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const Result<std::string> text = ReadFile(table, kMaxProcBytes);
    if (!text.ok()) continue;
    std::istringstream lines(text.value());
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, uid,
          timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >>
          retransmits >> uid >> timeout >> inode;
      const size_t colon = local.rfind(':');
      if (state != "0A" || colon == std::string::npos) continue;
      if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port) {
        inodes.insert("socket:[" + inode + "]");
      }
    }
  }
  return inodes;
}

bool HoldsOneOf(const std::string& pid, const std::set<std::string>& inodes) {
  const std::string path = "/proc/" + pid + "/fd";
  const Directory directory(::opendir(path.c_str()));
  if (directory == nullptr) return false;
  while (const dirent* entry = ::readdir(directory.get())) {
    char target[64];
    const std::string link = path + "/" + entry->d_name;
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    if (size > 0 &&
        inodes.contains(std::string(target, static_cast<size_t>(size)))) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string ListenAddress::ToString() const {
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  ListenAddress address;
  const auto malformed = [text] {
    return InvalidArgument("`" + std::string(text) +
                           "` is not HOST:PORT, as in 127.0.0.1:9443");
  };
  if (colon == std::string_view::npos) return malformed();
  std::string host(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] =
      std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() ||
      number > 65535) {
    return malformed();
  }
  address.port = static_cast<uint16_t>(number);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    address.v6 = true;
  }
  in6_addr binary = {};
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, host.c_str(), &binary) !=
      1) {
    return malformed();
  }
  bool loopback = false;
  if (address.v6) {
    loopback = IN6_IS_ADDR_LOOPBACK(&binary);
  } else {
    loopback = reinterpret_cast<const unsigned char*>(&binary)[0] == 127;
  }
  if (!loopback) {
    return PermissionDenied(
        "`" + host +
        "` is not a loopback address: this version listens on 127.0.0.1 or "
        "::1 only, because rate limits and an own certificate, which a network "
        "needs, are not there yet");
  }
  address.host = host;
  return address;
}

Result<UniqueFd> BindEndpoint(ListenAddress* address) {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  if (address->v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address->port);
    ::inet_pton(AF_INET6, address->host.c_str(), &v6.sin6_addr);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address->port);
    ::inet_pton(AF_INET, address->host.c_str(), &v4.sin_addr);
    size = sizeof v4;
  }
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus("make a socket", errno);
  // Connections of an earlier run that linger must not keep the port.
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) !=
      0) {
    if (errno != EADDRINUSE) {
      return ErrnoStatus("bind `" + address->ToString() + "`", errno);
    }
    const std::string holder = FindPortHolder(address->port);
    return Unavailable("port " + std::to_string(address->port) + " of " +
                       address->host + " is taken" +
                       (holder.empty() ? "" : " by " + holder) +
                       "; stop it, or choose another port with --listen " +
                       address->host + ":PORT (0: a free one)");
  }
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &size) !=
      0) {
    return ErrnoStatus("read the bound port", errno);
  }
  address->port =
      ntohs(address->v6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                        : reinterpret_cast<sockaddr_in&>(storage).sin_port);
  return fd;
}

std::string FindPortHolder(uint16_t port) {
  const std::set<std::string> inodes = ListeningInodes(port);
  const Directory proc(::opendir("/proc"));
  if (inodes.empty() || proc == nullptr) return "";
  while (const dirent* entry = ::readdir(proc.get())) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!HoldsOneOf(pid, inodes)) continue;
    Result<std::string> name = ReadFile("/proc/" + pid + "/comm", 64);
    std::string text = name.ok() ? name.value() : "";
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return "pid " + pid + (text.empty() ? "" : " (" + text + ")");
  }
  return "";
}

}  // namespace writ
