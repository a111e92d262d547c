// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_SNAPSHOT_IMAGE_H_
#define WRIT_AUTHZ_SNAPSHOT_IMAGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "authz/program/verify.h"
#include "authz/snapshot.h"
#include "base/status.h"

// A snapshot as bytes: a directory image, which says who there is and which
// units of the program are whose (docs/spec/snapshot_image.md), and the program
// image (docs/spec/program.md). SnapshotCompiler::Pack writes it.
namespace writ {

// A snapshot that was read from images, with the names in it. Immutable.
class SnapshotImage {
 public:
  // Verifies both images and makes a snapshot of them.
  //
  // directory  at most kMaxDirectoryBytes
  // program    at most kMaxProgramBytes; every unit in it belongs to the
  //            directory
  // Errors   as Program::Load; kDataLoss: the directory is cut short, has bytes
  //          behind its end or a wrong checksum; kInvalidArgument: a rule of
  //          the directory image is broken, naming table and entry
  // Cost     linear in both images
  static Result<std::shared_ptr<const SnapshotImage>> Load(
      uint64_t revision, std::string_view directory, std::string program,
      const VerifyOptions& options = {});

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  const Program& program() const { return *program_; }

  // ARNs of users, then of roles (without a session), ascending.
  std::span<const std::string_view> principals() const { return principals_; }
  // ARNs of the directory's resources, ascending.
  std::span<const std::string_view> resources() const { return resources_; }
  // Actions that the program knows by name, ascending, in lower case.
  std::span<const std::string_view> actions() const { return actions_; }

 private:
  SnapshotImage() = default;

  std::shared_ptr<const Program> program_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string names_;  // what the views of principals and resources look into
  std::vector<std::string_view> principals_;
  std::vector<std::string_view> resources_;
  std::vector<std::string_view> actions_;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_SNAPSHOT_IMAGE_H_
