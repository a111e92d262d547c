// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_MATCH_PRINCIPAL_H_
#define WRIT_AUTHZ_MATCH_PRINCIPAL_H_

#include <string_view>

#include "authz/match_resource.h"
#include "authz/program/format.h"
#include "authz/request.h"

namespace writ {

// Who asks, read once. All views are into the request.
struct Caller {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  std::string_view account;  // empty for an anonymous caller
  std::string_view name;     // of the user or role; else the whole name
  std::string_view session;  // of a role session
  std::string_view id;       // user id, or "<roleId>:<session>"; may be empty

  bool is_session() const {
    return kind == PrincipalKind::kRoleSession ||
           kind == PrincipalKind::kServiceLinkedRole;
  }
};

// Reads `principal`; false when it is of no known form (R43), or when what it
// declares contradicts its name.
bool ReadPrincipal(const RequestPrincipal& principal, Caller* caller) noexcept;

// Whether a Principal element names the caller: principal_kinds.def.
//
// resource  the one the policy belongs to: its account is the one whose
//           services a trust policy means
bool MatchPrincipal(const ProgramView& view, const PrincipalPattern& pattern,
                    const Caller& caller,
                    const RequestResource& resource) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_MATCH_PRINCIPAL_H_
