// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_EXPLAIN_TEXT_H_
#define WRIT_AUTHZ_EXPLAIN_TEXT_H_

#include <string>

#include "authz/explain.h"

namespace writ {

// `set acs:MFAPresent to true`, `a resource matching acs:oss:*:*:photos/*, such
// as acs:oss:cn:1:photos/x`, `leave out statement 2 of policy 1`. Not yet safe
// for a terminal.
std::string ChangeText(const Change& change);

}  // namespace writ

#endif  // WRIT_AUTHZ_EXPLAIN_TEXT_H_
