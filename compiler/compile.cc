// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <string>

#include "compiler/emit.h"
#include "compiler/ir.h"
#include "compiler/lower.h"

namespace writ {

Result<std::string> CompileProgram(std::span<const PolicyInput> inputs) {
  ir::Program program;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Status lowered =
        LowerPolicy(*inputs[i].policy, inputs[i].kind, &program);
    if (!lowered.ok()) {
      return Status(lowered.code(), "policy " + std::to_string(i) + ": " +
                                        std::string(lowered.message()));
    }
  }
  return EmitProgram(program);
}

}  // namespace writ
