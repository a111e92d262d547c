// SPDX-License-Identifier: Apache-2.0
#include "runtime/jail/socket_packet.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace writ {

Result<size_t> ReceivePacket(
    int socket, void* data, size_t size_bytes,
    std::span<UniqueFd, kMaxJailDescriptors> descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 8)];
  iovec piece = {.iov_base = data, .iov_len = size_bytes};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t size = 0;
  do {
    size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (errno == EAGAIN) return Unavailable("nothing to receive");
    return ErrnoStatus("receive", errno);
  }
  size_t count = 0;
  bool too_many = false;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < received; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int),
                  sizeof(int));
      UniqueFd owned(descriptor);
      if (count < descriptors.size()) {
        descriptors[count++] = std::move(owned);
      } else {
        too_many = true;
      }
    }
  }
  if (too_many || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    for (UniqueFd& descriptor : descriptors) descriptor.Reset();
    return DataLoss("packet is cut off");
  }
  return static_cast<size_t>(size);
}

Status SendPacket(int socket, const void* data, size_t size_bytes,
                  std::span<const int> descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxJailDescriptors)];
  iovec piece = {.iov_base = const_cast<void*>(data), .iov_len = size_bytes};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    WRIT_CHECK(descriptors.size() <= kMaxJailDescriptors);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(),
                descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return ErrnoStatus("send", errno);
  return OkStatus();
}

}  // namespace writ
