// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_FILE_H_
#define WRIT_BASE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace writ {

// Owns one file descriptor; closes it when dropped. Move-only.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Returns the whole file at `path`, relative to the directory `directory_fd`
// (AT_FDCWD for the working directory).
//
// Errors   kNotFound            no such file
//          kInvalidArgument     a directory, or larger than max_bytes
//          kPermissionDenied, kInternal   as the system says
Result<std::string> ReadFileAt(int directory_fd, const std::string& path,
                               uint64_t max_bytes);
Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes);
// The same for a path that somebody else's text names: a pipe or a device,
// which might never end, is kInvalidArgument, and opening it does not wait.
Result<std::string> ReadRegularFile(const std::string& path,
                                    uint64_t max_bytes);

// Writes aside, syncs, renames over `path` and syncs the directory: readers
// see the old text or the whole new one, also after a crash.
//
// mode  permission bits of the new file
Status WriteFileAtomicAt(int directory_fd, const std::string& path,
                         std::string_view text, unsigned mode);
Status WriteFileAtomic(const std::string& path, std::string_view text,
                       unsigned mode);

// Reads until end of file or failure; refuses more than max_bytes.
Result<std::string> ReadAll(int fd, uint64_t max_bytes);

// Writes everything, continuing after short writes and EINTR.
Status WriteAll(int fd, std::string_view bytes);

}  // namespace writ

#endif  // WRIT_BASE_FILE_H_
