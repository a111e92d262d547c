// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_SOCKET_PACKET_H_
#define WRIT_RUNTIME_JAIL_SOCKET_PACKET_H_

#include <array>
#include <cstddef>
#include <span>

#include "base/file.h"
#include "base/status.h"
#include "runtime/jail/protocol.h"

namespace writ {

// Receives one packet of a seqpacket socket and the descriptors beside it, in
// order; those not sent stay invalid. Returns the packet's size; 0: the other
// end is closed.
//
// Errors  kDataLoss  cut off: longer than size_bytes, or too many descriptors
//                    (all that came are closed)
//         kUnavailable  nothing there yet (non-blocking socket)
Result<size_t> ReceivePacket(
    int socket, void* data, size_t size_bytes,
    std::span<UniqueFd, kMaxJailDescriptors> descriptors);

// Sends one packet with descriptors, which stay the caller's.
Status SendPacket(int socket, const void* data, size_t size_bytes,
                  std::span<const int> descriptors);

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_SOCKET_PACKET_H_
