// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_JAIL_ROOT_TREE_H_
#define WRIT_RUNTIME_JAIL_ROOT_TREE_H_

#include <cstdint>
#include <string>

#include "base/status.h"

namespace writ {

// What the jail's own root holds once BuildRootTree has returned; the host's
// tree is gone from its sight.
inline constexpr char kBaseTree[] = "/base";    // template of every instance
inline constexpr char kMountPoint[] = "/inst";  // where a child assembles one
inline constexpr char kCodeTrees[] = "/code";   // one tmpfs per code slot
inline constexpr char kInitProgram[] = "/init";
inline constexpr char kUnpackProgram[] = "/unpack";

// Gives the process a mount namespace of its own in which nothing propagates,
// then a new root on a tmpfs: the template of an instance's root (read-only:
// the host's programs and libraries, devices, a minimal /etc, the languages'
// bootstraps) and the two programs, copied so that no parent directory of
// theirs need be open to the instance's user (P04). All of it is gone when the
// process is.
//
// init_fd, unpack_fd  the programs; languages_fd  a directory
// Errors  as the system says, naming the step
Status BuildRootTree(int init_fd, int unpack_fd, int languages_fd);

// "/code/<slot>".
std::string CodeTree(uint32_t code_slot);

}  // namespace writ

#endif  // WRIT_RUNTIME_JAIL_ROOT_TREE_H_
