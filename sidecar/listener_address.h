// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_LISTENER_ADDRESS_H_
#define WRIT_SIDECAR_LISTENER_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// Where a door of the sidecar listens: an IP address and port, or the path of a
// Unix socket. A value.
struct ListenerAddress {
  std::string socket_path;  // of a Unix socket, else empty
  std::string host;         // numeric, without brackets
  bool v6 = false;
  uint16_t port = 0;  // 0: a free one

  bool is_unix() const { return !socket_path.empty(); }
  // Only programs of this machine reach it.
  bool local() const;
  // "127.0.0.1:50051", "[::1]:0", "unix:/run/writ/authz.sock".
  std::string ToString() const;
};

// Reads `127.0.0.1:50051`, `[::1]:0`, `localhost:0` or `unix:PATH`.
//
// Errors  kInvalidArgument  another form, a host that is no IP address, a path
//                           longer than the system takes
Result<ListenerAddress> ParseListenerAddress(std::string_view text);

// Binds a socket, without listening; `address->port` becomes the real one. A
// Unix socket that nobody answers any more is replaced; its mode becomes
// `socket_mode`.
//
// Errors  kUnavailable       the address is taken
//         kAlreadyExists     at the path is something that is no socket
//         as the system says
Result<UniqueFd> BindListener(ListenerAddress* address, uint32_t socket_mode);

// Removes what is left of a Unix socket whose server is gone, so that the path
// can be bound again.
//
// Errors  as BindListener
Status RemoveStaleSocket(const std::string& path);

}  // namespace writ

#endif  // WRIT_SIDECAR_LISTENER_ADDRESS_H_
