// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_CORE_H_
#define WRIT_DAEMON_CORE_H_

#include <span>
#include <string_view>

namespace writ {

// The core role: access, control, authority and scheduler in one process, over
// the descriptors of role_descriptors.def. Returns the exit status when the
// supervisor lets go of its line.
//
// arguments  --endpoint=URL --region=NAME, and --<role>-pid=N of the others
int RunCore(std::span<const std::string_view> arguments);

}  // namespace writ

#endif  // WRIT_DAEMON_CORE_H_
