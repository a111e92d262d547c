// SPDX-License-Identifier: Apache-2.0
#include "sidecar/listener_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace writ {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kForms =
    "an address is `127.0.0.1:50051`, `[::1]:0` or `unix:/path`";

union AnyAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

Status TakenOrErrno(const std::string& what, int error_number) {
  if (error_number == EADDRINUSE) {
    return Unavailable("`" + what + "` is taken by another program");
  }
  return ErrnoStatus("listen on `" + what + "`", error_number);
}

// The socket address of `path`; the length was checked when it was parsed.
socklen_t FillLocal(const std::string& path, sockaddr_un* out) {
  std::memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  std::memcpy(out->sun_path, path.data(), path.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                1);
}

Result<UniqueFd> BindUnix(const ListenerAddress& address,
                          uint32_t socket_mode) {
  WRIT_RETURN_IF_ERROR(RemoveStaleSocket(address.socket_path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus("make a socket", errno);
  AnyAddress name;
  const socklen_t size = FillLocal(address.socket_path, &name.local);
  // Nobody may connect between bind and chmod.
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(fd.get(), &name.any, size);
  const int error_number = errno;
  ::umask(mask);
  if (bound != 0) return TakenOrErrno(address.ToString(), error_number);
  if (::chmod(address.socket_path.c_str(), socket_mode) != 0) {
    return ErrnoStatus("set the mode of `" + address.socket_path + "`", errno);
  }
  return fd;
}

Result<UniqueFd> BindTcp(ListenerAddress* address) {
  UniqueFd fd(::socket(address->v6 ? AF_INET6 : AF_INET,
                       SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus("make a socket", errno);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  AnyAddress name = {};
  socklen_t size = 0;
  if (address->v6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    name.v6.sin6_family = AF_INET6;
    name.v6.sin6_port = htons(address->port);
    ::inet_pton(AF_INET6, address->host.c_str(), &name.v6.sin6_addr);
    size = sizeof name.v6;
  } else {
    name.v4.sin_family = AF_INET;
    name.v4.sin_port = htons(address->port);
    ::inet_pton(AF_INET, address->host.c_str(), &name.v4.sin_addr);
    size = sizeof name.v4;
  }
  if (::bind(fd.get(), &name.any, size) != 0) {
    return TakenOrErrno(address->ToString(), errno);
  }
  if (::getsockname(fd.get(), &name.any, &size) != 0) {
    return ErrnoStatus("ask for the port", errno);
  }
  address->port = ntohs(address->v6 ? name.v6.sin6_port : name.v4.sin_port);
  return fd;
}

}  // namespace

bool ListenerAddress::local() const {
  return is_unix() || (v6 ? host == "::1" : host.starts_with("127."));
}

std::string ListenerAddress::ToString() const {
  if (is_unix()) return std::string(kUnix) + socket_path;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenerAddress> ParseListenerAddress(std::string_view text) {
  ListenerAddress address;
  if (text.starts_with(kUnix)) {
    address.socket_path = text.substr(kUnix.size());
    if (address.socket_path.empty() ||
        address.socket_path.find('\0') != std::string::npos) {
      return InvalidArgument(kForms);
    }
    if (address.socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
      return InvalidArgument("the path of a Unix socket has at most " +
                             std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                             " bytes");
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return InvalidArgument(kForms);
  const std::string_view port = text.substr(colon + 1);
  const auto [stop, error] =
      std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || stop != port.data() + port.size()) {
    return InvalidArgument("a port is a number from 0 to 65535; " +
                           std::string(kForms));
  }
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  address.v6 = host.starts_with('[') && host.ends_with(']');
  if (address.v6) host = host.substr(1, host.size() - 2);
  address.host = host;
  in6_addr parsed;
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, address.host.c_str(),
                  &parsed) != 1) {
    return InvalidArgument("a host is an IP address; " + std::string(kForms));
  }
  if (address.v6) {
    // One spelling, so that `::1` is known as loopback however it is written.
    char canonical[INET6_ADDRSTRLEN];
    ::inet_ntop(AF_INET6, &parsed, canonical, sizeof canonical);
    address.host = canonical;
  }
  return address;
}

Status RemoveStaleSocket(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? OkStatus()
                           : ErrnoStatus("look at `" + path + "`", errno);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return AlreadyExists("`" + path + "` is there and is no socket");
  }
  const UniqueFd fd(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return ErrnoStatus("make a socket", errno);
  AnyAddress name;
  const socklen_t size = FillLocal(path, &name.local);
  if (::connect(fd.get(), &name.any, size) == 0 || errno == EAGAIN) {
    return Unavailable("another program listens on `unix:" + path + "`");
  }
  if (errno != ECONNREFUSED) {
    return ErrnoStatus("connect to `" + path + "`", errno);
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus("remove `" + path + "`", errno);
  }
  return OkStatus();
}

Result<UniqueFd> BindListener(ListenerAddress* address, uint32_t socket_mode) {
  if (address->is_unix()) return BindUnix(*address, socket_mode);
  return BindTcp(address);
}

}  // namespace writ
