// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <string>

#include "compiler/emit.h"
#include "compiler/index.h"
#include "compiler/ir.h"
#include "compiler/lower.h"
#include "compiler/passes.h"
#include "compiler/rulings.h"

namespace writ {
namespace {

// An image with an index is decided by units, whose bounds count then instead
// of those of the policies.
bool HasIndex(const CompileOptions& options) {
  return options.passes.Has(Pass::kIndex) || !options.units.empty();
}

Status BuildIndex(const CompileOptions& options, Image* image) {
  const PassSet passes = options.passes;
  if (!HasIndex(options)) return OkStatus();
  CompileMeter meter(options.budget);
  std::vector<UnitCost> costs;
  WRIT_RETURN_IF_ERROR(BuildUnits(options, &meter, &costs, image));
  if (passes.Has(Pass::kActionClasses)) {
    WRIT_RETURN_IF_ERROR(BuildActionClasses(options, &meter, image));
  }
  if (passes.Has(Pass::kActionClasses) && passes.Has(Pass::kKnownActions)) {
    WRIT_RETURN_IF_ERROR(BuildKnownActions(options, &meter, image));
  }
  if (passes.Has(Pass::kIntervals)) {
    WRIT_RETURN_IF_ERROR(BuildIntervals(options, &meter, image));
  }
  return BoundUnits(options, costs, image);
}

}  // namespace

std::optional<Pass> PassNamed(std::string_view name) {
  for (const PassInfo& info : kPasses) {
    if (info.name == name) return info.pass;
  }
  return std::nullopt;
}

Result<std::string> CompileProgram(std::span<const PolicyInput> inputs,
                                   const CompileOptions& options) {
  const PassSet passes = options.passes;
  ir::Program program(passes.Has(Pass::kShareAtoms));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Status lowered =
        LowerPolicy(*inputs[i].policy, inputs[i].kind, &program);
    if (!lowered.ok()) {
      return Status(lowered.code(), "policy " + std::to_string(i) + ": " +
                                        std::string(lowered.message()));
    }
  }
  if (passes.Has(Pass::kNormalise)) Normalise(&program);
  if (passes.Has(Pass::kOrderConditions)) OrderConditions(&program);
  Image image;
  const uint64_t policy_steps =
      HasIndex(options) ? kMaxDecideSteps : options.budget.decide_steps;
  WRIT_RETURN_IF_ERROR(
      EmitTables(program, options.budget.image_bytes, policy_steps, &image));
  WRIT_RETURN_IF_ERROR(BuildIndex(options, &image));
  if (passes.Has(Pass::kIndex)) TagRulings(inputs, &image);
  std::string sealed = image.Seal();
  if (sealed.size() > options.budget.image_bytes) {
    return ResourceExhausted("the program image would be " +
                             std::to_string(sealed.size()) +
                             " bytes, more than the limit of " +
                             std::to_string(options.budget.image_bytes));
  }
  return sealed;
}

}  // namespace writ
