// SPDX-License-Identifier: Apache-2.0
//
// What every engine must do, run against each.
#include "store/kv.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/leveldb_kv.h"
#include "store/memory_kv.h"
#include "tests/unit/store/scratch_directory.h"

namespace writ {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class KvConformance : public testing::TestWithParam<const char*> {
 protected:
  KvConformance() {
    if (std::string_view(GetParam()) == "memory") {
      kv_ = MakeMemoryKv();
    } else {
      Result<std::unique_ptr<Kv>> opened = OpenLevelDbKv(scratch_.Below("db"));
      EXPECT_TRUE(opened.ok()) << opened.status().ToString();
      kv_ = std::move(opened).value();
    }
  }

  uint64_t Put(const std::string& key, const std::string& value) {
    KvBatch batch;
    batch.Put(key, value);
    const Result<uint64_t> revision = kv_->Write(batch);
    EXPECT_TRUE(revision.ok()) << revision.status().ToString();
    return revision.ok() ? *revision : 0;
  }

  std::vector<std::string> Keys(std::string_view prefix, std::string_view after,
                                size_t limit,
                                KvOrder order = KvOrder::kForward) {
    std::vector<std::string> keys;
    const auto found = kv_->Scan(prefix, after, limit, order);
    EXPECT_TRUE(found.ok());
    for (const KvEntry& entry : *found) keys.push_back(entry.key);
    return keys;
  }

  ScratchDirectory scratch_;
  std::unique_ptr<Kv> kv_;
};

TEST_P(KvConformance, GetsWhatWasPut) {
  EXPECT_EQ(kv_->Get("a").status().code(), StatusCode::kNotFound);
  Put("a", "1");
  ASSERT_TRUE(kv_->Get("a").ok());
  EXPECT_EQ(kv_->Get("a")->value, "1");
  const std::string binary("\0\xff\n", 3);
  Put("b", binary);
  EXPECT_EQ(kv_->Get("b")->value, binary);
  Put("b", "");
  EXPECT_EQ(kv_->Get("b")->value, "");
}

TEST_P(KvConformance, RevisionsGrowAndMarkTheirEntries) {
  EXPECT_EQ(kv_->revision(), 0u);
  const uint64_t first = Put("a", "1");
  const uint64_t second = Put("b", "2");
  EXPECT_LT(first, second);
  EXPECT_EQ(kv_->Get("a")->revision, first);
  EXPECT_EQ(kv_->Get("b")->revision, second);
  EXPECT_EQ(kv_->revision(), second);
}

TEST_P(KvConformance, BatchHappensAsAWholeOrNotAtAll) {
  const uint64_t revision = Put("a", "1");
  KvBatch bad;
  bad.Require("a", revision);
  bad.Require("b", 7);
  bad.Put("c", "3");
  bad.Delete("a");
  EXPECT_EQ(kv_->Write(bad).status().code(), StatusCode::kAborted);
  EXPECT_TRUE(kv_->Get("a").ok());
  EXPECT_FALSE(kv_->Get("c").ok());
  EXPECT_EQ(kv_->revision(), revision);
  KvBatch good;
  good.Require("a", revision);
  good.Require("b", 0);
  good.Put("c", "3");
  good.Delete("a");
  good.Delete("never there");
  EXPECT_TRUE(kv_->Write(good).ok());
  EXPECT_FALSE(kv_->Get("a").ok());
  EXPECT_EQ(kv_->Get("c")->value, "3");
}

TEST_P(KvConformance, RecreatedKeyHasAnotherRevision) {
  const uint64_t first = Put("a", "1");
  KvBatch remove;
  remove.Delete("a");
  ASSERT_TRUE(kv_->Write(remove).ok());
  Put("a", "1");
  KvBatch late;
  late.Require("a", first);
  late.Put("a", "2");
  EXPECT_EQ(kv_->Write(late).status().code(), StatusCode::kAborted);
}

TEST_P(KvConformance, ScansInByteOrderBothWays) {
  for (const char* key : {"b", "p", "p\x01", "pa", "p\xff", "p\xff\xff", "q"}) {
    Put(key, "");
  }
  EXPECT_THAT(Keys("p", "", 10),
              ElementsAre("p", "p\x01", "pa", "p\xff", "p\xff\xff"));
  EXPECT_THAT(Keys("p", "", 10, KvOrder::kBackward),
              ElementsAre("p\xff\xff", "p\xff", "pa", "p\x01", "p"));
  EXPECT_THAT(Keys("p\xff", "", 10), ElementsAre("p\xff", "p\xff\xff"));
  EXPECT_THAT(Keys("p\xff", "", 10, KvOrder::kBackward),
              ElementsAre("p\xff\xff", "p\xff"));
  EXPECT_THAT(Keys("x", "", 10), IsEmpty());
  EXPECT_THAT(Keys("x", "", 10, KvOrder::kBackward), IsEmpty());
  EXPECT_THAT(Keys("", "", 10).size(), 7u);
  EXPECT_THAT(Keys("", "", 10, KvOrder::kBackward).size(), 7u);
}

TEST_P(KvConformance, ScansGoOnBehindAKeyPresentOrNot) {
  for (const char* key : {"p1", "p2", "p3", "p4"}) Put(key, "");
  EXPECT_THAT(Keys("p", "", 2), ElementsAre("p1", "p2"));
  EXPECT_THAT(Keys("p", "p2", 2), ElementsAre("p3", "p4"));
  EXPECT_THAT(Keys("p", "p4", 2), IsEmpty());
  EXPECT_THAT(Keys("p", "p25", 2), ElementsAre("p3", "p4"));
  EXPECT_THAT(Keys("p", "a", 2), ElementsAre("p1", "p2"));
  EXPECT_THAT(Keys("p", "z", 2), IsEmpty());
  EXPECT_THAT(Keys("p", "p3", 5, KvOrder::kBackward), ElementsAre("p2", "p1"));
  EXPECT_THAT(Keys("p", "p25", 5, KvOrder::kBackward), ElementsAre("p2", "p1"));
  EXPECT_THAT(Keys("p", "z", 1, KvOrder::kBackward), ElementsAre("p4"));
  EXPECT_THAT(Keys("p", "a", 1, KvOrder::kBackward), IsEmpty());
  EXPECT_THAT(Keys("p", "", 0), IsEmpty());
}

TEST_P(KvConformance, RefusesBadBatches) {
  const auto code = [&](const KvBatch& batch) {
    return kv_->Write(batch).status().code();
  };
  KvBatch empty_key, own_key, long_key, twice, both, large;
  empty_key.Put("", "v");
  own_key.Put(std::string("\0revision", 9), "v");
  long_key.Delete(std::string(kMaxKvKeyBytes + 1, 'k'));
  twice.Put("a", "1");
  twice.Put("a", "2");
  both.Put("a", "1");
  both.Delete("a");
  large.Put("a", std::string(kMaxKvValueBytes + 1, 'v'));
  for (const KvBatch& batch :
       {empty_key, own_key, long_key, twice, both, large}) {
    EXPECT_EQ(code(batch), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(kv_->revision(), 0u);
}

TEST_P(KvConformance, OneOfManyRacingWritersWinsEachRound) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20;
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  uint64_t revision = Put("counter", "x");
  for (int round = 0; round < kRounds; ++round) {
    threads.clear();
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        KvBatch batch;
        batch.Require("counter", revision);
        batch.Put("counter", "y");
        if (kv_->Write(batch).ok()) ++won;
      });
    }
    for (std::thread& thread : threads) thread.join();
    revision = kv_->Get("counter")->revision;
  }
  EXPECT_EQ(won, kRounds);
}

INSTANTIATE_TEST_SUITE_P(Engines, KvConformance,
                         testing::Values("memory", "leveldb"),
                         [](const auto& engine) {
                           return std::string(engine.param);
                         });

}  // namespace
}  // namespace writ
