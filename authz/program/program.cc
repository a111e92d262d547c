// SPDX-License-Identifier: Apache-2.0
#include "authz/program/program.h"

#include <cstring>
#include <utility>

#include "base/limits.h"

namespace writ {

Program::Program(std::string copy, std::optional<MappedFile> mapping)
    : copy_(std::move(copy)), mapping_(std::move(mapping)) {}

Program::~Program() = default;

Result<std::unique_ptr<const Program>> Program::Load(
    std::string image, const VerifyOptions& options) {
  if (image.size() > kMaxProgramBytes) {
    return InvalidArgument("program image is larger than allowed");
  }
  return Verify(
      std::unique_ptr<Program>(new Program(std::move(image), std::nullopt)),
      options);
}

Result<std::unique_ptr<const Program>> Program::Open(
    const std::string& path, const VerifyOptions& options) {
  WRIT_ASSIGN_OR_RETURN(MappedFile file,
                        MappedFile::Open(path, kMaxProgramBytes));
  if (file.bytes().size() <= kCopiedBytes) {
    return Load(std::string(file.bytes()), options);
  }
  return Verify(std::unique_ptr<Program>(new Program("", std::move(file))),
                options);
}

// The tables point into the image, which has taken its final place.
Result<std::unique_ptr<const Program>> Program::Verify(
    std::unique_ptr<Program> program, const VerifyOptions& options) {
  const std::string_view image = program->image();
  WRIT_RETURN_IF_ERROR(VerifyEnvelope(image));
  WRIT_ASSIGN_OR_RETURN(program->view_, VerifyTables(image, options));
  ImageHeader header;
  std::memcpy(&header, image.data(), sizeof(header));
  program->semantics_ = FindSemantics(header.semantics)->semantics;
  program->minor_version_ = header.minor;
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
