// SPDX-License-Identifier: Apache-2.0
//
// The shell plays the role: it can say lines, list its descriptors and die.
#include "daemon/role_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using ::testing::ElementsAre;

class RoleProcessTest : public ::testing::Test {
 protected:
  RoleLaunch Shell(const std::string& script) {
    RoleLaunch launch;
    launch.role = Role::kCore;
    launch.program_fd = shell_.get();
    launch.arguments = {"-c", script};
    return launch;
  }

  static void AwaitEnd(RoleProcess* process) {
    pollfd waiting = {.fd = process->pid_fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 10000), 1);
    EXPECT_TRUE(process->Reap());
  }

  static std::vector<std::string> AllLines(RoleProcess* process) {
    std::vector<std::string> lines;
    while (process->line_fd() >= 0) {
      pollfd waiting = {
          .fd = process->line_fd(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 10000) != 1) break;
      for (std::string& line : process->ReadLines()) {
        lines.push_back(std::move(line));
      }
    }
    return lines;
  }

  const UniqueFd shell_{::open("/bin/sh", O_RDONLY | O_CLOEXEC)};
};

TEST_F(RoleProcessTest, LinesComeWhole) {
  Result<RoleProcess> process = RoleProcess::Start(
      Shell("printf 're' >&7; printf 'ady\\nfatal no luck\\nhalf' >&7"));
  ASSERT_TRUE(process.ok()) << process.status().ToString();
  EXPECT_THAT(AllLines(&process.value()),
              ElementsAre("ready", "fatal no luck"));
  AwaitEnd(&process.value());
  EXPECT_EQ(process.value().ending(), "exit 0");
}

TEST_F(RoleProcessTest, TheRoleFindsItsDescriptorsAndNoOthers) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ASSERT_TRUE(leak.valid());
  const UniqueFd given(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  RoleLaunch launch = Shell(
      "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do "
      "if [ -e /proc/$$/fd/$n ]; then printf '%s ' $n >&7; fi; done; "
      "printf '\\n' >&7");
  launch.descriptors = {{3, given.get()}, {9, given.get()}};
  Result<RoleProcess> process = RoleProcess::Start(launch);
  ASSERT_TRUE(process.ok());
  EXPECT_THAT(AllLines(&process.value()), ElementsAre("0 1 2 3 7 9 "));
}

TEST_F(RoleProcessTest, TheEnvironmentIsNearlyEmpty) {
  ::setenv("WRIT_TEST_SECRET", "x", 1);
  Result<RoleProcess> process =
      RoleProcess::Start(Shell("echo \"[$WRIT_TEST_SECRET]$PATH\" >&7"));
  ::unsetenv("WRIT_TEST_SECRET");
  ASSERT_TRUE(process.ok());
  EXPECT_THAT(AllLines(&process.value()), ElementsAre("[]/usr/bin:/bin"));
}

TEST_F(RoleProcessTest, ARoleHearsWhatIsSaid) {
  Result<RoleProcess> process =
      RoleProcess::Start(Shell("read word <&7; echo \"got $word\" >&7"));
  ASSERT_TRUE(process.ok());
  process.value().Say("go");
  EXPECT_THAT(AllLines(&process.value()), ElementsAre("got go"));
}

TEST_F(RoleProcessTest, ClosingTheLineAsksToStop) {
  Result<RoleProcess> process =
      RoleProcess::Start(Shell("read word <&7; exit 5"));
  ASSERT_TRUE(process.ok());
  EXPECT_FALSE(process.value().Reap());
  process.value().AskToStop();
  AwaitEnd(&process.value());
  EXPECT_EQ(process.value().ending(), "exit 5");
}

TEST_F(RoleProcessTest, AKilledRoleIsSeenToHaveBeenKilled) {
  Result<RoleProcess> process = RoleProcess::Start(Shell("read word <&7"));
  ASSERT_TRUE(process.ok());
  process.value().Kill();
  AwaitEnd(&process.value());
  EXPECT_EQ(process.value().ending(), "signal 9");
  EXPECT_TRUE(process.value().ended());
}

TEST_F(RoleProcessTest, DroppingARoleEndsIt) {
  pid_t pid = 0;
  {
    Result<RoleProcess> process = RoleProcess::Start(Shell("read word <&7"));
    ASSERT_TRUE(process.ok());
    pid = process.value().pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(RoleProcessTest, ARoleDiesWithItsSupervisor) {
  int report[2];
  ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    // The role keeps the pipe's write end as its descriptor 9.
    RoleLaunch launch = Shell("echo ready >&9; while :; do read x <&7; done");
    launch.descriptors = {{9, report[1]}};
    Result<RoleProcess> process = RoleProcess::Start(launch);
    ::close(report[1]);
    ::pause();
    ::_exit(process.ok() ? 0 : 1);
  }
  ::close(report[1]);
  char line[6] = {};
  ASSERT_EQ(::read(report[0], line, sizeof line), 6);
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  // The end of the pipe comes when its last holder, the role, is gone.
  pollfd waiting = {.fd = report[0], .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&waiting, 1, 10000), 1);
  EXPECT_EQ(::read(report[0], line, sizeof line), 0);
  ::close(report[0]);
}

TEST_F(RoleProcessTest, AProgramThatIsNoneEndsAtOnce) {
  const UniqueFd text(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  RoleLaunch launch = Shell("");
  launch.program_fd = text.get();
  Result<RoleProcess> process = RoleProcess::Start(launch);
  ASSERT_TRUE(process.ok());
  AwaitEnd(&process.value());
  EXPECT_EQ(process.value().ending(), "exit 126");
}

}  // namespace
}  // namespace writ
