// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_FILE_IDENTITY_H_
#define WRIT_SIDECAR_FILE_IDENTITY_H_

#include <cstdint>
#include <string>

#include "base/status.h"

namespace writ {

// What stat(2) says of a file; changes when another file takes its name and,
// but for writes within one tick of the file system's clock, when it is
// written.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Errors  kNotFound, kPermissionDenied, kInternal  as the system says
Result<FileIdentity> IdentifyFile(const std::string& path);

// Whether a file needs to be read again. Each identity is read twice, at two
// looks: a write within the same tick as the first reading shows no other
// trace.
class FileMemory {
 public:
  bool Knows(const FileIdentity& identity) const {
    return identity == identity_ && good_reads_ >= 2;
  }
  void Good(const FileIdentity& identity) {
    good_reads_ = identity == identity_ ? good_reads_ + 1 : 1;
    identity_ = identity;
  }
  void Bad() { good_reads_ = 0; }

 private:
  FileIdentity identity_;
  int good_reads_ = 0;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_FILE_IDENTITY_H_
