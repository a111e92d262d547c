// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_SANDBOX_H_
#define WRIT_RUNTIME_JAIL_SANDBOX_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "runtime/jail/cgroup.h"
#include "runtime/jail/protocol.h"

namespace writ {

// The child side of a sandbox: a process in namespaces of its own that turns
// itself into a program of ours without privilege. It comes in two halves, so
// that the slow one (joining groups, network, proc) is done before anybody
// waits for it: the child parks and then reads its order from a socket.

// What the jail sends the child once its use is known: twice, first with the
// detached tree of the code, then with the descriptors of the request.
struct SandboxOrder {
  uint32_t disk_mb = 0;
};

// One byte each way afterwards: the child asks for its user map, the jail says
// that it stands. Anything else from the child is its last word:
struct SandboxFailure {
  int32_t error_number = 0;
  char step[60] = {};
};
inline constexpr char kWantsUserMap = 'U';
inline constexpr char kUserMapStands = 'M';

// User and group ids on the host: the function runs as `function`, which is 0
// inside, its init as `init`, which is 1 inside.
struct SandboxIds {
  uint32_t function = 0;
  uint32_t init = 0;
};

struct ChildProcess {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd socket;  // orders and failures; closes when the program runs
};

// Starts a child that parks as a sandbox of `group` (in `run`) and becomes init
// when it gets its orders.
//
// null_fd  /dev/null
Result<ChildProcess> ForkInstance(CgroupRun* run, const std::string& group,
                                  int null_fd);

// Starts the unpacker over `package`: its root holds the template and, at
// /code, the tree of `code_slot`, writable. It ends with 0 when everything is
// unpacked; otherwise `socket` holds one line saying why.
Result<ChildProcess> ForkUnpacker(CgroupRun* run, const std::string& group,
                                  uint32_t code_slot, uint32_t user_id,
                                  int package, int null_fd);

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_SANDBOX_H_
