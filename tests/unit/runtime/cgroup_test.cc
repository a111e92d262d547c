// SPDX-License-Identifier: Apache-2.0
//
// Groups against recorded trees of files (P65): what a v1, a hybrid and a v2
// host look like, without being one.
#include "runtime/jail/cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

namespace writ {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHybrid =
    "25 21 0:22 / /sys rw - sysfs sysfs rw\n"
    "30 25 0:26 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    "31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "32 25 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
    "33 25 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
constexpr std::string_view kUnified =
    "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";

TEST(DetectCgroups, PrefersTheHierarchyThatHasTheControllers) {
  const Result<CgroupLayout> hybrid = DetectCgroups(kHybrid);
  ASSERT_TRUE(hybrid.ok());
  EXPECT_FALSE(hybrid->v2);
  EXPECT_EQ(hybrid->memory, "/sys/fs/cgroup/memory");
  EXPECT_EQ(hybrid->cpu, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(hybrid->pids, "/sys/fs/cgroup/pids");
  const Result<CgroupLayout> unified = DetectCgroups(kUnified);
  ASSERT_TRUE(unified.ok());
  EXPECT_TRUE(unified->v2);
  EXPECT_EQ(unified->memory, "/sys/fs/cgroup");
}

TEST(DetectCgroups, NamesTheMissingController) {
  const Result<CgroupLayout> none = DetectCgroups("");
  EXPECT_EQ(none.status().code(), StatusCode::kFailedPrecondition);
  const Result<CgroupLayout> no_pids =
      DetectCgroups(kHybrid.substr(0, kHybrid.find("33 25")));
  EXPECT_NE(no_pids.status().message().find("pids"), std::string_view::npos);
}

TEST(CountOomKills, ReadsBothVersions) {
  EXPECT_EQ(CountOomKills("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), 3u);
  EXPECT_EQ(CountOomKills("low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\n"
                          "oom_group_kill 0\n"),
            1u);
  EXPECT_EQ(CountOomKills(""), 0u);
}

class RecordedTree : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/writ-cgroup-XXXXXX";
    root_ = mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(root_); }

  CgroupLayout V1() {
    CgroupLayout layout;
    for (auto* point : {&layout.memory, &layout.cpu, &layout.pids}) {
      *point = root_ / std::to_string(++count_);
      fs::create_directory(*point);
    }
    return layout;
  }
  CgroupLayout V2(const std::string& controllers) {
    const std::string root = root_;
    std::ofstream(root_ / "cgroup.subtree_control") << controllers << "\n";
    return {.v2 = true, .memory = root, .cpu = root, .pids = root};
  }
  static std::string Text(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path root_;
  int count_ = 0;
};

constexpr CgroupLimits kLimits = {
    .memory_bytes = 134217728, .cpu_milli = 350, .max_processes = 1056};

TEST_F(RecordedTree, V1LimitsGoToTheirOwnHierarchies) {
  const CgroupLayout layout = V1();
  Result<CgroupRun> run = CgroupRun::Create(layout, "abc1");
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_TRUE(run->AddGroup("i0").ok());
  ASSERT_TRUE(run->SetLimits("i0", kLimits).ok());
  const fs::path memory = fs::path(layout.memory) / "writ-abc1/i0";
  EXPECT_EQ(Text(memory / "memory.limit_in_bytes"), "134217728");
  EXPECT_EQ(Text(memory / "memory.memsw.limit_in_bytes"), "134217728");
  EXPECT_EQ(Text(fs::path(layout.pids) / "writ-abc1/i0/pids.max"), "1056");
  const fs::path cpu = fs::path(layout.cpu) / "writ-abc1/i0";
  EXPECT_EQ(Text(cpu / "cpu.cfs_period_us"), "100000");
  EXPECT_EQ(Text(cpu / "cpu.cfs_quota_us"), "35000");
  ASSERT_TRUE(run->SetCpu("i0", 1500).ok());
  EXPECT_EQ(Text(cpu / "cpu.cfs_quota_us"), "150000");
  ASSERT_TRUE(run->Join("i0").ok());
  EXPECT_EQ(Text(memory / "cgroup.procs"), "0");
}

TEST_F(RecordedTree, EntrancesLeadIntoEveryHierarchyOfAGroupMadeBefore) {
  const CgroupLayout layout = V1();
  Result<CgroupRun> supervisor = CgroupRun::Create(layout, "abc9");
  ASSERT_TRUE(supervisor.ok());
  ASSERT_TRUE(supervisor->AddGroup("roles").ok());
  // The kernel makes this file with the group; a recorded tree does not.
  for (const std::string& point : {layout.memory, layout.cpu, layout.pids}) {
    std::ofstream(fs::path(point) / "writ-abc9/roles/cgroup.procs");
  }
  const auto entrances = supervisor->OpenEntrances("roles");
  ASSERT_TRUE(entrances.ok()) << entrances.status().message();
  EXPECT_EQ(entrances.value().size(), 3u);
  for (const UniqueFd& entrance : entrances.value()) {
    ASSERT_TRUE(WriteAll(entrance.get(), "0").ok());
  }
  EXPECT_EQ(Text(fs::path(layout.pids) / "writ-abc9/roles/cgroup.procs"), "0");
  EXPECT_FALSE(supervisor->OpenEntrances("absent").ok());
  // The jail opens the same run.
  EXPECT_TRUE(CgroupRun::Create(layout, "abc9").ok());
}

TEST_F(RecordedTree, V2LimitsGoToOneHierarchy) {
  const CgroupLayout layout = V2("cpuset cpu io memory pids");
  Result<CgroupRun> run = CgroupRun::Create(layout, "abc2");
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_TRUE(run->AddGroup("i7").ok());
  ASSERT_TRUE(run->SetLimits("i7", kLimits).ok());
  const fs::path group = root_ / "writ-abc2/i7";
  EXPECT_EQ(Text(root_ / "writ-abc2/cgroup.subtree_control"),
            "+memory +pids +cpu");
  EXPECT_EQ(Text(group / "memory.max"), "134217728");
  EXPECT_EQ(Text(group / "memory.swap.max"), "0");
  EXPECT_EQ(Text(group / "pids.max"), "1056");
  EXPECT_EQ(Text(group / "cpu.max"), "35000 100000");
  // The hierarchy's own root stays as it was.
  EXPECT_EQ(Text(root_ / "cgroup.subtree_control"),
            "cpuset cpu io memory pids\n");
}

TEST_F(RecordedTree, V2WithoutCpuStillLimitsMemoryAndProcesses) {
  Result<CgroupRun> run = CgroupRun::Create(V2("memory pids"), "abc3");
  ASSERT_TRUE(run.ok());
  ASSERT_TRUE(run->AddGroup("i0").ok());
  EXPECT_TRUE(run->SetLimits("i0", kLimits).ok());
  EXPECT_FALSE(fs::exists(root_ / "writ-abc3/i0/cpu.max"));
}

TEST_F(RecordedTree, V2WithoutMemoryIsRefusedAndLeavesNothing) {
  const Result<CgroupRun> run = CgroupRun::Create(V2("cpu pids"), "abc4");
  EXPECT_EQ(run.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(run.status().message().find("memory"), std::string_view::npos);
  EXPECT_FALSE(fs::exists(root_ / "writ-abc4"));
}

TEST_F(RecordedTree, NamesThatAreNotOfARunAreRefused) {
  for (const char* name : {"", "../x", "a/b", "A", "a b", "."}) {
    EXPECT_EQ(CgroupRun::Create(V1(), name).status().code(),
              StatusCode::kInvalidArgument)
        << name;
    EXPECT_EQ(SweepCgroupRun(V1(), name).code(), StatusCode::kInvalidArgument);
  }
}

TEST_F(RecordedTree, SweepRemovesOneRunAndOnlyThat) {
  const CgroupLayout layout = V1();
  for (const char* name : {"dead", "alive"}) {
    Result<CgroupRun> run = CgroupRun::Create(layout, name);
    ASSERT_TRUE(run.ok());
    ASSERT_TRUE(run->AddGroup("i0").ok());
  }
  EXPECT_EQ(ListCgroupRuns(layout),
            (std::vector<std::string>{"alive", "dead"}));
  EXPECT_TRUE(SweepCgroupRun(layout, "dead").ok());
  EXPECT_EQ(ListCgroupRuns(layout), std::vector<std::string>{"alive"});
  EXPECT_TRUE(SweepCgroupRun(layout, "dead").ok());
}

}  // namespace
}  // namespace writ
