// SPDX-License-Identifier: Apache-2.0
//
// A process that is killed at any moment loses nothing that it was told was
// written, and the store opens again.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "store/leveldb_kv.h"
#include "tests/unit/store/open_store.h"

namespace writ {
namespace {

std::string NameOf(uint64_t i) { return "function-" + std::to_string(i); }

// Commits records without end and tells the number of each through `report`.
[[noreturn]] void CommitForEver(const ScratchDirectory& scratch, int report) {
  const SystemClock clock;
  auto kv = OpenLevelDbKv(scratch.Below("db"));
  if (!kv.ok()) ::_exit(1);
  OpenStore store(std::move(kv).value(), scratch, &clock);
  const uint64_t first = store.metadata->revision();
  for (uint64_t i = first;; ++i) {
    Mutation mutation;
    mutation.Put(Table::kFunction, kAlice, NameOf(i), "value of " + NameOf(i),
                 Mutation::kAbsent);
    const auto artifact =
        store.artifacts->Put(PermitForTest::Make(kAlice), NameOf(i));
    if (!artifact.ok() || !store.metadata->AppendAudit(NameOf(i)).ok() ||
        !store.metadata->Commit(PermitForTest::Make(kAlice), mutation).ok() ||
        ::write(report, &i, sizeof i) != sizeof i) {
      ::_exit(2);
    }
  }
}

TEST(Crash, KilledWriterLosesNothingItWasPromised) {
  const ScratchDirectory scratch;
  uint64_t promised = 0;
  // Killed after a different number of commits each time.
  for (const int commits : {1, 2, 5, 9}) {
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) CommitForEver(scratch, report[1]);
    ::close(report[1]);
    uint64_t last = 0;
    for (int i = 0; i < commits; ++i) {
      ASSERT_EQ(::read(report[0], &last, sizeof last),
                static_cast<ssize_t>(sizeof last));
    }
    ::kill(writer, SIGKILL);
    while (::read(report[0], &last, sizeof last) ==
           static_cast<ssize_t>(sizeof last)) {
    }
    ::close(report[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status));
    promised = last;

    const SystemClock clock;
    auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_TRUE(kv.ok()) << kv.status().ToString();
    OpenStore store(std::move(kv).value(), scratch, &clock);
    // One more may have been written and not yet reported.
    EXPECT_GE(store.metadata->revision(), promised + 1);
    EXPECT_LE(store.metadata->revision(), promised + 2);
    for (uint64_t i = 0; i < store.metadata->revision(); ++i) {
      const auto record =
          store.metadata->Get(Table::kFunction, kAlice, NameOf(i));
      ASSERT_TRUE(record.ok()) << i;
      EXPECT_EQ(record->value.text(), "value of " + NameOf(i));
      EXPECT_TRUE(
          store.artifacts->ReadWhole(kAlice, Sha256Hex(NameOf(i))).ok());
    }
    const auto names =
        store.metadata->List(Table::kFunction, kAlice, {.limit = 1000});
    ASSERT_TRUE(names.ok());
    EXPECT_EQ(names->names.size(), store.metadata->revision());
    EXPECT_GE(store.metadata->audit_sequence(), promised + 1);
    EXPECT_TRUE(store.metadata->ReadAudit(1000, 0).ok());
    for (const auto& [name, bytes] : scratch.Files()) {
      EXPECT_EQ(name.find(".new-"), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace writ
