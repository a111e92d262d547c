// SPDX-License-Identifier: Apache-2.0
#include "runtime/unpack/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/file.h"

namespace writ {
namespace {

constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxNameParts = 64;
constexpr size_t kBlockBytes = 128 << 10;

struct CloseArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveReader = std::unique_ptr<archive, CloseArchive>;

// Opens below `directory` without following any link.
UniqueFd OpenBeneath(int directory, const std::string& path, uint64_t flags,
                     uint64_t mode) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(
      syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))));
}

// Opens the directory that holds `path`, making what is missing.
Result<UniqueFd> OpenParent(int directory, std::string_view path,
                            uint64_t* made) {
  UniqueFd current = OpenBeneath(directory, ".", O_PATH | O_DIRECTORY, 0);
  while (true) {
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return current;
    const std::string part(path.substr(0, slash));
    path.remove_prefix(slash + 1);
    if (mkdirat(current.get(), part.c_str(), 0755) == 0) {
      ++*made;
    } else if (errno != EEXIST) {
      return ErrnoStatus("make a directory", errno);
    }
    UniqueFd next = OpenBeneath(current.get(), part, O_PATH | O_DIRECTORY, 0);
    if (!next.valid()) {
      return InvalidArgument("an entry lies below a link or a file");
    }
    current = std::move(next);
  }
}

Status MakeError(std::string_view what) {
  switch (errno) {
    case EEXIST:
      return InvalidArgument("an entry comes twice");
    case ENOSPC:
    case EDQUOT:
      return ResourceExhausted("the package is too large unpacked");
    default:
      return ErrnoStatus(what, errno);
  }
}

class Unpacker {
 public:
  Unpacker(int directory, const UnpackLimits& limits)
      : directory_(directory), limits_(limits) {}

  Status Entry(archive* reader, archive_entry* entry);

 private:
  Status File(archive* reader, int parent, const std::string& name,
              bool executable);
  Status CountEntries() const {
    return entries_ > limits_.max_files
               ? ResourceExhausted("the package holds too many files")
               : OkStatus();
  }

  const int directory_;
  const UnpackLimits limits_;
  uint64_t bytes_ = 0;
  uint64_t entries_ = 0;
};

Status Unpacker::Entry(archive* reader, archive_entry* entry) {
  const char* const raw_name = archive_entry_pathname(entry);
  if (raw_name == nullptr) return InvalidArgument("an entry has no name");
  WRIT_ASSIGN_OR_RETURN(const std::string path, SafeEntryName(raw_name));
  if (archive_entry_hardlink(entry) != nullptr) {
    return InvalidArgument("the package holds a hard link");
  }
  const mode_t type = archive_entry_filetype(entry);
  if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) {
    return InvalidArgument("the package holds a device or pipe");
  }
  if (path.empty()) return OkStatus();
  ++entries_;
  WRIT_ASSIGN_OR_RETURN(const UniqueFd parent,
                        OpenParent(directory_, path, &entries_));
  WRIT_RETURN_IF_ERROR(CountEntries());
  const std::string name = path.substr(path.rfind('/') + 1);
  if (type == AE_IFDIR) {
    if (mkdirat(parent.get(), name.c_str(), 0755) == 0) return OkStatus();
    if (errno != EEXIST) return MakeError("make a directory");
    struct stat info = {};
    if (fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(info.st_mode)) {
      return InvalidArgument("an entry comes twice");
    }
    return OkStatus();
  }
  if (type == AE_IFLNK) {
    const char* const target = archive_entry_symlink(entry);
    if (target == nullptr || !LinkStaysInside(path, target)) {
      return InvalidArgument("a link leads out of the package");
    }
    if (symlinkat(target, parent.get(), name.c_str()) != 0) {
      return MakeError("make a link");
    }
    return OkStatus();
  }
  return File(reader, parent.get(), name,
              (archive_entry_perm(entry) & 0111) != 0);
}

Status Unpacker::File(archive* reader, int parent, const std::string& name,
                      bool executable) {
  const UniqueFd file = OpenBeneath(parent, name, O_WRONLY | O_CREAT | O_EXCL,
                                    executable ? 0755 : 0644);
  if (!file.valid()) return MakeError("make a file");
  std::string block(kBlockBytes, '\0');
  while (true) {
    const la_ssize_t size =
        archive_read_data(reader, block.data(), block.size());
    if (size == 0) return OkStatus();
    if (size < 0) return InvalidArgument("the package is damaged");
    bytes_ += static_cast<uint64_t>(size);
    if (bytes_ > limits_.max_bytes) {
      return ResourceExhausted("the package is too large unpacked");
    }
    std::string_view rest(block.data(), static_cast<size_t>(size));
    while (!rest.empty()) {
      const ssize_t written = write(file.get(), rest.data(), rest.size());
      if (written < 0) return MakeError("write a file");
      rest.remove_prefix(static_cast<size_t>(written));
    }
  }
}

}  // namespace

Result<std::string> SafeEntryName(std::string_view name) {
  if (name.empty()) return InvalidArgument("an entry has no name");
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument("the name of an entry is too long");
  }
  if (name.front() == '/') {
    return InvalidArgument("the name of an entry is absolute");
  }
  for (const char c : name) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return InvalidArgument("the name of an entry has a forbidden character");
    }
  }
  std::string safe;
  size_t parts = 0;
  while (!name.empty()) {
    const size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      return InvalidArgument("the name of an entry climbs out of the package");
    }
    if (++parts > kMaxNameParts || part.size() > 255) {
      return InvalidArgument("the name of an entry is too long");
    }
    if (!safe.empty()) safe += '/';
    safe += part;
  }
  return safe;
}

bool LinkStaysInside(std::string_view name, std::string_view target) {
  if (target.empty() || target.front() == '/' ||
      target.size() > kMaxNameBytes) {
    return false;
  }
  // Depth of the directory that holds the link. Climbing after having gone
  // down is refused as well: the part gone down may itself be a link.
  size_t depth = 0;
  for (const char c : name) depth += c == '/' ? 1 : 0;
  bool descended = false;
  while (!target.empty()) {
    const size_t end = std::min(target.find('/'), target.size());
    const std::string_view part = target.substr(0, end);
    target.remove_prefix(std::min(end + 1, target.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (descended || depth == 0) return false;
      --depth;
    } else {
      descended = true;
    }
  }
  return true;
}

Status UnpackZip(int package, int directory, const UnpackLimits& limits) {
  umask(022);
  const ArchiveReader reader(archive_read_new());
  if (reader == nullptr ||
      archive_read_support_format_zip_seekable(reader.get()) != ARCHIVE_OK ||
      lseek(package, 0, SEEK_SET) != 0 ||
      archive_read_open_fd(reader.get(), package, kBlockBytes) != ARCHIVE_OK) {
    return InvalidArgument("the package is not a ZIP archive");
  }
  Unpacker unpacker(directory, limits);
  while (true) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) return OkStatus();
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      return InvalidArgument("the package is not a ZIP archive");
    }
    WRIT_RETURN_IF_ERROR(unpacker.Entry(reader.get(), entry));
  }
}

}  // namespace writ
