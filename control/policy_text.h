// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_POLICY_TEXT_H_
#define WRIT_CONTROL_POLICY_TEXT_H_

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// Reads the JSON text of an identity policy and sees that it compiles.
//
// name     of the policy; stands in no message
// Errors   kInvalidArgument  the text is no identity policy; the message has
//                            line:column, code and ruling of each finding
//          kInternal         the program it gave was refused: our bug
Result<std::shared_ptr<const ast::Policy>> ReadIdentityPolicy(
    const std::string& name, std::string_view document);

}  // namespace writ

#endif  // WRIT_CONTROL_POLICY_TEXT_H_
