// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_SUPERVISOR_H_
#define WRIT_DAEMON_SUPERVISOR_H_

#include <string>

namespace writ {

struct SupervisorOptions {
  std::string data_path = "./.writ";
  std::string listen = "127.0.0.1:9443";
};

// Runs a whole platform in the foreground until SIGTERM or SIGINT (P01): looks
// at the host, binds the port, opens the data, starts jail, node and core,
// says on standard output that it is ready, and starts all three again when
// one of them dies. The process must have no other thread and be root.
//
// Returns  the exit status: 0 after a stop that was asked for, 2 when it
//          cannot start (P05); the reason stands on standard error
int RunSupervisor(const SupervisorOptions& options);

}  // namespace writ

#endif  // WRIT_DAEMON_SUPERVISOR_H_
