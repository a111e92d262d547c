// SPDX-License-Identifier: Apache-2.0
#include "runtime/jail/root_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/limits.h"

namespace writ {
namespace {

constexpr uint64_t kMaxProgramFileBytes = 64u << 20;
constexpr int kMaxLanguageDepth = 4;

// Where the new root is assembled: a directory that every host has. The mount
// covers it in this process's namespace only.
constexpr char kAssembly[] = "/tmp";

Status Check(int result, std::string_view what) {
  return result == 0 ? OkStatus() : ErrnoStatus(what, errno);
}

Status MakeDirectory(const std::string& path, mode_t mode = 0755) {
  return Check(mkdir(path.c_str(), mode), "make directory " + path);
}

Status WriteNewFile(const std::string& path, std::string_view text,
                    mode_t mode) {
  const UniqueFd file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid()) return ErrnoStatus("make file " + path, errno);
  return WriteAll(file.get(), text);
}

Status CopyProgram(int from, const std::string& path) {
  // The supervisor opens it once for every start of the jail.
  WRIT_RETURN_IF_ERROR(Check(lseek(from, 0, SEEK_SET) == 0 ? 0 : -1,
                             "rewind the program for " + path));
  WRIT_ASSIGN_OR_RETURN(const std::string bytes,
                        ReadAll(from, kMaxProgramFileBytes));
  return WriteNewFile(path, bytes, 0755);
}

// Copies regular files and directories; nothing else belongs there.
Status CopyDirectory(int from, const std::string& to, int depth) {
  if (depth > kMaxLanguageDepth) {
    return InvalidArgument("the languages' directory is too deep");
  }
  const int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = copy < 0 ? nullptr : fdopendir(copy);
  if (stream == nullptr) return ErrnoStatus("read the languages", errno);
  Status status;
  while (const dirent* entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name.starts_with('.') || name == "__pycache__") continue;
    const std::string target = to + "/" + name;
    const UniqueFd item(openat(from, name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat info = {};
    if (!item.valid() || fstat(item.get(), &info) != 0) {
      status = ErrnoStatus("read " + name, errno);
    } else if (S_ISDIR(info.st_mode)) {
      status = MakeDirectory(target);
      if (status.ok()) status = CopyDirectory(item.get(), target, depth + 1);
    } else if (S_ISREG(info.st_mode)) {
      Result<std::string> text = ReadAll(item.get(), kMaxProgramFileBytes);
      status =
          text.ok() ? WriteNewFile(target, text.value(), 0644) : text.status();
    }
    if (!status.ok()) break;
  }
  closedir(stream);
  return status;
}

Status MountTmpfs(const std::string& path, const char* options,
                  unsigned long flags) {
  return Check(mount("tmpfs", path.c_str(), "tmpfs", flags, options),
               "mount tmpfs on " + path);
}

// A view of one of the host's directories that nobody can write through.
Status BindReadOnly(const std::string& from, const std::string& to) {
  WRIT_RETURN_IF_ERROR(
      Check(mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr),
            "bind " + from));
  return Check(
      mount(nullptr, to.c_str(), nullptr,
            MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr),
      "make " + from + " read-only");
}

// /usr, and /bin, /lib… as the host has them: links or directories.
Status AddPrograms(const std::string& base) {
  WRIT_RETURN_IF_ERROR(MakeDirectory(base + "/usr"));
  WRIT_RETURN_IF_ERROR(BindReadOnly("/usr", base + "/usr"));
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib64", "/lib32"}) {
    struct stat info = {};
    if (lstat(name, &info) != 0) continue;
    if (S_ISLNK(info.st_mode)) {
      char target[256] = {};
      const ssize_t length = readlink(name, target, sizeof(target) - 1);
      if (length <= 0) return ErrnoStatus("read a link", errno);
      WRIT_RETURN_IF_ERROR(
          Check(symlink(target, (base + name).c_str()), "make a link"));
    } else if (S_ISDIR(info.st_mode)) {
      WRIT_RETURN_IF_ERROR(MakeDirectory(base + name));
      WRIT_RETURN_IF_ERROR(BindReadOnly(name, base + name));
    }
  }
  return OkStatus();
}

// The links through which Debian picks one of several implementations.
Status AddAlternatives(const std::string& base) {
  WRIT_RETURN_IF_ERROR(MakeDirectory(base + "/etc/alternatives"));
  DIR* const stream = opendir("/etc/alternatives");
  if (stream == nullptr) return OkStatus();
  while (const dirent* entry = readdir(stream)) {
    char target[512] = {};
    const std::string name = entry->d_name;
    if (readlinkat(dirfd(stream), name.c_str(), target, sizeof(target) - 1) <=
        0) {
      continue;
    }
    if (std::string_view(target).starts_with("/usr/") &&
        symlink(target, (base + "/etc/alternatives/" + name).c_str()) != 0) {
      const int error = errno;
      closedir(stream);
      return ErrnoStatus("make a link", error);
    }
  }
  closedir(stream);
  return OkStatus();
}

Status AddEtc(const std::string& base) {
  WRIT_RETURN_IF_ERROR(MakeDirectory(base + "/etc"));
  struct File {
    const char* path;
    std::string_view text;
  };
  constexpr File kFiles[] = {
      {"/etc/passwd",
       "root:x:0:0:root:/tmp:/bin/sh\n"
       "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"},
      {"/etc/group", "root:x:0:\nnogroup:x:65534:\n"},
      {"/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"},
      {"/etc/resolv.conf", ""},
      {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
  };
  for (const File& file : kFiles) {
    WRIT_RETURN_IF_ERROR(WriteNewFile(base + file.path, file.text, 0644));
  }
  WRIT_RETURN_IF_ERROR(Check(
      symlink("/usr/share/zoneinfo/Etc/UTC", (base + "/etc/localtime").c_str()),
      "make a link"));
  // Names of libraries only; without it every program start searches.
  if (const Result<std::string> cache = ReadFile("/etc/ld.so.cache", 16u << 20);
      cache.ok()) {
    WRIT_RETURN_IF_ERROR(
        WriteNewFile(base + "/etc/ld.so.cache", cache.value(), 0644));
  }
  return AddAlternatives(base);
}

Status AddDevices(const std::string& base) {
  WRIT_RETURN_IF_ERROR(MakeDirectory(base + "/dev"));
  WRIT_RETURN_IF_ERROR(MakeDirectory(base + "/dev/shm"));
  struct Device {
    const char* path;
    unsigned minor;
  };
  constexpr Device kDevices[] = {{"/dev/null", 3},
                                 {"/dev/zero", 5},
                                 {"/dev/full", 7},
                                 {"/dev/random", 8},
                                 {"/dev/urandom", 9}};
  for (const Device& device : kDevices) {
    const std::string path = base + device.path;
    WRIT_RETURN_IF_ERROR(
        Check(mknod(path.c_str(), S_IFCHR | 0666, makedev(1, device.minor)),
              "make " + path));
    // mknod is under the umask.
    WRIT_RETURN_IF_ERROR(Check(chmod(path.c_str(), 0666), "open " + path));
  }
  struct Link {
    const char* path;
    const char* target;
  };
  constexpr Link kLinks[] = {{"/dev/fd", "/proc/self/fd"},
                             {"/dev/stdin", "/proc/self/fd/0"},
                             {"/dev/stdout", "/proc/self/fd/1"},
                             {"/dev/stderr", "/proc/self/fd/2"}};
  for (const Link& link : kLinks) {
    WRIT_RETURN_IF_ERROR(
        Check(symlink(link.target, (base + link.path).c_str()), "make a link"));
  }
  return OkStatus();
}

Status BuildBase(const std::string& base, int languages_fd) {
  WRIT_RETURN_IF_ERROR(MakeDirectory(base));
  WRIT_RETURN_IF_ERROR(MountTmpfs(base, "mode=0755,size=64m", MS_NOSUID));
  WRIT_RETURN_IF_ERROR(AddPrograms(base));
  WRIT_RETURN_IF_ERROR(AddEtc(base));
  WRIT_RETURN_IF_ERROR(AddDevices(base));
  for (const char* name : {"/code", "/opt", "/proc", "/tmp", "/var", "/var/fc",
                           "/var/fc/runtime"}) {
    WRIT_RETURN_IF_ERROR(MakeDirectory(base + name));
  }
  WRIT_RETURN_IF_ERROR(
      CopyDirectory(languages_fd, base + "/var/fc/runtime", 0));
  return Check(mount(nullptr, base.c_str(), nullptr,
                     MS_REMOUNT | MS_RDONLY | MS_NOSUID, "mode=0755,size=64m"),
               "make the template read-only");
}

}  // namespace

std::string CodeTree(uint32_t code_slot) {
  return std::string(kCodeTrees) + "/" + std::to_string(code_slot);
}

Status BuildRootTree(int init_fd, int unpack_fd, int languages_fd) {
  umask(022);
  WRIT_RETURN_IF_ERROR(Check(unshare(CLONE_NEWNS), "make a mount namespace"));
  WRIT_RETURN_IF_ERROR(
      Check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
            "make the mount namespace private"));
  const std::string root = kAssembly;
  WRIT_RETURN_IF_ERROR(
      MountTmpfs(root, "mode=0755,size=256m", MS_NOSUID | MS_NODEV));
  WRIT_RETURN_IF_ERROR(BuildBase(root + kBaseTree, languages_fd));
  WRIT_RETURN_IF_ERROR(MakeDirectory(root + kMountPoint));
  WRIT_RETURN_IF_ERROR(MakeDirectory(root + kCodeTrees));
  for (uint32_t slot = 0; slot < kMaxCodeSlots; ++slot) {
    WRIT_RETURN_IF_ERROR(MakeDirectory(root + CodeTree(slot)));
  }
  WRIT_RETURN_IF_ERROR(CopyProgram(init_fd, root + kInitProgram));
  WRIT_RETURN_IF_ERROR(CopyProgram(unpack_fd, root + kUnpackProgram));
  WRIT_RETURN_IF_ERROR(Check(chdir(root.c_str()), "enter the new root"));
  // The old root lands on top of the new one and is then let go.
  WRIT_RETURN_IF_ERROR(Check(
      static_cast<int>(syscall(SYS_pivot_root, ".", ".")), "change the root"));
  WRIT_RETURN_IF_ERROR(Check(umount2(".", MNT_DETACH), "leave the old root"));
  return Check(chdir("/"), "enter the new root");
}

}  // namespace writ
