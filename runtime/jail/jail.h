// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_JAIL_H_
#define WRIT_RUNTIME_JAIL_JAIL_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/jail/cgroup.h"
#include "runtime/jail/protocol.h"
#include "runtime/jail/sandbox.h"

namespace writ {

// The part of the platform that keeps root: makes sandboxes from fixed-size
// requests (jail/protocol.h) and ends them. It parses nothing of a user's and
// has no network. One thread; its children die with it.
class Jail {
 public:
  // groups    the run's control groups
  // uid_base  first of 2 * kMaxInstancesPerNode + kMaxCodeSlots user ids that
  //           belong to this run alone
  // node, supervisor  sockets; borrowed. null_fd: /dev/null
  Jail(CgroupRun groups, uint32_t uid_base, int node, int supervisor,
       int proc_fd, int null_fd);

  // Serves until the node or the supervisor closes its end; then ends every
  // sandbox and removes the groups.
  Status Run();

 private:
  enum class InstanceState : uint8_t {
    kFree,
    kParked,
    kStarting,
    kRunning,
    kStopping,
  };
  struct InstanceSlot {
    InstanceState state = InstanceState::kFree;
    ChildProcess child;
    bool gone = false;  // reaped; its group may not be empty yet
    uint64_t start_tag = 0;
    uint64_t stop_tag = 0;
    bool stop_asked = false;
    uint32_t cpu_milli = 0;
    uint32_t code_slot = 0;
  };
  struct CodeSlot {
    bool used = false;
    bool ready = false;
    uint64_t tag = 0;
    int64_t deadline_ms = 0;
    std::string detail;  // what the unpacker said
    std::optional<ChildProcess> unpacker;
  };

  // False when the node has closed its end.
  bool ReceiveRequest();
  void Handle(const JailRequest& request,
              std::span<UniqueFd, kMaxJailDescriptors> descriptors);
  void UnpackCode(const JailRequest& request, int package);
  void ReleaseCode(const JailRequest& request);
  void StartInstance(const JailRequest& request,
                     std::span<UniqueFd, kMaxJailDescriptors> descriptors);
  void StopInstance(const JailRequest& request);
  void SettleInstance(const JailRequest& request);

  Status Park(uint32_t slot);
  void ParkSome();
  void ReadChild(uint32_t slot);
  void ReadUnpacker(uint32_t slot);
  void FinishUnpacking(uint32_t slot, int exit_code);
  void FailStart(uint32_t slot, std::string_view detail);
  void Started(uint32_t slot);
  void Kill(uint32_t slot);
  void Reap();
  // Frees the slots whose processes are gone and whose group is empty.
  bool SettleStopped();
  Status WriteUserMap(uint32_t slot);
  void DropCode(uint32_t slot);
  void Shutdown();

  void Answer(const JailRequest& request, JailError error,
              std::string_view detail);
  void Answer(JailRequestKind kind, uint64_t tag, JailError error,
              std::string_view detail, std::span<const int> descriptors);

  CgroupRun groups_;
  const uint32_t uid_base_;
  const int node_;
  const int supervisor_;
  const int proc_fd_;
  const int null_fd_;
  std::array<InstanceSlot, kMaxInstancesPerNode> instances_;
  std::array<CodeSlot, kMaxCodeSlots> codes_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_JAIL_H_
