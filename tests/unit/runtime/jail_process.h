// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_RUNTIME_JAIL_PROCESS_H_
#define WRIT_TESTS_UNIT_RUNTIME_JAIL_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "runtime/function_source.h"

namespace writ::testing {

// The real writ-jail, started as the supervisor starts it; needs root. Ends
// with this object.
class JailProcess {
 public:
  JailProcess();
  ~JailProcess();

  // The node's end of the jail's socket; to be taken once.
  UniqueFd TakeSocket() { return std::move(node_); }
  const std::string& run() const { return run_; }
  pid_t pid() const { return pid_; }
  // Closes the supervisor's end and waits; returns the exit code.
  int StopInOrder();
  void KillHard();

 private:
  pid_t pid_ = -1;
  std::string run_;
  UniqueFd node_;
  UniqueFd supervisor_;
};

// What a run may leave behind: mount points, control groups, processes.
struct HostState {
  std::string mounts;
  std::vector<std::string> runs;
  std::vector<pid_t> instance_processes;  // of user ids of tests' instances
  bool operator==(const HostState&) const = default;
};
HostState ReadHostState();

struct PackageFile {
  std::string name;
  std::string text;
  unsigned mode = 0644;
  char kind = 'f';  // f file, l link (text is the target), d directory
};
// A ZIP in a memory file.
UniqueFd MakePackage(const std::vector<PackageFile>& files);
// A package with the probe of tests/escape as its bootstrap.
UniqueFd MakeProbePackage();
UniqueFd MakePythonPackage(const std::string& index_py);

InstanceConfiguration CustomFunction();
InstanceConfiguration PythonFunction(const std::string& handler);

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_RUNTIME_JAIL_PROCESS_H_
