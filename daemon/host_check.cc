// SPDX-License-Identifier: Apache-2.0
#include "daemon/host_check.h"

#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "runtime/jail/cgroup.h"

namespace writ {
namespace {

constexpr uint64_t kMaxProcBytes = 64u << 10;
constexpr uint64_t kWantedDiskBytes = 1u << 30;
constexpr uint64_t kWantedFiles = 4096;

using Findings = std::vector<HostFinding>;

void Add(Findings* findings, std::string name, bool ok, std::string detail,
         std::string remedy, bool needed = true) {
  findings->push_back({std::move(name), ok, needed, std::move(detail),
                       ok ? "" : std::move(remedy)});
}

std::string FirstLine(const std::string& path) {
  Result<std::string> text = ReadFile(path, kMaxProcBytes);
  if (!text.ok()) return "";
  return text.value().substr(0, text.value().find('\n'));
}

void CheckRoot(Findings* findings) {
  const bool root = ::geteuid() == 0;
  Add(findings, "root", root, root ? "yes" : "no",
      "start it as root, for example with sudo");
  // The jail makes namespaces, mounts and control groups.
  constexpr std::array<std::pair<unsigned, const char*>, 6> kWanted = {
      {{0, "CAP_CHOWN"},
       {5, "CAP_KILL"},
       {6, "CAP_SETGID"},
       {7, "CAP_SETUID"},
       {12, "CAP_NET_ADMIN"},
       {21, "CAP_SYS_ADMIN"}}};
  const Result<std::string> status =
      ReadFile("/proc/self/status", kMaxProcBytes);
  const size_t at =
      status.ok() ? status.value().find("CapEff:") : std::string::npos;
  const uint64_t held =
      at == std::string::npos
          ? 0
          : std::strtoull(status.value().c_str() + at + 7, nullptr, 16);
  std::string missing;
  for (const auto& [bit, name] : kWanted) {
    if ((held >> bit & 1) == 0) missing += std::string(" ") + name;
  }
  Add(findings, "capabilities", missing.empty(),
      missing.empty() ? "all there" : "missing:" + missing,
      "run outside of a container, or give the container these capabilities");
}

void CheckNamespaces(Findings* findings) {
  std::string missing;
  for (const char* name : {"mnt", "pid", "net", "ipc", "uts", "cgroup"}) {
    const std::string path = std::string("/proc/self/ns/") + name;
    if (::access(path.c_str(), F_OK) != 0) {
      missing += std::string(" ") + name;
    }
  }
  Add(findings, "namespaces", missing.empty(),
      missing.empty() ? "mnt pid net ipc uts cgroup" : "missing:" + missing,
      "use a kernel with these namespaces");
}

void CheckCgroups(Findings* findings) {
  const Result<CgroupLayout> layout = DetectCgroups();
  Add(findings, "cgroups", layout.ok(),
      layout.ok() ? (layout.value().v2 ? "version 2" : "version 1")
                  : std::string(layout.status().message()),
      "mount the memory and pids controllers, version 1 or 2");
}

void CheckKernel(Findings* findings) {
  const long context = ::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (context >= 0) ::close(static_cast<int>(context));
  Add(findings, "mount-api", context >= 0,
      context >= 0 ? "fsopen" : "fsopen is refused",
      "use Linux 5.2 or later, with CAP_SYS_ADMIN");
  const uint32_t action = SECCOMP_RET_KILL_PROCESS;
  const bool filter =
      ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
  Add(findings, "seccomp", filter, filter ? "filters" : "no filters",
      "use a kernel with CONFIG_SECCOMP_FILTER");
  const UniqueFd memory(
      ::memfd_create("writ-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  Add(findings, "memfd", memory.valid(), memory.valid() ? "sealing" : "refused",
      "use a kernel with memfd_create");
  const UniqueFd self(
      static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  Add(findings, "pidfd", self.valid(), self.valid() ? "yes" : "refused",
      "use Linux 5.3 or later");
  const long landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                                  LANDLOCK_CREATE_RULESET_VERSION);
  Add(findings, "landlock", landlock > 0,
      landlock > 0 ? "version " + std::to_string(landlock)
                   : "absent: the other walls of the jail stand without it",
      "use a kernel with CONFIG_SECURITY_LANDLOCK", /*needed=*/false);
}

void CheckPython(Findings* findings) {
  const bool there = ::access("/usr/bin/python3", X_OK) == 0;
  Add(findings, "python3", there,
      there ? "/usr/bin/python3"
            : "absent: functions with a Python runtime do not start",
      "apt-get install python3", /*needed=*/false);
}

void CheckRoom(Findings* findings, const std::string& data_path) {
  std::string path = data_path;
  struct statvfs space = {};
  while (::statvfs(path.c_str(), &space) != 0) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos || path == "/") {
      path = ".";
      if (::statvfs(path.c_str(), &space) != 0) return;
      break;
    }
    path = slash == 0 ? "/" : path.substr(0, slash);
  }
  const uint64_t free = uint64_t{space.f_bavail} * space.f_frsize;
  Add(findings, "disk", free >= kWantedDiskBytes,
      std::to_string(free >> 20) + " MiB free for the data",
      "free 1 GiB, or choose another place with --data", /*needed=*/false);
  rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  Add(findings, "descriptors", files.rlim_max >= kWantedFiles,
      std::to_string(files.rlim_max) + " open files at most",
      "raise the hard limit of open files to 4096", /*needed=*/false);
}

void CheckSideChannels(Findings* findings) {
  const std::string merging = FirstLine("/sys/kernel/mm/ksm/run");
  Add(findings, "ksm", merging != "1",
      merging == "1" ? "on: equal pages of two accounts may be shared" : "off",
      "echo 0 > /sys/kernel/mm/ksm/run", /*needed=*/false);
  const std::string threads = FirstLine("/sys/devices/system/cpu/smt/active");
  Add(findings, "smt", threads != "1",
      threads == "1" ? "on: two accounts may share a core; treat this host as "
                       "single-tenant"
                     : "off",
      "echo off > /sys/devices/system/cpu/smt/control", /*needed=*/false);
}

}  // namespace

std::vector<HostFinding> CheckHost(const std::string& data_path) {
  Findings findings;
  CheckRoot(&findings);
  CheckNamespaces(&findings);
  CheckCgroups(&findings);
  CheckKernel(&findings);
  CheckPython(&findings);
  CheckRoom(&findings, data_path);
  CheckSideChannels(&findings);
  return findings;
}

bool HostIsFit(const std::vector<HostFinding>& findings) {
  return std::ranges::all_of(findings, [](const HostFinding& finding) {
    return finding.ok || !finding.needed;
  });
}

}  // namespace writ
