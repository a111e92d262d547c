// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_LOWER_H_
#define WRIT_COMPILER_LOWER_H_

#include <optional>

#include "authz/program/opcode.h"
#include "base/status.h"
#include "compiler/ir.h"
#include "grammar/ast.h"
#include "grammar/operators.h"

namespace writ {

// The instruction that tests an operator's positive form; nothing for a row of
// operators.def that makes no sense.
std::optional<Opcode> OpcodeOf(const OperatorInfo& info);

// Adds `policy` to `program`: reads typed constants, sorts what has no order,
// turns negated operators into negated atoms and drops what repeats.
//
// Errors   kInvalidArgument  a tree that CheckPolicy would refuse; message has
//                            the statement
Status LowerPolicy(const ast::Policy& policy, ast::PolicyKind kind,
                   ir::Program* program);

}  // namespace writ

#endif  // WRIT_COMPILER_LOWER_H_
