// SPDX-License-Identifier: Apache-2.0
#include "authz/program/program.h"

#include <utility>

#include "authz/program/verify.h"
#include "base/limits.h"

namespace writ {

Program::Program(std::string image) : image_(std::move(image)) {}

Program::~Program() = default;

Result<std::unique_ptr<const Program>> Program::Load(std::string image) {
  if (image.size() > kMaxProgramBytes) {
    return InvalidArgument("program image is larger than allowed");
  }
  WRIT_RETURN_IF_ERROR(VerifyEnvelope(image));
  // The tables point into the string, so it takes its final place first.
  std::unique_ptr<Program> program(new Program(std::move(image)));
  WRIT_ASSIGN_OR_RETURN(program->view_, VerifyTables(program->image_));
  return std::unique_ptr<const Program>(std::move(program));
}

ProgramPolicyKind Program::UnitKind(uint32_t unit) const {
  uint32_t policy = unit;
  if (view_.units.size() > 0) {
    policy = view_.unit_policies[view_.units[unit].policies.first].policy;
  }
  return static_cast<ProgramPolicyKind>(view_.policies[policy].kind);
}

}  // namespace writ
