// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "base/file.h"

namespace writ {
namespace {

// Where standard output goes while --output is in effect.
struct Redirection {
  std::string path;
  std::ostringstream text;
  std::streambuf* terminal = nullptr;
};

Redirection& Redirected() {
  static Redirection redirection;
  return redirection;
}

// Only what a signal handler may call.
void GiveUp(int /*signal*/) {
  constexpr char kMessage[] = "writ: no answer within --timeout\n";
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  ::_exit(static_cast<int>(ExitCode::kUnknown));
}

void StartTimeout(int64_t ms) {
  struct sigaction action = {};
  action.sa_handler = GiveUp;
  ::sigaction(SIGALRM, &action, nullptr);
  itimerval timer = {};
  timer.it_value.tv_sec = static_cast<time_t>(ms / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

// A terminal is no input then: reading it finds the end at once.
void CloseTerminalInput() {
  if (::isatty(STDIN_FILENO) == 0) return;
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.valid()) ::dup2(nothing.get(), STDIN_FILENO);
}

}  // namespace

Status PutIntoEffect(const GlobalFlags& global) {
  if (global.timeout_ms) StartTimeout(*global.timeout_ms);
  if (global.no_input) CloseTerminalInput();
  if (!global.directory.empty() && ::chdir(global.directory.c_str()) != 0) {
    return InvalidArgument("-C `" + global.directory +
                           "`: " + std::strerror(errno));
  }
  if (!global.output.empty() && global.output != "-") {
    Redirection& redirection = Redirected();
    redirection.path = global.output;
    redirection.terminal = std::cout.rdbuf(redirection.text.rdbuf());
  }
  return OkStatus();
}

const std::string& OutputFile() { return Redirected().path; }

ExitCode FinishOutput(ExitCode exit) {
  Redirection& redirection = Redirected();
  if (redirection.terminal != nullptr) {
    std::cout.rdbuf(redirection.terminal);
    redirection.terminal = nullptr;
    const std::string text = redirection.text.str();
    if (exit == ExitCode::kOk || !text.empty()) {
      if (Status status = WriteFileAtomic(redirection.path, text, 0644);
          !status.ok()) {
        std::cerr << "writ: --output: " << status.message() << "\n";
        return Worst(exit, status.code() == StatusCode::kInternal
                               ? ExitCode::kInternal
                               : ExitCode::kUsage);
      }
    }
  }
  std::cout.flush();
  return std::cout.good() ? exit : ExitCode::kInternal;
}

}  // namespace writ
