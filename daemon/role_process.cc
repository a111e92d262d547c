// SPDX-License-Identifier: Apache-2.0
#include "daemon/role_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace writ {
namespace {

// Where descriptors wait while their final numbers are being filled.
constexpr int kParkingNumber = 200;
constexpr size_t kMaxLineBytes = 8192;

// In the child: everything here is safe after fork and ends in exec or exit.
[[noreturn]] void BecomeProgram(const RoleLaunch& launch, int line_fd,
                                pid_t supervisor, char* const* arguments,
                                char* const* environment) {
  const auto give_up = [](const char* what) {
    static_cast<void>(WriteAll(STDERR_FILENO, "cannot start a role: "));
    static_cast<void>(WriteAll(STDERR_FILENO, what));
    static_cast<void>(WriteAll(STDERR_FILENO, "\n"));
    ::_exit(126);
  };
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::umask(077);
  const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
      ::getppid() != supervisor) {
    give_up("the supervisor is gone");
  }
  for (const int entrance : launch.group_entrances) {
    if (::write(entrance, "0", 1) != 1) give_up("join the run's group");
  }
  const int program = ::fcntl(launch.program_fd, F_DUPFD, kParkingNumber);
  const int line = ::fcntl(line_fd, F_DUPFD, kParkingNumber);
  int highest = std::max(2, launch.supervisor_number);
  int parked[16];
  size_t count = 0;
  for (const auto& [number, fd] : launch.descriptors) {
    if (count == std::size(parked)) give_up("too many descriptors");
    parked[count++] = ::fcntl(fd, F_DUPFD, kParkingNumber);
    highest = std::max(highest, number);
  }
  // Whatever stood at these numbers must not reach the role.
  ::close_range(3, static_cast<unsigned>(highest), 0);
  count = 0;
  for (const auto& [number, fd] : launch.descriptors) {
    if (::dup2(parked[count++], number) != number) give_up("dup2");
  }
  if (::dup2(line, launch.supervisor_number) != launch.supervisor_number) {
    give_up("dup2");
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) != STDIN_FILENO) {
    give_up("/dev/null");
  }
  if (nothing > 2) ::close(nothing);
  ::close_range(static_cast<unsigned>(highest) + 1, ~0u, CLOSE_RANGE_CLOEXEC);
  ::syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
  give_up("exec");
  ::_exit(126);
}

}  // namespace

RoleProcess::~RoleProcess() {
  if (pid_ == 0) return;
  Kill();
  ::waitpid(pid_, nullptr, 0);
}

Result<RoleProcess> RoleProcess::Start(const RoleLaunch& launch) {
  const RoleInfo& info = InfoOf(launch.role);
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return ErrnoStatus("make a socket pair", errno);
  }
  RoleProcess process;
  process.role_ = launch.role;
  process.line_.Reset(pair[0]);
  const UniqueFd theirs(pair[1]);
  if (::fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoStatus("prepare a socket pair", errno);
  }
  std::vector<std::string> words = {std::string(info.program)};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> settings = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  // So that a fault is found by the tools that look for faults.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) {
      settings.push_back(std::string(name) + "=" + value);
    }
  }
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  const pid_t supervisor = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return ErrnoStatus("fork", errno);
  if (pid == 0) {
    BecomeProgram(launch, theirs.get(), supervisor, arguments.data(),
                  environment.data());
  }
  process.pid_ = pid;
  process.pid_fd_.Reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pid_fd_.valid()) return ErrnoStatus("open a pidfd", errno);
  return process;
}

std::vector<std::string> RoleProcess::ReadLines() {
  std::vector<std::string> lines;
  char buffer[4096];
  while (line_.valid()) {
    const ssize_t count = ::read(line_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      line_.Reset();
      break;
    }
    partial_.append(buffer, static_cast<size_t>(count));
    if (partial_.size() > kMaxLineBytes) partial_.resize(kMaxLineBytes);
    size_t end = 0;
    while ((end = partial_.find('\n')) != std::string::npos) {
      lines.push_back(partial_.substr(0, end));
      partial_.erase(0, end + 1);
    }
  }
  return lines;
}

void RoleProcess::Say(std::string_view line) {
  if (!line_.valid()) return;
  static_cast<void>(WriteAll(line_.get(), std::string(line) + "\n"));
}

void RoleProcess::Kill() {
  if (pid_ != 0) {
    ::syscall(SYS_pidfd_send_signal, pid_fd_.get(), SIGKILL, nullptr, 0);
  }
}

bool RoleProcess::Reap() {
  if (pid_ == 0) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = 0;
  ready_ = false;
  ending_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                : "exit " + std::to_string(WEXITSTATUS(status));
  return true;
}

}  // namespace writ
