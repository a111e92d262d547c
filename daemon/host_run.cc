// SPDX-License-Identifier: Apache-2.0
#include "daemon/host_run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "crypto/random.h"
#include "runtime/jail/cgroup.h"

namespace writ {
namespace {

constexpr uint32_t kFirstUid = 1'900'000'000;
constexpr uint32_t kUidsPerRun = 65536;
constexpr uint32_t kMaxRuns = 1024;
constexpr uint64_t kMaxRecordBytes = 4096;

Result<UniqueFd> OpenRunDirectory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus("create `" + directory + "`", errno);
  }
  UniqueFd fd(::open(directory.c_str(),
                     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return ErrnoStatus("open `" + directory + "`", errno);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0 || info.st_uid != ::geteuid()) {
    return PermissionDenied("`" + directory + "` belongs to another user");
  }
  return fd;
}

// The supervisor of a run on record; {0, 0} when there is no readable record.
ProcessIdentity ReadRecord(int directory_fd, const std::string& run) {
  ProcessIdentity process;
  const Result<std::string> text =
      ReadFileAt(directory_fd, "run-" + run, kMaxRecordBytes);
  if (text.ok()) {
    std::istringstream fields(text.value());
    fields >> process.pid >> process.start_ticks;
    if (fields.fail()) process = {};
  }
  return process;
}

}  // namespace

Result<ProcessIdentity> IdentifyProcess(pid_t pid) {
  const Result<std::string> stat =
      ReadFile("/proc/" + std::to_string(pid) + "/stat", kMaxRecordBytes);
  if (!stat.ok()) return NotFound("no process " + std::to_string(pid));
  // The name, in brackets, may hold anything: count from the last one.
  const size_t bracket = stat.value().rfind(')');
  if (bracket == std::string::npos) return DataLoss("malformed /proc stat");
  std::istringstream fields(stat.value().substr(bracket + 1));
  std::string field;
  fields >> field;
  // It has ended, and its parent does not ask how.
  if (field == "Z" || field == "X") {
    return NotFound("process " + std::to_string(pid) + " has ended");
  }
  for (int number = 4; number <= 22; ++number) fields >> field;
  if (fields.fail()) return DataLoss("malformed /proc stat");
  return ProcessIdentity{pid, std::strtoull(field.c_str(), nullptr, 10)};
}

bool IsRunning(const ProcessIdentity& process) {
  if (process.pid <= 0) return false;
  const Result<ProcessIdentity> now = IdentifyProcess(process.pid);
  return now.ok() && now.value().start_ticks == process.start_ticks;
}

Result<HostRun> HostRun::Claim(const std::string& directory) {
  HostRun run;
  WRIT_ASSIGN_OR_RETURN(run.directory_, OpenRunDirectory(directory));
  WRIT_ASSIGN_OR_RETURN(const ProcessIdentity self,
                        IdentifyProcess(::getpid()));
  run.name_ = RandomText("abcdefghijklmnopqrstuvwxyz0123456789", 10);
  WRIT_RETURN_IF_ERROR(WriteFileAtomicAt(
      run.directory_.get(), "run-" + run.name_,
      std::to_string(self.pid) + " " + std::to_string(self.start_ticks) + "\n",
      0600));
  for (uint32_t block = 0; block < kMaxRuns; ++block) {
    const std::string name = "uids-" + std::to_string(block);
    UniqueFd lock(::openat(run.directory_.get(), name.c_str(),
                           O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.valid()) return ErrnoStatus("open `" + name + "`", errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    run.uid_lock_ = std::move(lock);
    run.uid_base_ = kFirstUid + block * kUidsPerRun;
    return run;
  }
  return ResourceExhausted("too many platforms run on this host");
}

void HostRun::Release() {
  if (name_.empty()) return;
  ::unlinkat(directory_.get(), ("run-" + name_).c_str(), 0);
  name_.clear();
  uid_lock_.Reset();
}

Status SweepDeadRuns(const std::string& directory) {
  WRIT_ASSIGN_OR_RETURN(const UniqueFd records, OpenRunDirectory(directory));
  WRIT_ASSIGN_OR_RETURN(const CgroupLayout layout, DetectCgroups());
  for (const std::string& run : ListCgroupRuns(layout)) {
    if (IsRunning(ReadRecord(records.get(), run))) continue;
    Log(LogLevel::kWarning, "dead_run_swept", {{"run", run}});
    WRIT_RETURN_IF_ERROR(SweepCgroupRun(layout, run));
    ::unlinkat(records.get(), ("run-" + run).c_str(), 0);
  }
  return OkStatus();
}

}  // namespace writ
