// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "store/leveldb_kv.h"
#include "tests/unit/store/scratch_directory.h"

namespace writ {
namespace {

void Put(Kv* kv, const std::string& key, const std::string& value) {
  KvBatch batch;
  batch.Put(key, value);
  const Status status = kv->Write(batch).status();
  ASSERT_TRUE(status.ok()) << status.ToString();
}

// The path of the newest file with that ending.
std::string FileEnding(const ScratchDirectory& scratch,
                       const std::string& ending) {
  std::string newest;
  for (const auto& [name, bytes] : scratch.Files()) {
    if (name.ends_with(ending)) newest = name;
  }
  return newest;
}

TEST(LevelDbKv, KeepsEntriesAndRevisionsAcrossReopening) {
  const ScratchDirectory scratch;
  uint64_t revision = 0;
  {
    auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_TRUE(kv.ok()) << kv.status().ToString();
    Put(kv->get(), "a", "1");
    revision = (*kv)->revision();
  }
  auto kv = OpenLevelDbKv(scratch.Below("db"));
  ASSERT_TRUE(kv.ok());
  EXPECT_EQ((*kv)->Get("a")->value, "1");
  EXPECT_EQ((*kv)->revision(), revision);
  Put(kv->get(), "a", "2");
  EXPECT_GT((*kv)->revision(), revision);
}

TEST(LevelDbKv, SecondOpenIsRefusedAndNamesTheHolder) {
  const ScratchDirectory scratch;
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready) | ::pipe(done), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    ::close(done[1]);
    const auto kv = OpenLevelDbKv(scratch.Below("db"));
    char byte = kv.ok() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    // Ends when the parent closes its end, also if the parent dies.
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_GT(holder, 0);
  ::close(done[0]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const auto second = OpenLevelDbKv(scratch.Below("db"));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(second.status().message().find("process " + std::to_string(holder)),
            std::string_view::npos)
      << second.status().ToString();
  ::close(done[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(holder, &status, 0), holder);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(OpenLevelDbKv(scratch.Below("db")).ok());
}

TEST(LevelDbKv, OpensARelativePathBelowAParentThatIsClosed) {
  const ScratchDirectory scratch;
  const UniqueFd data = scratch.OpenBelow("private/data");
  // In a child, because the working directory belongs to the whole process.
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string parent = scratch.Below("private");
    const bool ready =
        ::fchdir(data.get()) == 0 && ::chown(".", 65534, 65534) == 0 &&
        ::chmod(parent.c_str(), 0) == 0 && ::setgid(65534) == 0 &&
        ::setuid(65534) == 0 && ::access(parent.c_str(), X_OK) != 0;
    if (!ready) ::_exit(2);
    auto kv = OpenLevelDbKv("db");
    if (!kv.ok()) ::_exit(3);
    KvBatch batch;
    batch.Put("a", "1");
    ::_exit((*kv)->Write(batch).ok() ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (::geteuid() == 0) {
    EXPECT_EQ(WEXITSTATUS(status), 0);
  } else {
    EXPECT_EQ(WEXITSTATUS(status), 2) << "only root can give up root";
  }
}

TEST(LevelDbKv, DirectoryIsForItsOwnerOnlyAndHasNoTextLog) {
  const ScratchDirectory scratch;
  auto kv = OpenLevelDbKv(scratch.Below("db"));
  ASSERT_TRUE(kv.ok());
  struct stat info = {};
  ASSERT_EQ(::stat(scratch.Below("db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_EQ(scratch.Files().count("db/LOG"), 0u);
}

// A crash in the middle of a write leaves a torn record at the end of the log:
// it is dropped, and everything before it is there.
TEST(LevelDbKv, TornEndOfTheLogLosesTheTornWriteOnly) {
  const ScratchDirectory scratch;
  {
    auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_TRUE(kv.ok());
    Put(kv->get(), "a", std::string(500, '1'));
    Put(kv->get(), "b", std::string(500, '2'));
  }
  const std::string log = FileEnding(scratch, ".log");
  std::filesystem::resize_file(
      scratch.Below(log), std::filesystem::file_size(scratch.Below(log)) - 10);
  auto kv = OpenLevelDbKv(scratch.Below("db"));
  ASSERT_TRUE(kv.ok()) << kv.status().ToString();
  EXPECT_TRUE((*kv)->Get("a").ok());
  EXPECT_EQ((*kv)->Get("b").status().code(), StatusCode::kNotFound);
  EXPECT_EQ((*kv)->revision(), 1u);
}

TEST(LevelDbKv, DamagedLogIsRefusedAndNotRepaired) {
  const ScratchDirectory scratch;
  {
    auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_TRUE(kv.ok());
    Put(kv->get(), "a", std::string(500, '1'));
    Put(kv->get(), "b", std::string(500, '2'));
  }
  const std::string log = FileEnding(scratch, ".log");
  std::string bytes = scratch.Files()[log];
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  scratch.Write(log, bytes);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_FALSE(kv.ok());
    EXPECT_EQ(kv.status().code(), StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace writ
