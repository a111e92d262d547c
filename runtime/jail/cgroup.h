// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_CGROUP_H_
#define WRIT_RUNTIME_JAIL_CGROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// Where the host keeps its control groups. Never changed by us: no hierarchy is
// mounted, remounted or given another controller (P06).
struct CgroupLayout {
  bool v2 = false;
  // v1: one mount point per controller. v2: all the same.
  std::string memory;
  std::string cpu;
  std::string pids;
};

// Reads the layout off the text of /proc/self/mountinfo. v1 wins when its
// memory controller is mounted (a "hybrid" host binds controllers there).
//
// Errors  kFailedPrecondition  memory or pids has no hierarchy; says which
Result<CgroupLayout> DetectCgroups(std::string_view mountinfo);
// The layout of this host.
Result<CgroupLayout> DetectCgroups();

struct CgroupLimits {
  uint64_t memory_bytes = 0;
  uint32_t cpu_milli = 0;
  uint32_t max_processes = 0;
};

// The groups of one run of the platform: `writ-<run>` at the root of every
// hierarchy, one child per instance. Works on descriptors of directories, so
// that it also works after the process has changed its root. One thread.
class CgroupRun {
 public:
  // Makes the run's group, or opens it when another process of the run has.
  //
  // run   lower-case letters and digits
  // Errors  kInvalidArgument     another name
  //         kFailedPrecondition  v2 without memory or pids for children
  //         kPermissionDenied, … as the system says
  static Result<CgroupRun> Create(const CgroupLayout& layout,
                                  std::string_view run);

  bool v2() const { return v2_; }

  // Makes the child `name` without limits.
  Status AddGroup(const std::string& name);
  Status SetLimits(const std::string& name, const CgroupLimits& limits);
  Status SetCpu(const std::string& name, uint32_t cpu_milli);
  // Moves the calling process.
  Status Join(const std::string& name);
  // Descriptors that move whoever writes "0" to them, one per hierarchy.
  Result<std::vector<UniqueFd>> OpenEntrances(const std::string& name) const;
  // The processes inside, in all hierarchies.
  std::vector<pid_t> Processes(const std::string& name) const;
  // Removes the child; it must be empty.
  Status RemoveGroup(const std::string& name);
  // Removes the run's group; its children must be gone.
  Status RemoveRun();

  // Read-only descriptors: the highest memory use in bytes, and the text in
  // which CountOomKills finds the kills.
  Result<UniqueFd> OpenMemoryPeak(const std::string& name) const;
  Result<UniqueFd> OpenOomEvents(const std::string& name) const;

 private:
  CgroupRun() = default;
  Status WriteValue(int directory, const std::string& path,
                    std::string_view value, bool optional) const;

  bool v2_ = false;
  bool has_cpu_ = false;
  std::string name_;
  std::vector<UniqueFd> roots_;  // the hierarchies' own directories
  std::vector<UniqueFd> runs_;   // writ-<run> in each: memory, pids, cpu
};

// The number after "oom_kill" in memory.oom_control (v1) or memory.events (v2).
uint64_t CountOomKills(std::string_view text);

// Ends every process of a run that is no longer supervised and removes its
// groups. Nothing to do is success.
//
// Errors  kUnavailable  processes are still dying after two seconds
Status SweepCgroupRun(const CgroupLayout& layout, std::string_view run);
// The runs that have a group on this host, by name without "writ-".
std::vector<std::string> ListCgroupRuns(const CgroupLayout& layout);

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_CGROUP_H_
