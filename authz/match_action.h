// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_MATCH_ACTION_H_
#define WRIT_AUTHZ_MATCH_ACTION_H_

#include <string_view>

#include "authz/program/format.h"

namespace writ {

// A request's action, read once.
struct RequestAction {
  std::string_view text;     // "fc:InvokeFunction"
  std::string_view service;  // "fc"
  std::string_view name;     // "InvokeFunction"
  bool assume_role = false;  // sts:AssumeRole, in any case
};

// Reads `text`; false when it has not exactly one colon with something on both
// sides (R46).
bool ReadAction(std::string_view text, RequestAction* action) noexcept;

// Whether the pattern covers the action; ASCII case never matters (ram.md 1.2).
bool MatchAction(const ProgramView& view, const ActionPattern& pattern,
                 const RequestAction& action) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_MATCH_ACTION_H_
