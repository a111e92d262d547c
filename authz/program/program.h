// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_PROGRAM_H_
#define WRIT_AUTHZ_PROGRAM_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/format.h"
#include "authz/program/semantics.h"
#include "authz/program/verify.h"
#include "base/mapped_file.h"
#include "base/status.h"

namespace writ {

// A verified program image: one or more compiled policies. Immutable; any
// number of threads may decide with it at once.
class Program {
 public:
  // Checks header, version, checksum and every rule of the verifier.
  //
  // image    taken; at most kMaxProgramBytes
  // Errors   kDataLoss           truncated, or the checksum does not hold
  //          kUnimplemented      format or semantics that this build does not
  //                              know; the message says what to do
  //          kInvalidArgument    the verifier refused; message has the place
  //          kResourceExhausted  a unit takes more than options.max_steps
  static Result<std::unique_ptr<const Program>> Load(
      std::string image, const VerifyOptions& options = {});

  // The same for a file, which is used where it lies: mapped, without a copy or
  // a fix-up, but for files up to kCopiedBytes, which are read. As long as the
  // program lives the file may be replaced (by a rename), never changed or cut
  // short in place: see MappedFile.
  //
  // Errors   and those of MappedFile::Open
  static Result<std::unique_ptr<const Program>> Open(
      const std::string& path, const VerifyOptions& options = {});
  // A mapping of fewer bytes costs more than a copy.
  static constexpr size_t kCopiedBytes = size_t{16} << 10;

  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  uint32_t policy_count() const { return view_.policies.size(); }
  // Units of the index, or of an image without one: as many as policies.
  uint32_t unit_count() const {
    return view_.units.size() > 0 ? view_.units.size() : policy_count();
  }
  // What the policies of the unit were compiled as. unit < unit_count()
  ProgramPolicyKind UnitKind(uint32_t unit) const {
    return static_cast<ProgramPolicyKind>(unit_kinds_[unit]);
  }
  // What the image was compiled for: it is decided by that.
  Semantics semantics() const { return semantics_; }
  // The minor version of the image's format.
  uint32_t minor_version() const { return minor_version_; }
  std::string_view image() const {
    return mapping_ ? mapping_->bytes() : std::string_view(copy_);
  }
  // The verified tables; borrowed from this program.
  const ProgramView& view() const { return view_; }

 private:
  Program(std::string copy, std::optional<MappedFile> mapping);
  static Result<std::unique_ptr<const Program>> Verify(
      std::unique_ptr<Program> program, const VerifyOptions& options);

  // The image: the mapping if there is one.
  const std::string copy_;
  const std::optional<MappedFile> mapping_;
  ProgramView view_;
  // ProgramPolicyKind by unit; every decision asks for it.
  std::vector<uint8_t> unit_kinds_;
  Semantics semantics_ = Semantics::k1;
  uint32_t minor_version_ = 0;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_PROGRAM_H_
