// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_PRIVILEGES_H_
#define WRIT_DAEMON_PRIVILEGES_H_

#include <cstdint>

#include "base/status.h"

namespace writ {

// Makes this process what a role is, for good: no core dumps, as many
// descriptors as the host allows, user and group `uid` without supplementary
// groups, no new privileges, not dumpable, and killed when its parent dies.
// Call it before the first thread.
//
// Errors  kPermissionDenied   not started as root
//         kFailedPrecondition the parent is gone already
//         kInternal           as the system says
Status BecomeRole(uint32_t uid);

}  // namespace writ

#endif  // WRIT_DAEMON_PRIVILEGES_H_
