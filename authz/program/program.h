// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_PROGRAM_H_
#define WRIT_AUTHZ_PROGRAM_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "authz/program/format.h"
#include "base/status.h"

namespace writ {

// A verified program image: one or more compiled policies. Immutable; any
// number of threads may decide with it at once.
class Program {
 public:
  // Checks header, version, checksum and every rule of the verifier.
  //
  // image    taken; at most kMaxProgramBytes
  // Errors   kDataLoss         truncated, or the checksum does not hold
  //          kUnimplemented    format is newer than this build
  //          kInvalidArgument  the verifier refused; message has the place
  static Result<std::unique_ptr<const Program>> Load(std::string image);

  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  uint32_t policy_count() const { return view_.policies.size(); }
  // Units of the index, or of an image without one: as many as policies.
  uint32_t unit_count() const {
    return view_.units.size() > 0 ? view_.units.size() : policy_count();
  }
  // What the policies of the unit were compiled as. unit < unit_count()
  ProgramPolicyKind UnitKind(uint32_t unit) const;
  std::string_view image() const { return image_; }
  // The verified tables; borrowed from this program.
  const ProgramView& view() const { return view_; }

 private:
  explicit Program(std::string image);
  const std::string image_;
  ProgramView view_;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_PROGRAM_H_
