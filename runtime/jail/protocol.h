// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_PROTOCOL_H_
#define WRIT_RUNTIME_JAIL_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace writ {

// What the node may ask of the jail: packets of one fixed size over a Unix
// seqpacket pair, with descriptors beside them. No path, user id, flag or mount
// option is ever in a request (P36); a number is a slot or a wish that the jail
// clamps to its own maxima.
enum class JailRequestKind : uint32_t {
  // Unpacks a package into a code slot. Descriptors: the package.
  kUnpackCode = 1,
  // Drops the unpacked package of a code slot.
  kReleaseCode = 2,
  // Starts an instance over a code slot. Descriptors: init's end of the frame
  // socket, the sealed start specification, the write end of the output pipe.
  // The reply brings a pidfd and two read-only descriptors of the instance's
  // memory group: the peak in bytes and the count of out-of-memory kills.
  kStartInstance = 3,
  // Ends an instance with every process in it; answered once it is empty.
  kStopInstance = 4,
  // Replaces the generous CPU limit of the start by the function's own.
  kSettleInstance = 5,
};

inline constexpr uint32_t kJailMagic = 0x4a545257;  // "WRTJ"
inline constexpr size_t kMaxJailDescriptors = 3;

struct JailRequest {
  uint32_t magic = kJailMagic;
  JailRequestKind kind = JailRequestKind::kStopInstance;
  uint64_t tag = 0;  // comes back in the reply
  uint32_t instance_slot = 0;
  uint32_t code_slot = 0;
  uint32_t memory_mb = 0;
  uint32_t cpu_milli = 0;  // thousandths of a CPU
  uint32_t disk_mb = 0;
  uint32_t reserved[5] = {};  // zero
};
static_assert(sizeof(JailRequest) == 56);
static_assert(std::is_trivially_copyable_v<JailRequest>);

enum class JailError : uint32_t {
  kNone = 0,
  kBadRequest = 1,  // malformed, slot out of range or in the wrong state
  kBadPackage = 2,  // the archive is refused; the detail says why
  kSystem = 3,      // the host refused something; the detail says what
};

struct JailReply {
  uint32_t magic = kJailMagic;
  JailRequestKind kind = JailRequestKind::kStopInstance;
  uint64_t tag = 0;
  JailError error = JailError::kNone;
  uint32_t detail_bytes = 0;
  char detail[232] = {};
};
static_assert(sizeof(JailReply) == 256);
static_assert(std::is_trivially_copyable_v<JailReply>);

// How many descriptors a request of this kind carries; -1: no such kind.
constexpr int JailDescriptorCount(JailRequestKind kind) {
  switch (kind) {
    case JailRequestKind::kUnpackCode:
      return 1;
    case JailRequestKind::kStartInstance:
      return 3;
    case JailRequestKind::kReleaseCode:
    case JailRequestKind::kStopInstance:
    case JailRequestKind::kSettleInstance:
      return 0;
  }
  return -1;
}

// The descriptors that init finds open, and nothing else beyond 2.
inline constexpr int kInitFramesFd = 3;
inline constexpr int kInitSpecFd = 4;
inline constexpr int kInitOutputFd = 5;

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_PROTOCOL_H_
