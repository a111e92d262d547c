// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_HOST_RUN_H_
#define WRIT_DAEMON_HOST_RUN_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// Where this host's runs are on record; gone after a reboot, as they are.
inline constexpr std::string_view kRunDirectory = "/run/writ";

// A process, told apart from a later one with the same number.
struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  // since boot; field 22 of /proc/<pid>/stat
};

// Errors  kNotFound  no such process
Result<ProcessIdentity> IdentifyProcess(pid_t pid);
// True while exactly that process runs.
bool IsRunning(const ProcessIdentity& process);

// What one run of the platform owns on the host: a name for its control groups
// (`writ-<name>`) and a block of user ids for its instances (P06, P36). Both
// are on record below kRunDirectory, so that the next start finds what a
// killed one has left.
class HostRun {
 public:
  // Takes a fresh name and a free block for this process.
  //
  // directory  kRunDirectory; another one in tests
  static Result<HostRun> Claim(const std::string& directory);

  const std::string& name() const { return name_; }
  uint32_t uid_base() const { return uid_base_; }

  // Takes the run off the record; its groups must be gone.
  void Release();

 private:
  HostRun() = default;
  UniqueFd directory_;
  UniqueFd uid_lock_;
  std::string name_;
  uint32_t uid_base_ = 0;
};

// Ends what is left of every run whose supervisor is gone: its processes, its
// control groups, its record. Says in the log what it found.
//
// Errors  kUnavailable  processes of a dead run do not end
Status SweepDeadRuns(const std::string& directory);

}  // namespace writ

#endif  // WRIT_DAEMON_HOST_RUN_H_
