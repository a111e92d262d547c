// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_ROLE_PROCESS_H_
#define WRIT_DAEMON_ROLE_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "daemon/roles.h"

namespace writ {

// A program to be started as a role.
struct RoleLaunch {
  Role role;
  int program_fd = -1;  // borrowed: works also below directories that others
                        // cannot enter (P04)
  std::vector<std::string> arguments;  // without the program's name
  // (number in the role, descriptor here); borrowed. The supervisor's own pair
  // is added by Start.
  std::vector<std::pair<int, int>> descriptors;
  int supervisor_number = 7;  // where the role finds its end of that pair
  // Control groups that the role joins before its program begins (P06):
  // descriptors as CgroupRun::OpenEntrances gives them; borrowed.
  std::vector<int> group_entrances;
};

// One running role and the line to it. Move-only. Dropped, it kills the role
// and waits for its end.
class RoleProcess {
 public:
  RoleProcess(RoleProcess&& other) noexcept
      : role_(other.role_),
        pid_(std::exchange(other.pid_, 0)),
        pid_fd_(std::move(other.pid_fd_)),
        line_(std::move(other.line_)),
        partial_(std::move(other.partial_)),
        ready_(other.ready_),
        ending_(std::move(other.ending_)) {}
  RoleProcess& operator=(RoleProcess&&) = delete;
  ~RoleProcess();

  // Starts a program with exactly the given descriptors and 0 to 2, an almost
  // empty environment and a session of its own; it dies with this thread. The
  // process must have no other thread.
  static Result<RoleProcess> Start(const RoleLaunch& launch);

  Role role() const { return role_; }
  pid_t pid() const { return pid_; }
  // Readable once the process has ended.
  int pid_fd() const { return pid_fd_.get(); }
  // Readable when the role has said something, or closed its end.
  int line_fd() const { return line_.get(); }

  bool ready() const { return ready_; }
  void set_ready() { ready_ = true; }

  // The lines that have come in since; never blocks. At the end of the stream
  // line_fd() becomes -1.
  std::vector<std::string> ReadLines();
  // Says a line to the role; a failure shows as its end.
  void Say(std::string_view line);
  // Asks the role to stop, by closing our end.
  void AskToStop() { line_.Reset(); }
  void Kill();
  // True when it has ended; then it is no longer a zombie. Never blocks.
  bool Reap();
  bool ended() const { return pid_ == 0; }
  // "exit 2", "signal 9": how it ended.
  const std::string& ending() const { return ending_; }

 private:
  RoleProcess() = default;

  Role role_ = Role::kCore;
  pid_t pid_ = 0;
  UniqueFd pid_fd_;
  UniqueFd line_;
  std::string partial_;
  bool ready_ = false;
  std::string ending_;
};

}  // namespace writ

#endif  // WRIT_DAEMON_ROLE_PROCESS_H_
