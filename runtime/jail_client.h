// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_CLIENT_H_
#define WRIT_RUNTIME_JAIL_CLIENT_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/status.h"
#include "runtime/jail/protocol.h"

namespace writ {

// The node's side of the jail's socket. Thread-safe: callers wait, each for
// its own answer.
class JailClient {
 public:
  // Owns the socket; one thread reads it until it closes or this is dropped.
  explicit JailClient(UniqueFd socket);
  ~JailClient();

  // Unpacks `package` into a free code slot and returns the slot.
  //
  // Errors  kInvalidArgument    the package is refused; the message says why
  //         kResourceExhausted  no free slot
  //         kUnavailable        the jail failed or is gone
  Result<uint32_t> UnpackCode(int package);
  // Gives the slot back; nothing runs over it any more.
  Status ReleaseCode(uint32_t code_slot);

  struct InstanceWish {
    uint32_t code_slot = 0;
    uint32_t memory_mb = 0;
    uint32_t cpu_milli = 0;
    uint32_t disk_mb = 0;
  };
  struct JailedInstance {
    uint32_t slot = 0;
    UniqueFd pidfd;
    UniqueFd memory_peak;
    UniqueFd oom_events;
  };
  // Starts an instance in a free slot. The descriptors stay the caller's.
  //
  // Errors  kResourceExhausted  no free slot
  //         kUnavailable        the jail failed or is gone
  Result<JailedInstance> StartInstance(const InstanceWish& wish, int frames,
                                       int spec, int output);
  // Ends the instance with every process in it; returns when it is gone.
  Status StopInstance(uint32_t slot);
  // Applies the CPU limit that was wished for; until then a start is generous.
  Status SettleInstance(uint32_t slot);

  uint32_t FreeInstanceSlots();

 private:
  struct Answer {
    bool done = false;
    JailReply reply;
    std::array<UniqueFd, kMaxJailDescriptors> descriptors;
  };
  Result<Answer> Call(JailRequest request, std::vector<int> descriptors);
  void ReadAnswers();
  Result<uint32_t> TakeSlot(std::vector<bool>* slots);

  const UniqueFd socket_;
  Mutex mu_;
  std::condition_variable_any answered_;
  bool closed_ WRIT_GUARDED_BY(mu_) = false;
  uint64_t next_tag_ WRIT_GUARDED_BY(mu_) = 1;
  std::unordered_map<uint64_t, Answer> answers_ WRIT_GUARDED_BY(mu_);
  std::vector<bool> instance_slots_ WRIT_GUARDED_BY(mu_);
  std::vector<bool> code_slots_ WRIT_GUARDED_BY(mu_);
  std::thread reader_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_CLIENT_H_
