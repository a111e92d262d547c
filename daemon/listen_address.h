// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_LISTEN_ADDRESS_H_
#define WRIT_DAEMON_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// Where the endpoint listens: one loopback address.
struct ListenAddress {
  bool v6 = false;
  std::string host = "127.0.0.1";  // numeric
  uint16_t port = 9443;            // 0: a free one

  // "127.0.0.1:9443", "[::1]:9443".
  std::string ToString() const;
};

// Reads HOST:PORT: localhost, 127.x.y.z or [::1].
//
// Errors  kInvalidArgument    no such form
//         kPermissionDenied   not loopback: the platform is not fit for a
//                             network yet
Result<ListenAddress> ParseListenAddress(std::string_view text);

// Binds, without listening; `address->port` becomes the real one.
//
// Errors  kUnavailable  the port is taken; the message names the process that
//                       listens there when it can be found
Result<UniqueFd> BindEndpoint(ListenAddress* address);

// "pid 4711 (nginx)": who listens on a TCP port of this machine; empty when it
// cannot be found.
std::string FindPortHolder(uint16_t port);

}  // namespace writ

#endif  // WRIT_DAEMON_LISTEN_ADDRESS_H_
