// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_EMIT_H_
#define WRIT_COMPILER_EMIT_H_

#include <string>

#include "base/status.h"
#include "compiler/ir.h"

namespace writ {

// Writes the image of `program` (docs/spec/bundle.md). Deterministic; equal
// texts, patterns, lists and conditions are stored once.
//
// Errors   kResourceExhausted  a policy would take more than kMaxDecideSteps,
//                              or the image would pass kMaxProgramBytes
Result<std::string> EmitProgram(const ir::Program& program);

}  // namespace writ

#endif  // WRIT_COMPILER_EMIT_H_
