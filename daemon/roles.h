// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_ROLES_H_
#define WRIT_DAEMON_ROLES_H_

#include <cstdint>
#include <string_view>

namespace writ {

enum class Role : uint8_t {
#define ROLE(Name, ...) k##Name,
#include "daemon/roles.def"
#undef ROLE
};

// One row of roles.def.
struct RoleInfo {
  Role role;
  std::string_view text;
  std::string_view program;
  uint32_t uid;
};

// All roles, in the order in which they are started.
inline constexpr RoleInfo kRoles[] = {
#define ROLE(Name, text, program, uid) {Role::k##Name, text, program, uid},
#include "daemon/roles.def"
#undef ROLE
};

constexpr const RoleInfo& InfoOf(Role role) {
  return kRoles[static_cast<uint8_t>(role)];
}

// kCoreData, kJailNode, …: the numbers of role_descriptors.def.
namespace role_fd {
#define ROLE_DESCRIPTOR(Role, Name, number, what) \
  inline constexpr int k##Role##Name = number;
#include "daemon/role_descriptors.def"
#undef ROLE_DESCRIPTOR
}  // namespace role_fd

}  // namespace writ

#endif  // WRIT_DAEMON_ROLES_H_
