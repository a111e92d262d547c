// SPDX-License-Identifier: Apache-2.0
#include "runtime/init/runtime_process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <vector>

#include "base/file.h"

namespace writ {
namespace {

constexpr long kFunctionId = 0;  // in name only: see jail/sandbox.h

std::vector<char*> Pointers(const std::vector<std::string>& items) {
  std::vector<char*> pointers;
  pointers.reserve(items.size() + 1);
  for (const std::string& item : items) {
    pointers.push_back(const_cast<char*>(item.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void Run(const StartSpec& spec, int output, int report) {
  const auto fail = [report] {
    const int error_number = errno;
    static_cast<void>(
        WriteAll(report, AsText(std::as_bytes(std::span(&error_number, 1)))));
    _exit(127);
  };
  // The first to go when memory runs out is the function, not init.
  const int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (adjust >= 0) {
    static_cast<void>(WriteAll(adjust, "1000"));
    close(adjust);
  }
  if (syscall(SYS_setresgid, kFunctionId, kFunctionId, kFunctionId) != 0 ||
      syscall(SYS_setresuid, kFunctionId, kFunctionId, kFunctionId) != 0) {
    fail();
  }
  DropCapabilities();
  // A change of ids may leave the process dumpable by its new user only after
  // exec, which resets it; PID 1 stays as it is.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  setsid();
  if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
      chdir("/code") != 0) {
    fail();
  }
  const std::vector<char*> arguments = Pointers(spec.arguments);
  const std::vector<char*> environment = Pointers(spec.environment);
  // With a path search, so that "python3" works as a command.
  execvpe(arguments[0], arguments.data(), environment.data());
  fail();
  _exit(127);
}

}  // namespace

void DropCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capset, &header, data);
}

pid_t StartRuntimeProcess(const StartSpec& spec, int output,
                          int* error_number) {
  int report[2] = {-1, -1};
  if (pipe2(report, O_CLOEXEC) != 0) {
    *error_number = errno;
    return -1;
  }
  UniqueFd read_end(report[0]);
  UniqueFd write_end(report[1]);
  const pid_t pid = fork();
  if (pid < 0) {
    *error_number = errno;
    return -1;
  }
  if (pid == 0) Run(spec, output, write_end.get());
  write_end.Reset();
  if (read(read_end.get(), error_number, sizeof(*error_number)) ==
      sizeof(*error_number)) {
    return -1;
  }
  return pid;
}

FailedFrame DescribeStartFailure(const StartSpec& spec, int error_number) {
  const std::string program = "`" + spec.arguments[0] + "`";
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return {"CAFileNotFound", "no file " + program + " in the instance"};
    case EACCES:
    case EPERM:
      return {"CAFilePermission", program + " may not be executed"};
    case ENOEXEC:
      return {"CAFilePermission", program + " is not a program"};
    default:
      return {"FunctionNotStarted", program + " could not be started"};
  }
}

}  // namespace writ
