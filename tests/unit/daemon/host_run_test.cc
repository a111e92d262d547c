// SPDX-License-Identifier: Apache-2.0
#include "daemon/host_run.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "daemon/host_check.h"
#include "gtest/gtest.h"
#include "tests/unit/daemon/scratch_directory.h"

namespace writ {
namespace {

TEST(ProcessIdentity, ThisProcessRuns) {
  const Result<ProcessIdentity> self = IdentifyProcess(::getpid());
  ASSERT_TRUE(self.ok());
  EXPECT_TRUE(IsRunning(self.value()));
}

TEST(ProcessIdentity, ALaterProcessWithTheSameNumberIsAnother) {
  ProcessIdentity earlier = IdentifyProcess(::getpid()).value();
  earlier.start_ticks -= 1;
  EXPECT_FALSE(IsRunning(earlier));
}

TEST(ProcessIdentity, AProcessThatEndedIsGoneEvenBeforeItsParentLooks) {
  int ended[2];
  ASSERT_EQ(::pipe(ended), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::close(ended[1]);
  siginfo_t info = {};
  // Waits for the end and leaves the zombie.
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT),
            0);
  EXPECT_FALSE(IdentifyProcess(child).ok());
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(IdentifyProcess(child).ok());
  ::close(ended[0]);
}

TEST(HostRun, TwoRunsShareNeitherNameNorUsers) {
  const ScratchDirectory scratch;
  const std::string directory = scratch.path() + "/run";
  Result<HostRun> one = HostRun::Claim(directory);
  ASSERT_TRUE(one.ok()) << one.status().ToString();
  Result<HostRun> two = HostRun::Claim(directory);
  ASSERT_TRUE(two.ok());
  EXPECT_NE(one.value().name(), two.value().name());
  EXPECT_GE(one.value().uid_base(), 1'900'000'000u);
  EXPECT_GE(two.value().uid_base(), one.value().uid_base() + 65536);
}

TEST(HostRun, AReleasedBlockIsTakenAgain) {
  const ScratchDirectory scratch;
  const std::string directory = scratch.path() + "/run";
  Result<HostRun> one = HostRun::Claim(directory);
  ASSERT_TRUE(one.ok());
  const uint32_t base = one.value().uid_base();
  const std::string record = directory + "/run-" + one.value().name();
  EXPECT_EQ(::access(record.c_str(), F_OK), 0);
  one.value().Release();
  EXPECT_NE(::access(record.c_str(), F_OK), 0);
  EXPECT_EQ(HostRun::Claim(directory).value().uid_base(), base);
}

TEST(CheckHost, EveryFindingSaysWhatToDo) {
  for (const HostFinding& finding : CheckHost("/tmp")) {
    EXPECT_FALSE(finding.name.empty());
    EXPECT_FALSE(finding.detail.empty()) << finding.name;
    EXPECT_EQ(finding.remedy.empty(), finding.ok) << finding.name;
  }
}

TEST(CheckHost, OnlyWhatIsNeededDecides) {
  HostFinding wish;
  wish.needed = false;
  EXPECT_TRUE(HostIsFit({wish}));
  HostFinding need;
  EXPECT_FALSE(HostIsFit({wish, need}));
}

}  // namespace
}  // namespace writ
