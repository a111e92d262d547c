// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_QUESTION_H_
#define WRIT_SIDECAR_QUESTION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "authz/request.h"
#include "base/status.h"
#include "sidecar/asker.h"

namespace writ {

// One question, whatever door it came through. Borrowed for the call.
struct Question {
  Request request;
  std::string_view session_policy = {};  // a program image; empty: none
  uint64_t at_least_revision = 0;
};

// What of a question is looked up, and so is not in it.
enum class LookedUp : uint8_t { kNothing, kResources, kActions, kPrincipals };

// Checks the form of `question` and that this asker may say what is in it.
//
// An asker of a trusted listener may say anything. Others may set context keys
// under their listener's prefix only and never one that begins with `acs:`; and
// they may not say principal ids, accounts and types, resource groups and
// session policies, each of which could make more policies apply.
//
// Errors  kInvalidArgument   a name that is missing, empty or no UTF-8; more
//                            than limits.def allows; a context key twice, in
//                            whatever spelling (R10)
//         kPermissionDenied  the asker may not say it; names it
// Cost    a pass over the bytes; no allocation unless it fails or there are
//         many context keys
Status CheckQuestion(const Asker& asker, const Question& question,
                     LookedUp looked_up);

// A name from outside in backquotes, short and harmless enough for a message.
std::string QuotedName(std::string_view name);

// Checks one name.
//
// what  as the message calls it: `resource`
Status CheckName(std::string_view what, std::string_view name);

}  // namespace writ

#endif  // WRIT_SIDECAR_QUESTION_H_
