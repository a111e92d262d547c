// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_POLICY_TEXT_H_
#define WRIT_CONTROL_POLICY_TEXT_H_

#include <memory>
#include <string>
#include <string_view>

#include "authz/program/program.h"
#include "base/status.h"

namespace writ {

// Compiles the JSON text of an identity policy.
//
// name     of the policy; stands in no message
// Errors   kInvalidArgument  the text is no identity policy; the message has
//                            line:column, code and ruling of each finding
//          kInternal         the program it gave was refused: our bug
Result<std::shared_ptr<const Program>> CompileIdentityPolicy(
    const std::string& name, std::string_view document);

}  // namespace writ

#endif  // WRIT_CONTROL_POLICY_TEXT_H_
