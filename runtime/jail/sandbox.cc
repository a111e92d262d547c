// SPDX-License-Identifier: Apache-2.0
//
// The order of the steps is the argument:
//   groups first, so that nothing of the child is ever unlimited; the cgroup
//   namespace after joining, or /proc/self/cgroup would show the way there;
//   mounts and the new root while still root of the host's user namespace, so
//   that they belong to it and no later capability can change them; then a user
//   namespace with two ids, capabilities away, Landlock, no new privileges,
//   the parent-death signal (a change of ids would clear it), and the system
//   call filter last, because it refuses most of the steps before it.
// tests/escape/ tries each of these from inside.
#include "runtime/jail/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/limits.h"
#include "runtime/jail/root_tree.h"
#include "runtime/jail/socket_packet.h"
#include "runtime/seccomp/instance_filter.h"

namespace writ {
namespace {

constexpr uint32_t kInsideFunctionId = 0;
constexpr uint32_t kInsideInitId = 1;

// Landlock's second scope field is younger than Debian 12's headers.
struct LandlockRules {
  uint64_t files = 0;
  uint64_t network = 0;
  uint64_t scoped = 0;
};
constexpr uint64_t kScopeAbstractSockets = 1;

int g_failure_socket = -1;

[[noreturn]] void Fail(std::string_view step) {
  SandboxFailure failure;
  failure.error_number = errno;
  std::memcpy(failure.step, step.data(),
              std::min(step.size(), sizeof(failure.step) - 1));
  static_cast<void>(
      send(g_failure_socket, &failure, sizeof(failure), MSG_NOSIGNAL));
  _exit(127);
}

void Must(bool done, std::string_view step) {
  if (!done) Fail(step);
}

void MustMount(const char* source, const std::string& target, const char* type,
               unsigned long flags, const char* data) {
  Must(mount(source, target.c_str(), type, flags, data) == 0,
       "mount " + target);
}

void BringLoopbackUp() {
  const int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = {};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  Must(handle >= 0 && ioctl(handle, SIOCSIFFLAGS, &request) == 0,
       "bring the loopback interface up");
  close(handle);
}

// The part that is the same for everybody: run before an order is known.
void Park(CgroupRun* run, const std::string& group) {
  if (const Status joined = run->Join(group); !joined.ok()) {
    Fail("join the group");
  }
  Must(unshare(CLONE_NEWCGROUP) == 0, "make a cgroup namespace");
  BringLoopbackUp();
  constexpr std::string_view kName = "instance";
  Must(sethostname(kName.data(), kName.size()) == 0, "name the host");
  const std::string root = kMountPoint;
  MustMount(kBaseTree, root, nullptr, MS_BIND | MS_REC, nullptr);
  MustMount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
            "hidepid=2,subset=pid");
}

// A parked sandbox is older than the code it gets: the tree comes as a
// descriptor, not under a name.
void AttachCode(int tree) {
  const std::string code = std::string(kMountPoint) + "/code";
  Must(move_mount(tree, "", AT_FDCWD, code.c_str(), MOVE_MOUNT_F_EMPTY_PATH) ==
           0,
       "attach the code");
  MustMount(nullptr, code, nullptr,
            MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_RDONLY, nullptr);
}

void ChangeRoot() {
  Must(chdir(kMountPoint) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
           umount2(".", MNT_DETACH) == 0 && chdir("/") == 0,
       "change the root");
}

void AllowFile(int rules, int file, uint64_t access) {
  landlock_path_beneath_attr beneath = {};
  beneath.allowed_access = access;
  beneath.parent_fd = file;
  Must(syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
               &beneath, 0) == 0,
       "allow a path");
}

void AllowBeneath(int rules, const char* path, uint64_t access) {
  const int directory = open(path, O_PATH | O_CLOEXEC);
  Must(directory >= 0, "open a path");
  AllowFile(rules, directory, access);
  close(directory);
}

// A second lock on what the read-only mounts already say. Where the kernel has
// none (P65) the mounts stand alone. The program lies outside the new root and
// needs a rule of its own.
void RestrictFiles(const char* writable, int executable) {
  // Landlock and the filter ask for it; without Landlock it is still wanted.
  Must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "give up new privileges");
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0,
                               LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= uint64_t{1} << 14;  // truncate
  LandlockRules attributes;
  attributes.files = all;
  size_t size = sizeof(attributes.files);
  if (version >= 6) {
    attributes.scoped = kScopeAbstractSockets;
    size = sizeof(attributes);
  }
  const int rules = static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  Must(rules >= 0, "make a Landlock rule set");
  const uint64_t read = LANDLOCK_ACCESS_FS_EXECUTE |
                        LANDLOCK_ACCESS_FS_READ_FILE |
                        LANDLOCK_ACCESS_FS_READ_DIR;
  const uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE |
                         (version >= 3 ? uint64_t{1} << 14 : uint64_t{0});
  const uint64_t devices =
      LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
  AllowFile(rules, executable,
            LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE);
  AllowBeneath(rules, "/", read);
  AllowBeneath(rules, "/dev", read | write);
  AllowBeneath(rules, "/proc", read | write);
  AllowBeneath(rules, "/dev/shm", all & ~devices);
  AllowBeneath(rules, writable, all & ~devices);
  Must(syscall(SYS_landlock_restrict_self, rules, 0) == 0,
       "restrict by Landlock");
  close(rules);
}

// A wish above a hard limit the process may not raise is lowered to it (P07).
void LimitResource(__rlimit_resource resource, rlim_t wish) {
  rlimit now = {};
  Must(getrlimit(resource, &now) == 0, "read a resource limit");
  const rlim_t value = std::min(wish, now.rlim_max);
  const rlimit limit = {.rlim_cur = value, .rlim_max = value};
  Must(setrlimit(resource, &limit) == 0, "set a resource limit");
}

void SetLimits() {
  LimitResource(RLIMIT_CORE, 0);
  LimitResource(RLIMIT_NOFILE, kMaxInstanceFiles);
  LimitResource(RLIMIT_MEMLOCK, 64u << 10);
  LimitResource(RLIMIT_MSGQUEUE, 0);
}

void SetCapabilities(uint32_t mask) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = data[0].inheritable = mask;
  Must(syscall(SYS_capset, &header, data) == 0, "set capabilities");
}

// Makes capabilities inheritable, which only the bounding set allows: before
// that is emptied.
void RaiseInheritable(uint32_t mask) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  Must(syscall(SYS_capget, &header, data) == 0, "read capabilities");
  data[0].inheritable |= mask;
  Must(syscall(SYS_capset, &header, data) == 0, "set capabilities");
}

void DropBoundingSet() {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      Must(errno == EINVAL, "drop a capability");
      break;  // the last one the kernel knows
    }
  }
}

constexpr unsigned long kLockedSecureBits =
    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS |
    SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED;

void InstallFilter() {
  static_assert(sizeof(sock_filter) == sizeof(uint64_t));
  sock_filter program[std::size(kInstanceFilter)];
  std::memcpy(program, kInstanceFilter, sizeof(program));
  const sock_fprog filter = {
      .len = static_cast<unsigned short>(std::size(kInstanceFilter)),
      .filter = program};
  Must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0,
       "install the system call filter");
}

// What follows the last change of ids, for both programs. `executable` is an
// O_PATH descriptor from before the root was changed.
[[noreturn]] void Become(int executable, const char* name, int first_closed) {
  Must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "die with the jail");
  // Everything else goes when the program runs; until then a failure can
  // still be told.
  Must(close_range(static_cast<unsigned>(first_closed), ~0u,
                   CLOSE_RANGE_CLOEXEC) == 0,
       "close descriptors");
  InstallFilter();
  char* const arguments[] = {const_cast<char*>(name), nullptr};
  char* const environment[] = {nullptr};
  syscall(SYS_execveat, executable, "", arguments, environment, AT_EMPTY_PATH);
  Fail("run the program");
}

// Puts `descriptors` at 3, 4, … whatever numbers they have now, and /dev/null
// at 0 to 2. `keep` are moved out of the way.
void PlaceDescriptors(std::array<int, kMaxJailDescriptors> descriptors,
                      int null_fd, int* keep[2]) {
  constexpr int kOutOfTheWay = 64;
  for (int& descriptor : descriptors) {
    descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, kOutOfTheWay);
    Must(descriptor >= 0, "move a descriptor");
  }
  for (int i = 0; i < 2; ++i) {
    *keep[i] = fcntl(*keep[i], F_DUPFD_CLOEXEC, kOutOfTheWay);
    Must(*keep[i] >= 0, "move a descriptor");
  }
  for (int target = 0; target < 3; ++target) {
    Must(dup2(null_fd, target) >= 0, "close standard input and output");
  }
  for (size_t i = 0; i < descriptors.size(); ++i) {
    Must(dup2(descriptors[i], kInitFramesFd + static_cast<int>(i)) >= 0,
         "place a descriptor");
  }
}

void EnterUserNamespace(int socket) {
  Must(unshare(CLONE_NEWUSER) == 0, "make a user namespace");
  char answer = 0;
  Must(send(socket, &kWantsUserMap, 1, MSG_NOSIGNAL) == 1 &&
           recv(socket, &answer, 1, 0) == 1 && answer == kUserMapStands,
       "wait for the user map");
}

[[noreturn]] void RunInstance(CgroupRun* run, const std::string& group,
                              int socket, int null_fd) {
  Park(run, group);
  int executable = open(kInitProgram, O_PATH | O_CLOEXEC);
  Must(executable >= 0, "open init");

  SandboxOrder order;
  std::array<UniqueFd, kMaxJailDescriptors> received;
  std::array<UniqueFd, kMaxJailDescriptors> code;
  for (auto* descriptors : {&code, &received}) {
    const Result<size_t> size =
        ReceivePacket(socket, &order, sizeof(order), *descriptors);
    // The jail has ended, or needs this sandbox no more.
    if (!size.ok() || size.value() != sizeof(order)) _exit(0);
  }
  if (!code[0].valid() || !received[2].valid()) _exit(0);
  AttachCode(code[0].get());
  const std::string root = kMountPoint;
  const std::string disk = "mode=1777,size=" + std::to_string(order.disk_mb) +
                           "m,nr_inodes=" + std::to_string(kMaxUnpackedFiles);
  MustMount("tmpfs", root + "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
            disk.c_str());
  MustMount("tmpfs", root + "/dev/shm", "tmpfs",
            MS_NOSUID | MS_NODEV | MS_NOEXEC, disk.c_str());
  ChangeRoot();
  SetLimits();
  int* keep[2] = {&executable, &socket};
  PlaceDescriptors({received[0].get(), received[1].get(), received[2].get()},
                   null_fd, keep);
  g_failure_socket = socket;
  EnterUserNamespace(socket);

  Must(prctl(PR_SET_SECUREBITS, kLockedSecureBits, 0, 0, 0) == 0,
       "lock the secure bits");
  constexpr uint32_t kChangeIds = (1u << CAP_SETUID) | (1u << CAP_SETGID);
  RaiseInheritable(kChangeIds);
  DropBoundingSet();
  Must(syscall(SYS_setgroups, 0, nullptr) == 0 &&
           syscall(SYS_setresgid, kInsideInitId, kInsideInitId,
                   kInsideInitId) == 0 &&
           syscall(SYS_setresuid, kInsideInitId, kInsideInitId,
                   kInsideInitId) == 0,
       "change ids");
  // Init keeps the right to become the function's user once; it gives it up
  // as soon as it has.
  SetCapabilities(kChangeIds);
  for (const unsigned long capability : {CAP_SETUID, CAP_SETGID}) {
    Must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0,
         "keep a capability");
  }
  RestrictFiles("/tmp", executable);
  Become(executable, "init", kInitOutputFd + 1);
}

[[noreturn]] void RunUnpacker(CgroupRun* run, const std::string& group,
                              uint32_t code_slot, uint32_t user_id, int socket,
                              int package, int null_fd) {
  Park(run, group);
  int executable = open(kUnpackProgram, O_PATH | O_CLOEXEC);
  Must(executable >= 0, "open the unpacker");
  MustMount(CodeTree(code_slot).c_str(), std::string(kMountPoint) + "/code",
            nullptr, MS_BIND, nullptr);
  ChangeRoot();
  SetLimits();
  int* keep[2] = {&executable, &socket};
  PlaceDescriptors({package, socket, null_fd}, null_fd, keep);
  g_failure_socket = socket;
  Must(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0,
             0) == 0,
       "lock the secure bits");
  DropBoundingSet();
  Must(syscall(SYS_setgroups, 0, nullptr) == 0 &&
           syscall(SYS_setresgid, user_id, user_id, user_id) == 0 &&
           syscall(SYS_setresuid, user_id, user_id, user_id) == 0,
       "change ids");
  SetCapabilities(0);
  RestrictFiles("/code", executable);
  Become(executable, "unpack", kInitFramesFd + 2);
}

// fork() into new namespaces, with a pidfd; 0 in the child.
pid_t CloneSandbox(int* pidfd) {
  clone_args arguments = {};
  arguments.flags = CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                    CLONE_NEWIPC | CLONE_NEWUTS;
  arguments.pidfd = reinterpret_cast<uint64_t>(pidfd);
  arguments.exit_signal = SIGCHLD;
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

template <typename Body>
Result<ChildProcess> Fork(Body body) {
  int pair[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return ErrnoStatus("make a socket pair", errno);
  }
  ChildProcess child;
  child.socket.Reset(pair[0]);
  UniqueFd theirs(pair[1]);
  int pidfd = -1;
  child.pid = CloneSandbox(&pidfd);
  if (child.pid < 0) return ErrnoStatus("make a sandbox", errno);
  if (child.pid == 0) {
    // Also while parked, before the ids change: a jail that dies takes its
    // children along.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(pair[0]);
    g_failure_socket = theirs.get();
    body(theirs.Release());
  }
  child.pidfd.Reset(pidfd);
  return child;
}

}  // namespace

Result<ChildProcess> ForkInstance(CgroupRun* run, const std::string& group,
                                  int null_fd) {
  return Fork([run, &group, null_fd](int socket) {
    RunInstance(run, group, socket, null_fd);
  });
}

Result<ChildProcess> ForkUnpacker(CgroupRun* run, const std::string& group,
                                  uint32_t code_slot, uint32_t user_id,
                                  int package, int null_fd) {
  return Fork([=, &group](int socket) {
    RunUnpacker(run, group, code_slot, user_id, socket, package, null_fd);
  });
}

}  // namespace writ
