// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_COMPILE_H_
#define WRIT_COMPILER_COMPILE_H_

#include <span>
#include <string>

#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// One policy to put into a program. The tree must be free of errors
// (ParseJsonPolicy or ParseWrit, then CheckPolicy).
struct PolicyInput {
  const ast::Policy* policy;
  ast::PolicyKind kind;
};

// Compiles policies into one program image (docs/spec/bundle.md). Policy i of
// the image is inputs[i]; statement j of it is inputs[i].policy->statements[j].
// Deterministic: same input, same bytes. The result always passes the verifier.
//
// Errors   kInvalidArgument     a tree that CheckPolicy would refuse
//          kResourceExhausted   the image would pass kMaxProgramBytes, or a
//                               policy might take more than kMaxDecideSteps
Result<std::string> CompileProgram(std::span<const PolicyInput> inputs);

}  // namespace writ

#endif  // WRIT_COMPILER_COMPILE_H_
