// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_REFERENCE_NAMES_H_
#define WRIT_TESTS_SUPPORT_REFERENCE_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

#include "authz/request.h"

// How the reference evaluator reads who asks, for what, and on what (R43).
namespace writ::reference {

struct Arn {
  std::string service, region, account, rest;
};

// "acs:" and four more segments, the last one free (R19).
std::optional<Arn> ReadArn(std::string_view text);

struct Caller {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  std::string account;
  std::string role;     // of a session, folded
  std::string session;  // as written
};

std::optional<Caller> ReadCaller(const RequestPrincipal& principal);

// Exactly one colon with something on both sides (R46).
bool IsAction(std::string_view text);

}  // namespace writ::reference

#endif  // WRIT_TESTS_SUPPORT_REFERENCE_NAMES_H_
