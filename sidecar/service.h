// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_SERVICE_H_
#define WRIT_SIDECAR_SERVICE_H_

#include "sidecar/flags.h"

namespace writ {

// Runs the sidecar that the flags describe, in the foreground, until SIGTERM or
// SIGINT; SIGHUP reloads. Says on standard output where it listens and when it
// is ready (on standard error when decisions go to standard output), tells the
// service manager the same, and complains on standard error.
//
// Returns how to exit: 0 after an orderly end, 2 when it cannot start. Ends the
// process with 1 when a second signal comes or the end takes too long.
int RunService(const SidecarFlags& flags);

}  // namespace writ

#endif  // WRIT_SIDECAR_SERVICE_H_
