// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace writ {
namespace {

Status PathErrno(std::string_view verb, const std::string& path) {
  const int error_number = errno;
  return ErrnoStatus(std::string(verb) + " `" + path + "`", error_number);
}

}  // namespace

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::string> ReadAll(int fd, uint64_t max_bytes) {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus("read", errno);
    if (count == 0) return text;
    if (text.size() + static_cast<size_t>(count) > max_bytes) {
      return InvalidArgument("input is larger than " +
                             std::to_string(max_bytes) + " bytes");
    }
    text.append(buffer, static_cast<size_t>(count));
  }
}

namespace {

Result<std::string> ReadOpened(int directory_fd, const std::string& path,
                               int flags, bool regular, uint64_t max_bytes) {
  UniqueFd fd(
      ::openat(directory_fd, path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd.valid()) return PathErrno("open", path);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return PathErrno("stat", path);
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgument("`" + path + "` is a directory");
  }
  if (regular && !S_ISREG(info.st_mode)) {
    return InvalidArgument("`" + path + "` is not a regular file");
  }
  Result<std::string> text = ReadAll(fd.get(), max_bytes);
  if (!text.ok()) {
    return Status(text.status().code(),
                  "`" + path + "`: " + std::string(text.status().message()));
  }
  return text;
}

}  // namespace

Result<std::string> ReadFileAt(int directory_fd, const std::string& path,
                               uint64_t max_bytes) {
  return ReadOpened(directory_fd, path, 0, false, max_bytes);
}

Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  return ReadFileAt(AT_FDCWD, path, max_bytes);
}

Result<std::string> ReadRegularFile(const std::string& path,
                                    uint64_t max_bytes) {
  return ReadOpened(AT_FDCWD, path, O_NONBLOCK, true, max_bytes);
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus("write", errno);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return OkStatus();
}

Status WriteFileAtomicAt(int directory_fd, const std::string& path,
                         std::string_view text, unsigned mode) {
  const std::string aside = path + ".new";
  UniqueFd fd(::openat(directory_fd, aside.c_str(),
                       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                       mode));
  if (!fd.valid()) return PathErrno("create", aside);
  // An older umask or a left-over file must not widen the mode.
  if (::fchmod(fd.get(), mode) != 0) return PathErrno("chmod", aside);
  WRIT_RETURN_IF_ERROR(WriteAll(fd.get(), text));
  if (::fsync(fd.get()) != 0) return PathErrno("sync", aside);
  fd.Reset();
  if (::renameat(directory_fd, aside.c_str(), directory_fd, path.c_str()) !=
      0) {
    return PathErrno("rename to", path);
  }
  const size_t slash = path.rfind('/');
  const std::string parent =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  UniqueFd directory(::openat(directory_fd, parent.c_str(),
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) {
    return PathErrno("sync", parent);
  }
  return OkStatus();
}

Status WriteFileAtomic(const std::string& path, std::string_view text,
                       unsigned mode) {
  return WriteFileAtomicAt(AT_FDCWD, path, text, mode);
}

}  // namespace writ
