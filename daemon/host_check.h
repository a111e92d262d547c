// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_HOST_CHECK_H_
#define WRIT_DAEMON_HOST_CHECK_H_

#include <string>
#include <vector>

namespace writ {

// What one look at the host found.
struct HostFinding {
  std::string name;  // "cgroups"
  bool ok = false;
  bool needed = true;  // false: works without, and `detail` says what is lost
  std::string detail;
  std::string remedy;  // empty when ok
};

// Looks at everything that the platform needs of this machine (P05, P40).
// Changes nothing.
//
// data_path  where the data will be: for free space
std::vector<HostFinding> CheckHost(const std::string& data_path);

// True when nothing that is needed is missing.
bool HostIsFit(const std::vector<HostFinding>& findings);

}  // namespace writ

#endif  // WRIT_DAEMON_HOST_CHECK_H_
