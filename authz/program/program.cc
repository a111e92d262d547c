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
  const ProgramView& view = program->view_;
  program->unit_kinds_.reserve(program->unit_count());
  for (uint32_t unit = 0; unit < program->unit_count(); ++unit) {
    uint32_t policy = unit;
    if (view.units.size() > 0) {
      policy = view.unit_policies[view.units[unit].policies.first].policy;
    }
    program->unit_kinds_.push_back(
        static_cast<uint8_t>(view.policies[policy].kind));
  }
  return std::unique_ptr<const Program>(std::move(program));
}

}  // namespace writ
