// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_MAPPED_FILE_H_
#define WRIT_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace writ {

// The bytes of a file, mapped read-only and private: nothing is copied, and
// pages are read when they are touched. Move-only; any number of threads may
// read.
//
// The file must stay as it is while it is mapped. To replace it, write another
// one and rename it over the name (WriteFileAtomic does): the mapping keeps the
// old file. Who overwrites the file in place changes the bytes under the
// reader, and who cuts it short lets the next touch of a lost page end the
// process with SIGBUS.
class MappedFile {
 public:
  // Errors   kNotFound            no such file
  //          kInvalidArgument     not a regular file, or larger than max_bytes
  //          kPermissionDenied, kInternal   as the system says
  static Result<MappedFile> Open(const std::string& path, uint64_t max_bytes);

  MappedFile(MappedFile&& other) noexcept
      : start_(std::exchange(other.start_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // Valid as long as the mapping, wherever it is moved.
  std::string_view bytes() const { return {start_, size_}; }

 private:
  MappedFile(const char* start, size_t size) : start_(start), size_(size) {}
  const char* start_;  // null: an empty file
  size_t size_;
};

}  // namespace writ

#endif  // WRIT_BASE_MAPPED_FILE_H_
