// SPDX-License-Identifier: Apache-2.0
//
// PID 1 of an instance: static, under a user id of its own, not traceable by
// the function. Descriptors: runtime/jail/protocol.h. When it ends, the kernel
// ends everything else in the instance.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "runtime/frames.h"
#include "runtime/init/runtime_process.h"
#include "runtime/init/session.h"
#include "runtime/jail/protocol.h"

namespace {

constexpr uint64_t kMaxSpecBytes = 1 << 20;

int FailStart(const writ::FailedFrame& failed) {
  const std::string frame =
      writ::EncodeFrame(writ::FrameType::kFailed, 0, failed.Encode());
  static_cast<void>(writ::WriteAll(writ::kInitFramesFd, frame));
  return 1;
}

}  // namespace

int main() {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  signal(SIGPIPE, SIG_IGN);
  for (int fd : {writ::kInitFramesFd, writ::kInitSpecFd, writ::kInitOutputFd}) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  const writ::UniqueFd signals(
      signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK));

  lseek(writ::kInitSpecFd, 0, SEEK_SET);
  const writ::Result<std::string> bytes =
      writ::ReadAll(writ::kInitSpecFd, kMaxSpecBytes);
  close(writ::kInitSpecFd);
  if (!bytes.ok()) return FailStart({"FunctionNotStarted", "no specification"});
  writ::Result<writ::StartSpec> spec = writ::StartSpec::Decode(bytes.value());
  if (!spec.ok()) {
    return FailStart({"FunctionNotStarted", "malformed specification"});
  }
  int error_number = 0;
  const pid_t runtime = writ::StartRuntimeProcess(
      spec.value(), writ::kInitOutputFd, &error_number);
  writ::DropCapabilities();
  close(writ::kInitOutputFd);
  if (runtime < 0) {
    return FailStart(writ::DescribeStartFailure(spec.value(), error_number));
  }
  writ::Session session(std::move(spec).value(), runtime, writ::kInitFramesFd,
                        signals.get());
  session.Run();
  return 0;
}
