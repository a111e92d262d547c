// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/runtime/jail_process.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "crypto/random.h"
#include "gtest/gtest.h"
#include "runtime/jail/cgroup.h"

namespace writ::testing {
namespace {

constexpr char kBinaries[] = WRIT_BIN_DIR;
constexpr char kProbe[] = WRIT_PROBE;
// Away from what a platform on the same machine uses by default.
constexpr uint32_t kUidBase = 1'950'000'000;
constexpr uint32_t kUidCount = 1000;

UniqueFd OpenProgram(const std::string& name) {
  return UniqueFd(open((std::string(kBinaries) + "/" + name).c_str(),
                       O_RDONLY | O_CLOEXEC));
}

std::string ReadLine(int fd) {
  std::string line;
  char byte = 0;
  while (read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

}  // namespace

JailProcess::JailProcess() : run_("test" + RandomHex(6)) {
  int node[2] = {-1, -1};
  int supervisor[2] = {-1, -1};
  WRIT_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, node) == 0);
  WRIT_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, supervisor) ==
             0);
  node_.Reset(node[0]);
  supervisor_.Reset(supervisor[0]);
  UniqueFd inherited[] = {
      UniqueFd(node[1]), OpenProgram("writ-init"), OpenProgram("writ-unpack"),
      UniqueFd(open("runtime/languages", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      UniqueFd(supervisor[1])};
  const std::string program = std::string(kBinaries) + "/writ-jail";
  const std::string run_flag = "--run=" + run_;
  const std::string uid_flag = "--uid-base=" + std::to_string(kUidBase);
  const std::string node_flag = "--node-uid=0";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int moved[5];
    for (int i = 0; i < 5; ++i) {
      moved[i] = fcntl(inherited[i].get(), F_DUPFD_CLOEXEC, 100);
    }
    for (int i = 0; i < 5; ++i) dup2(moved[i], 3 + i);
    execl(program.c_str(), "writ-jail", run_flag.c_str(), uid_flag.c_str(),
          node_flag.c_str(), nullptr);
    _exit(126);
  }
  for (UniqueFd& fd : inherited) fd.Reset();
  EXPECT_EQ(ReadLine(supervisor_.get()), "ready");
}

JailProcess::~JailProcess() {
  if (pid_ > 0) StopInOrder();
}

int JailProcess::StopInOrder() {
  supervisor_.Reset();
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void JailProcess::KillHard() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

HostState ReadHostState() {
  HostState state;
  const Result<std::string> mounts = ReadFile("/proc/self/mountinfo", 8u << 20);
  if (mounts.ok()) state.mounts = mounts.value();
  const Result<CgroupLayout> layout = DetectCgroups();
  if (layout.ok()) {
    for (const std::string& run : ListCgroupRuns(layout.value())) {
      if (run.starts_with("test")) state.runs.push_back(run);
    }
  }
  DIR* const proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    struct stat info = {};
    if (std::atoi(entry->d_name) > 0 &&
        fstatat(dirfd(proc), entry->d_name, &info, 0) == 0 &&
        info.st_uid >= kUidBase && info.st_uid < kUidBase + kUidCount) {
      state.instance_processes.push_back(std::atoi(entry->d_name));
    }
  }
  closedir(proc);
  return state;
}

UniqueFd MakePackage(const std::vector<PackageFile>& files) {
  UniqueFd memory(memfd_create("package", MFD_CLOEXEC));
  archive* const writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_fd(writer, memory.get());
  for (const PackageFile& file : files) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.name.c_str());
    archive_entry_set_perm(entry, file.mode);
    if (file.kind == 'l') {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, file.text.c_str());
    } else {
      archive_entry_set_filetype(entry, file.kind == 'd' ? AE_IFDIR : AE_IFREG);
      archive_entry_set_size(entry, static_cast<la_int64_t>(file.text.size()));
    }
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK)
        << archive_error_string(writer);
    if (file.kind == 'f') {
      archive_write_data(writer, file.text.data(), file.text.size());
    }
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return memory;
}

UniqueFd MakeProbePackage() {
  const Result<std::string> program = ReadFile(kProbe, 64u << 20);
  WRIT_CHECK(program.ok());
  return MakePackage({{"bootstrap", program.value(), 0755}});
}

UniqueFd MakePythonPackage(const std::string& index_py) {
  return MakePackage({{"index.py", index_py}});
}

InstanceConfiguration CustomFunction() {
  InstanceConfiguration configuration;
  configuration.route.account = "1000000000000001";
  configuration.route.name = "probe";
  configuration.route.arn =
      "acs:fc:cn-local-1:1000000000000001:functions/probe";
  configuration.route.revision = 1;
  configuration.route.runtime = "custom";
  configuration.route.memory_mb = 128;
  configuration.route.timeout_seconds = 2;
  configuration.region = "cn-local-1";
  configuration.handler = "index.handler";
  configuration.cpu = 1;
  configuration.disk_mb = 64;
  return configuration;
}

InstanceConfiguration PythonFunction(const std::string& handler) {
  InstanceConfiguration configuration = CustomFunction();
  configuration.route.name = "snake";
  configuration.route.runtime = "python3.10";
  configuration.handler = handler;
  return configuration;
}

}  // namespace writ::testing
