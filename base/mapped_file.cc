// SPDX-License-Identifier: Apache-2.0
#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace writ {
namespace {

Status PathErrno(std::string_view verb, const std::string& path) {
  const int error_number = errno;
  return ErrnoStatus(std::string(verb) + " `" + path + "`", error_number);
}

}  // namespace

Result<MappedFile> MappedFile::Open(const std::string& path,
                                    uint64_t max_bytes) {
  // A pipe is opened without waiting, and refused.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return PathErrno("open", path);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return PathErrno("stat", path);
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument("`" + path + "` is not a regular file");
  }
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size > max_bytes) {
    return InvalidArgument("`" + path + "` is larger than " +
                           std::to_string(max_bytes) + " bytes");
  }
  if (size == 0) return MappedFile(nullptr, 0);
  void* const start =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (start == MAP_FAILED) return PathErrno("map", path);
  return MappedFile(static_cast<const char*>(start), size);
}

MappedFile::~MappedFile() {
  // The system takes the address of what it mapped without const.
  if (start_ != nullptr) ::munmap(const_cast<char*>(start_), size_);
}

}  // namespace writ
