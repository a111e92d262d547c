// SPDX-License-Identifier: Apache-2.0
#include "runtime/jail/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "base/log.h"

namespace writ {
namespace {

constexpr std::string_view kPrefix = "writ-";
constexpr uint64_t kMaxControlFileBytes = 1 << 20;
constexpr uint32_t kCpuPeriodUs = 100000;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool IsRunName(std::string_view run) {
  return !run.empty() && run.size() <= 64 &&
         std::all_of(run.begin(), run.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

UniqueFd OpenDirectory(int at, const std::string& path) {
  return UniqueFd(openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Distinct mount points of the layout: memory first.
std::vector<std::string> MountPoints(const CgroupLayout& layout) {
  if (layout.v2) return {layout.memory};
  std::vector<std::string> points = {layout.memory, layout.pids};
  if (!layout.cpu.empty()) points.push_back(layout.cpu);
  return points;
}

std::vector<pid_t> ReadProcesses(int directory, const std::string& path) {
  std::vector<pid_t> pids;
  const Result<std::string> text =
      ReadFileAt(directory, path, kMaxControlFileBytes);
  if (!text.ok()) return pids;
  for (std::string_view line : Split(text.value(), '\n')) {
    pids.push_back(static_cast<pid_t>(
        std::strtol(std::string(line).c_str(), nullptr, 10)));
  }
  return pids;
}

// The names of the directories in `directory`.
std::vector<std::string> Subdirectories(int directory) {
  std::vector<std::string> names;
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  DIR* const stream = fdopendir(copy);
  if (stream == nullptr) {
    close(copy);
    return names;
  }
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
      names.emplace_back(entry->d_name);
    }
  }
  closedir(stream);
  return names;
}

}  // namespace

Result<CgroupLayout> DetectCgroups(std::string_view mountinfo) {
  CgroupLayout v1;
  std::string unified;
  for (std::string_view line : Split(mountinfo, '\n')) {
    // 36 35 98:0 /root /mount/point options… - type source superoptions
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = Split(line.substr(0, dash), ' ');
    const auto right = Split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    const std::string point(left[4]);
    if (right[0] == "cgroup2" && unified.empty()) unified = point;
    if (right[0] != "cgroup") continue;
    for (std::string_view option : Split(right[2], ',')) {
      if (option == "memory") v1.memory = point;
      if (option == "cpu") v1.cpu = point;
      if (option == "pids") v1.pids = point;
    }
  }
  if (!v1.memory.empty()) {
    if (v1.pids.empty()) {
      return FailedPrecondition("no hierarchy of the `pids` controller");
    }
    return v1;
  }
  if (unified.empty()) {
    return FailedPrecondition("no hierarchy of the `memory` controller");
  }
  return CgroupLayout{
      .v2 = true, .memory = unified, .cpu = unified, .pids = unified};
}

Result<CgroupLayout> DetectCgroups() {
  WRIT_ASSIGN_OR_RETURN(const std::string text,
                        ReadFile("/proc/self/mountinfo", 8 << 20));
  return DetectCgroups(text);
}

Result<CgroupRun> CgroupRun::Create(const CgroupLayout& layout,
                                    std::string_view run) {
  if (!IsRunName(run)) return InvalidArgument("malformed name of a run");
  CgroupRun groups;
  groups.v2_ = layout.v2;
  groups.has_cpu_ = !layout.cpu.empty();
  groups.name_ = std::string(kPrefix) + std::string(run);
  for (const std::string& point : MountPoints(layout)) {
    UniqueFd root = OpenDirectory(AT_FDCWD, point);
    if (!root.valid()) return ErrnoStatus("open " + point, errno);
    if (mkdirat(root.get(), groups.name_.c_str(), 0755) != 0 &&
        errno != EEXIST) {
      return ErrnoStatus("make the group of this run in " + point, errno);
    }
    UniqueFd directory = OpenDirectory(root.get(), groups.name_);
    if (!directory.valid()) return ErrnoStatus("open a new group", errno);
    groups.roots_.push_back(std::move(root));
    groups.runs_.push_back(std::move(directory));
  }
  if (layout.v2) {
    const Result<std::string> offered =
        ReadFileAt(groups.roots_[0].get(), "cgroup.subtree_control", 4096);
    const std::string text = offered.ok() ? offered.value() : "";
    const auto names =
        Split(std::string_view(text).substr(0, text.find('\n')), ' ');
    const auto has = [&names](std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (std::string_view needed : {"memory", "pids"}) {
      if (!has(needed)) {
        // Nothing was put into it yet; a failed start must leave nothing.
        static_cast<void>(groups.RemoveRun());
        return FailedPrecondition(
            "the root of cgroup v2 does not offer `" + std::string(needed) +
            "` to its children; enable it in cgroup.subtree_control");
      }
    }
    groups.has_cpu_ = has("cpu");
    WRIT_RETURN_IF_ERROR(groups.WriteValue(
        groups.runs_[0].get(), "cgroup.subtree_control",
        groups.has_cpu_ ? "+memory +pids +cpu" : "+memory +pids", false));
  }
  if (!groups.has_cpu_) Log(LogLevel::kWarning, "no_cpu_limits");
  return groups;
}

// Control files exist as soon as their directory does; O_CREAT is refused by
// cgroupfs and makes the same code work on a recorded tree of plain files.
Status CgroupRun::WriteValue(int directory, const std::string& path,
                             std::string_view value, bool optional) const {
  const UniqueFd file(openat(directory, path.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) {
    return optional ? OkStatus() : ErrnoStatus("open " + path, errno);
  }
  if (write(file.get(), value.data(), value.size()) !=
      static_cast<ssize_t>(value.size())) {
    return optional ? OkStatus() : ErrnoStatus("write " + path, errno);
  }
  return OkStatus();
}

Status CgroupRun::AddGroup(const std::string& name) {
  for (const UniqueFd& run : runs_) {
    if (mkdirat(run.get(), name.c_str(), 0755) != 0) {
      return ErrnoStatus("make group " + name, errno);
    }
  }
  return OkStatus();
}

Status CgroupRun::SetLimits(const std::string& name,
                            const CgroupLimits& limits) {
  const std::string memory = std::to_string(limits.memory_bytes);
  const std::string processes = std::to_string(limits.max_processes);
  if (v2_) {
    const int run = runs_[0].get();
    WRIT_RETURN_IF_ERROR(WriteValue(run, name + "/memory.max", memory, false));
    WRIT_RETURN_IF_ERROR(WriteValue(run, name + "/memory.swap.max", "0", true));
    WRIT_RETURN_IF_ERROR(WriteValue(run, name + "/pids.max", processes, false));
  } else {
    const int run = runs_[0].get();
    WRIT_RETURN_IF_ERROR(
        WriteValue(run, name + "/memory.limit_in_bytes", memory, false));
    WRIT_RETURN_IF_ERROR(
        WriteValue(run, name + "/memory.memsw.limit_in_bytes", memory, true));
    WRIT_RETURN_IF_ERROR(
        WriteValue(runs_[1].get(), name + "/pids.max", processes, false));
  }
  return SetCpu(name, limits.cpu_milli);
}

Status CgroupRun::SetCpu(const std::string& name, uint32_t cpu_milli) {
  if (!has_cpu_) return OkStatus();
  const std::string quota =
      std::to_string(uint64_t{cpu_milli} * kCpuPeriodUs / 1000);
  const std::string period = std::to_string(kCpuPeriodUs);
  if (v2_) {
    return WriteValue(runs_[0].get(), name + "/cpu.max", quota + " " + period,
                      false);
  }
  const int run = runs_[2].get();
  WRIT_RETURN_IF_ERROR(
      WriteValue(run, name + "/cpu.cfs_period_us", period, false));
  return WriteValue(run, name + "/cpu.cfs_quota_us", quota, false);
}

Status CgroupRun::Join(const std::string& name) {
  for (const UniqueFd& run : runs_) {
    WRIT_RETURN_IF_ERROR(
        WriteValue(run.get(), name + "/cgroup.procs", "0", false));
  }
  return OkStatus();
}

Result<std::vector<UniqueFd>> CgroupRun::OpenEntrances(
    const std::string& name) const {
  std::vector<UniqueFd> entrances;
  for (const UniqueFd& run : runs_) {
    UniqueFd file(openat(run.get(), (name + "/cgroup.procs").c_str(),
                         O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return ErrnoStatus("open group " + name, errno);
    entrances.push_back(std::move(file));
  }
  return entrances;
}

std::vector<pid_t> CgroupRun::Processes(const std::string& name) const {
  std::set<pid_t> all;
  for (const UniqueFd& run : runs_) {
    for (pid_t pid : ReadProcesses(run.get(), name + "/cgroup.procs")) {
      all.insert(pid);
    }
  }
  return {all.begin(), all.end()};
}

Status CgroupRun::RemoveGroup(const std::string& name) {
  Status first;
  for (const UniqueFd& run : runs_) {
    if (unlinkat(run.get(), name.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT && first.ok()) {
      first = ErrnoStatus("remove group " + name, errno);
    }
  }
  return first;
}

Status CgroupRun::RemoveRun() {
  Status first;
  for (const UniqueFd& root : roots_) {
    if (unlinkat(root.get(), name_.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT && first.ok()) {
      first = ErrnoStatus("remove group " + name_, errno);
    }
  }
  return first;
}

Result<UniqueFd> CgroupRun::OpenMemoryPeak(const std::string& name) const {
  const std::string path =
      name + (v2_ ? "/memory.peak" : "/memory.max_usage_in_bytes");
  UniqueFd file(openat(runs_[0].get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  // memory.peak is younger than v2 itself: the current use has to do there.
  if (!file.valid() && v2_) {
    file.Reset(openat(runs_[0].get(), (name + "/memory.current").c_str(),
                      O_RDONLY | O_CLOEXEC));
  }
  if (!file.valid()) return ErrnoStatus("open " + path, errno);
  return file;
}

Result<UniqueFd> CgroupRun::OpenOomEvents(const std::string& name) const {
  const std::string path =
      name + (v2_ ? "/memory.events" : "/memory.oom_control");
  UniqueFd file(openat(runs_[0].get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus("open " + path, errno);
  return file;
}

uint64_t CountOomKills(std::string_view text) {
  constexpr std::string_view kName = "oom_kill ";
  for (std::string_view line : Split(text, '\n')) {
    if (line.starts_with(kName)) {
      return std::strtoull(std::string(line.substr(kName.size())).c_str(),
                           nullptr, 10);
    }
  }
  return 0;
}

Status SweepCgroupRun(const CgroupLayout& layout, std::string_view run) {
  if (!IsRunName(run)) return InvalidArgument("malformed name of a run");
  const std::string name = std::string(kPrefix) + std::string(run);
  Status last;
  for (int attempt = 0; attempt < 200; ++attempt) {
    last = OkStatus();
    for (const std::string& point : MountPoints(layout)) {
      const UniqueFd root = OpenDirectory(AT_FDCWD, point);
      const UniqueFd group = OpenDirectory(root.get(), name);
      if (!group.valid()) continue;
      std::vector<std::string> children = Subdirectories(group.get());
      for (const std::string& child : children) {
        for (pid_t pid : ReadProcesses(group.get(), child + "/cgroup.procs")) {
          kill(pid, SIGKILL);
        }
        if (unlinkat(group.get(), child.c_str(), AT_REMOVEDIR) != 0) {
          last = Unavailable("group `" + child + "` is still in use");
        }
      }
      if (unlinkat(root.get(), name.c_str(), AT_REMOVEDIR) != 0) {
        last = Unavailable("group `" + name + "` is still in use");
      }
    }
    if (last.ok()) return last;
    const timespec pause = {.tv_sec = 0, .tv_nsec = 10'000'000};
    nanosleep(&pause, nullptr);
  }
  return last;
}

std::vector<std::string> ListCgroupRuns(const CgroupLayout& layout) {
  std::set<std::string> runs;
  for (const std::string& point : MountPoints(layout)) {
    const UniqueFd root = OpenDirectory(AT_FDCWD, point);
    if (!root.valid()) continue;
    for (const std::string& name : Subdirectories(root.get())) {
      if (!name.starts_with(kPrefix)) continue;
      const std::string run = name.substr(kPrefix.size());
      if (IsRunName(run)) runs.insert(run);
    }
  }
  return {runs.begin(), runs.end()};
}

}  // namespace writ
