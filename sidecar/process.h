// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_PROCESS_H_
#define WRIT_SIDECAR_PROCESS_H_

#include <cstdint>
#include <string>
#include <string_view>

// What the sidecar is to the system: its limits, its memory, its service
// manager. Called on the main thread.
namespace writ {

// Raises the limit on open files to what may be had, makes no core files, lets
// no other program of this user look into the memory, and ignores SIGPIPE.
// Called before anything is read that must stay secret.
void HardenProcess();

// Has the allocator give memory back: few arenas, small ones kept. Called
// before the first thread starts.
void TuneAllocator();

// Gives free memory back to the system: after a bundle was loaded, whose file
// was in memory beside it.
void TrimMemory();

// How many files this process may have open.
uint64_t OpenFileLimit();

// Tells the service manager at $NOTIFY_SOCKET, if there is one:
// "READY=1\nSTATUS=…", "RELOADING=1\n…", "STOPPING=1" (sd_notify(3)). What
// cannot be told is not.
void NotifyServiceManager(std::string_view state);
// The line that RELOADING=1 needs beside it: when it began.
std::string MonotonicLine();

}  // namespace writ

#endif  // WRIT_SIDECAR_PROCESS_H_
