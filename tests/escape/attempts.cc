// SPDX-License-Identifier: Apache-2.0
#include "tests/escape/attempts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace writ::testing {
namespace {

std::string Stopped() { return ""; }

// A call that has to fail.
std::string MustFail(long result, const char* what) {
  return result < 0 ? Stopped() : std::string(what) + " succeeded";
}

// A call that has to fail in one way: so that its callers fall back.
std::string MustFailWith(int expected, long result, const char* what) {
  const int error = errno;
  if (result >= 0) return std::string(what) + " succeeded";
  return error == expected ? Stopped()
                           : std::string(what) + " fails in another way";
}

std::string ReadText(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string MustNotOpen(const char* path, int flags) {
  const int fd = open(path, flags | O_CLOEXEC, 0644);
  if (fd < 0) return Stopped();
  close(fd);
  return std::string("opened ") + path;
}

std::string Mount() {
  return MustFail(mount("tmpfs", "/tmp", "tmpfs", 0, nullptr), "mount");
}
std::string RemountRoot() {
  return MustFail(mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr),
                  "remount of /");
}
std::string NewMountApi() {
  return MustFail(syscall(SYS_fsopen, "tmpfs", 0), "fsopen");
}
std::string Unmount() {
  return MustFail(umount2("/usr", MNT_DETACH), "umount");
}
std::string Chroot() { return MustFail(chroot("/tmp"), "chroot"); }
std::string PivotRoot() {
  return MustFail(syscall(SYS_pivot_root, "/tmp", "/tmp"), "pivot_root");
}
std::string Unshare() {
  for (int flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID}) {
    if (unshare(flag) == 0) return "unshare succeeded";
  }
  return Stopped();
}
std::string CloneNamespace() {
  const long pid =
      syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, 0, 0, 0);
  if (pid == 0) _exit(0);
  return MustFail(pid, "clone with a namespace");
}
std::string Clone3() {
  return MustFailWith(ENOSYS, syscall(SYS_clone3, nullptr, 0), "clone3");
}
std::string SetNamespace() {
  const int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Stopped();
  return MustFail(setns(fd, 0), "setns");
}
std::string TraceInit() {
  return MustFail(ptrace(PTRACE_ATTACH, 1, nullptr, nullptr), "ptrace");
}
std::string ReadInitMemory() { return MustNotOpen("/proc/1/mem", O_RDONLY); }
std::string ReadInitEnvironment() {
  return ReadText("/proc/1/environ").empty() &&
                 MustNotOpen("/proc/1/maps", O_RDONLY).empty()
             ? Stopped()
             : "read /proc/1";
}
std::string UseInitDescriptors() {
  DIR* const directory = opendir("/proc/1/fd");
  if (directory == nullptr) return Stopped();
  closedir(directory);
  return "listed the descriptors of init";
}
std::string StealInitDescriptor() {
  const long pidfd = syscall(SYS_pidfd_open, 1, 0);
  if (pidfd < 0) return Stopped();
  const long stolen = syscall(SYS_pidfd_getfd, pidfd, 3, 0);
  close(static_cast<int>(pidfd));
  return MustFail(stolen, "pidfd_getfd");
}
std::string KillInit() { return MustFail(kill(1, SIGKILL), "kill of init"); }
std::string StopInit() { return MustFail(kill(1, SIGSTOP), "stop of init"); }
std::string ReadVm() {
  return MustFail(syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0),
                  "process_vm_readv");
}
std::string Bpf() {
  bpf_attr attributes = {};
  return MustFailWith(
      EPERM, syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)),
      "bpf");
}
std::string Keyring() {
  return MustFailWith(EPERM, syscall(SYS_keyctl, 0, -3, 1), "keyctl");
}
std::string AddKey() {
  return MustFail(syscall(SYS_add_key, "user", "a", "b", 1, -3), "add_key");
}
std::string IoUring() {
  char parameters[128] = {};
  return MustFail(syscall(SYS_io_uring_setup, 1, parameters), "io_uring_setup");
}
std::string PerfEvents() {
  char attributes[128] = {};
  return MustFail(syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0),
                  "perf_event_open");
}
std::string UserFaults() {
  return MustFail(syscall(SYS_userfaultfd, 0), "userfaultfd");
}
std::string KernelModule() {
  return MustFail(syscall(SYS_init_module, nullptr, 0, ""), "init_module");
}
std::string Reboot() {
  return MustFail(syscall(SYS_reboot, 0, 0, 0, nullptr), "reboot");
}
std::string SetTime() {
  const timespec time = {};
  return MustFail(clock_settime(CLOCK_REALTIME, &time), "clock_settime");
}
std::string SetHostName() {
  return MustFail(sethostname("x", 1), "sethostname");
}
std::string WriteCode() {
  return MustNotOpen("/code/written", O_WRONLY | O_CREAT);
}
std::string WriteRoot() { return MustNotOpen("/written", O_WRONLY | O_CREAT); }
std::string WriteUsr() {
  return MustNotOpen("/usr/written", O_WRONLY | O_CREAT);
}
std::string WriteEtc() { return MustNotOpen("/etc/passwd", O_WRONLY); }
std::string WriteRuntime() {
  return MustNotOpen("/var/fc/runtime/python/bootstrap.py", O_WRONLY);
}
std::string HostFiles() {
  for (const char* path :
       {"/root",         "/home",     "/work",       "/run",
        "/sys",          "/boot",     "/etc/shadow", "/etc/ssh",
        "/etc/hostname", "/proc/sys", "/proc/kcore", "/proc/kmsg",
        "/proc/cmdline", "/dev/mem",  "/dev/kmsg",   "/dev/sda",
        "/dev/vda",      "/dev/fuse", "/dev/kvm",    "/dev/net/tun",
        "/dev/tty"}) {
    struct stat info = {};
    if (lstat(path, &info) == 0) return std::string("sees ") + path;
  }
  return Stopped();
}
std::string HostPasswords() {
  const std::string text = ReadText("/etc/passwd");
  return text.find("daemon") == std::string::npos ? Stopped()
                                                  : "reads the host's users";
}
std::string MakeDevice() {
  return MustFail(mknod("/tmp/device", S_IFCHR | 0666, makedev(1, 1)), "mknod");
}
std::string BecomeAnother() {
  if (setresuid(1, 1, 1) == 0) return "became the user of init";
  if (setresgid(1, 1, 1) == 0) return "became the group of init";
  return MustFail(setgroups(0, nullptr), "setgroups");
}
std::string Capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capget, &header, data);
  for (const auto& half : data) {
    if ((half.effective | half.permitted | half.inheritable) != 0) {
      return "holds a capability";
    }
  }
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) {
      return "the bounding set is not empty";
    }
  }
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? Stopped()
                                                     : "may gain privileges";
}
std::string RegainBySetuidProgram() {
  const pid_t pid = fork();
  if (pid == 0) {
    execl("/usr/bin/su", "su", "-c", "true", nullptr);
    _exit(1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  // Running it is no gain; the mounts are nosuid and nothing could be gained.
  return Capabilities();
}
std::string CoreDump() {
  rlimit limit = {};
  getrlimit(RLIMIT_CORE, &limit);
  return limit.rlim_max == 0 ? Stopped() : "may dump core";
}
std::string ConnectTo(const char* address, uint16_t port) {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in target = {};
  target.sin_family = AF_INET;
  target.sin_port = htons(port);
  inet_pton(AF_INET, address, &target.sin_addr);
  const int result =
      connect(handle, reinterpret_cast<sockaddr*>(&target), sizeof(target));
  const int error = errno;
  close(handle);
  return result == 0 || error == EINPROGRESS ? std::string("reaches ") + address
                                             : Stopped();
}
std::string OutsideNetwork() { return ConnectTo("192.0.2.1", 80); }
std::string MetadataService() { return ConnectTo("100.100.100.200", 80); }
std::string SecondInterface() {
  struct if_nameindex* const all = if_nameindex();
  std::string found;
  for (auto* item = all; item != nullptr && item->if_index != 0; ++item) {
    if (std::strcmp(item->if_name, "lo") != 0) found = item->if_name;
  }
  if (all != nullptr) if_freenameindex(all);
  return found.empty() ? Stopped() : "has interface " + found;
}
std::string RawSocket() {
  return MustFail(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "raw socket");
}
std::string Netlink() {
  return MustFail(socket(AF_NETLINK, SOCK_RAW, 0), "netlink socket");
}
std::string PacketSocket() {
  return MustFail(socket(AF_PACKET, SOCK_RAW, 0), "packet socket");
}
std::string Vsock() {
  return MustFail(socket(AF_VSOCK, SOCK_STREAM, 0), "vsock socket");
}
std::string AbstractSocket() {
  // The test listens on this name in the host's network namespace.
  const int handle = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, "\0writ-escape-probe", 18);
  const int result =
      connect(handle, reinterpret_cast<sockaddr*>(&address),
              static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 18));
  close(handle);
  return MustFail(result, "connection to the host's abstract socket");
}
std::string InheritedDescriptors() {
  for (int fd = 3; fd < 1024; ++fd) {
    struct stat info = {};
    if (fstat(fd, &info) != 0) continue;
    // The probe's own sockets; anything else was left open for it.
    if (!S_ISSOCK(info.st_mode)) {
      return "descriptor " + std::to_string(fd) + " is open";
    }
    int domain = 0;
    socklen_t size = sizeof(domain);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    if (domain != AF_INET) return "a foreign socket is open";
  }
  return Stopped();
}
std::string OtherProcesses() {
  DIR* const proc = opendir("/proc");
  if (proc == nullptr) return Stopped();
  std::string found;
  while (const dirent* entry = readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0 && pid != getpid()) found = entry->d_name;
  }
  closedir(proc);
  return found.empty() ? Stopped() : "sees process " + found;
}
std::string CgroupPath() {
  const std::string text = ReadText("/proc/self/cgroup");
  return text.find("writ-") == std::string::npos &&
                 text.find("..") == std::string::npos
             ? Stopped()
             : "sees the path of its group";
}
std::string OpenByHandle() {
  return MustFail(syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0),
                  "open_by_handle_at");
}
std::string Personality() {
  return MustFail(syscall(SYS_personality, 0x0040000), "personality");
}
std::string InputInjection() {
  char byte = 'x';
  return MustFail(syscall(SYS_ioctl, 0, 0x5412, &byte), "TIOCSTI") +
         MustFail(syscall(SYS_ioctl, 0, 0x100005412, &byte),
                  "TIOCSTI behind the mask");
}
std::string RaiseLimits() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max += 1;
  limit.rlim_cur = limit.rlim_max;
  return MustFail(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

constexpr Attempt kAttempts[] = {
    {"mount", Mount},
    {"remount_root", RemountRoot},
    {"new_mount_api", NewMountApi},
    {"unmount", Unmount},
    {"chroot", Chroot},
    {"pivot_root", PivotRoot},
    {"unshare", Unshare},
    {"clone_namespace", CloneNamespace},
    {"clone3", Clone3},
    {"setns", SetNamespace},
    {"trace_init", TraceInit},
    {"read_init_memory", ReadInitMemory},
    {"read_init_environment", ReadInitEnvironment},
    {"use_init_descriptors", UseInitDescriptors},
    {"steal_init_descriptor", StealInitDescriptor},
    {"kill_init", KillInit},
    {"stop_init", StopInit},
    {"process_vm_readv", ReadVm},
    {"bpf", Bpf},
    {"keyctl", Keyring},
    {"add_key", AddKey},
    {"io_uring", IoUring},
    {"perf_event_open", PerfEvents},
    {"userfaultfd", UserFaults},
    {"init_module", KernelModule},
    {"reboot", Reboot},
    {"clock_settime", SetTime},
    {"sethostname", SetHostName},
    {"write_code", WriteCode},
    {"write_root", WriteRoot},
    {"write_usr", WriteUsr},
    {"write_etc", WriteEtc},
    {"write_runtime", WriteRuntime},
    {"host_files", HostFiles},
    {"host_passwords", HostPasswords},
    {"mknod", MakeDevice},
    {"become_another", BecomeAnother},
    {"capabilities", Capabilities},
    {"setuid_program", RegainBySetuidProgram},
    {"core_dump", CoreDump},
    {"outside_network", OutsideNetwork},
    {"metadata_service", MetadataService},
    {"second_interface", SecondInterface},
    {"raw_socket", RawSocket},
    {"netlink", Netlink},
    {"packet_socket", PacketSocket},
    {"vsock", Vsock},
    {"abstract_socket", AbstractSocket},
    {"inherited_descriptors", InheritedDescriptors},
    {"other_processes", OtherProcesses},
    {"cgroup_path", CgroupPath},
    {"open_by_handle", OpenByHandle},
    {"personality", Personality},
    {"input_injection", InputInjection},
    {"raise_limits", RaiseLimits},
};

}  // namespace

const std::vector<Attempt>& Attempts() {
  static const std::vector<Attempt>* const kAll =
      new std::vector<Attempt>(std::begin(kAttempts), std::end(kAttempts));
  return *kAll;
}

}  // namespace writ::testing
