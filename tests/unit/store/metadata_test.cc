// SPDX-License-Identifier: Apache-2.0
#include "store/metadata.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/coding.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/memory_kv.h"
#include "tests/unit/store/open_store.h"

namespace writ {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MetadataTest : public testing::Test {
 protected:
  MetadataTest() : store_(MakeMemoryKv(), scratch_, &clock_) {}

  MetadataStore& metadata() { return *store_.metadata; }

  Result<uint64_t> Commit(const Mutation& mutation,
                          const std::string& account = kAlice) {
    return metadata().Commit(PermitForTest::Make(account), mutation);
  }
  Result<uint64_t> Put(const std::string& name, const std::string& value,
                       uint64_t expected = Mutation::kAnyVersion) {
    Mutation mutation;
    mutation.Put(Table::kFunction, kAlice, name, value, expected);
    return Commit(mutation);
  }
  Result<Record> Get(const std::string& name) {
    return metadata().Get(Table::kFunction, kAlice, name);
  }
  NameList List(const std::string& after, const std::string& prefix,
                size_t limit) {
    const auto list =
        metadata().List(Table::kFunction, kAlice,
                        {.after = after, .prefix = prefix, .limit = limit});
    EXPECT_TRUE(list.ok()) << list.status().ToString();
    return list.ok() ? *list : NameList{};
  }

  const ScratchDirectory scratch_;
  FakeClock clock_;
  OpenStore store_;
};

TEST_F(MetadataTest, GetsWhatWasCommitted) {
  EXPECT_EQ(Get("f").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(*Put("f", "value"), 1u);
  ASSERT_TRUE(Get("f").ok());
  EXPECT_EQ(Get("f")->value.text(), "value");
  EXPECT_EQ(Get("f")->version, 1u);
  EXPECT_EQ(*Put("f", "other"), 2u);
  EXPECT_EQ(Get("f")->value.text(), "other");
  EXPECT_EQ(Get("f")->version, 2u);
  Mutation remove;
  remove.Delete(Table::kFunction, kAlice, "f", 2);
  EXPECT_EQ(*Commit(remove), 3u);
  EXPECT_EQ(Get("f").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(metadata().revision(), 3u);
}

TEST_F(MetadataTest, WrongVersionChangesNothing) {
  ASSERT_TRUE(Put("f", "value", Mutation::kAbsent).ok());
  EXPECT_EQ(Put("f", "x", Mutation::kAbsent).status().code(),
            StatusCode::kAborted);
  EXPECT_EQ(Put("f", "x", 7).status().code(), StatusCode::kAborted);
  EXPECT_EQ(Put("g", "x", 1).status().code(), StatusCode::kAborted);
  Mutation mixed;
  mixed.Put(Table::kFunction, kAlice, "g", "x", Mutation::kAbsent)
      .Delete(Table::kFunction, kAlice, "f", 9);
  EXPECT_EQ(Commit(mixed).status().code(), StatusCode::kAborted);
  Mutation required;
  required.Put(Table::kFunction, kAlice, "g", "x", Mutation::kAbsent)
      .Require(Table::kUser, kAlice, "u", 1);
  EXPECT_EQ(Commit(required).status().code(), StatusCode::kAborted);
  Mutation revision;
  revision.Put(Table::kFunction, kAlice, "g", "x", Mutation::kAbsent)
      .RequireRevision(5);
  EXPECT_EQ(Commit(revision).status().code(), StatusCode::kAborted);
  EXPECT_EQ(metadata().revision(), 1u);
  EXPECT_FALSE(Get("g").ok());
  EXPECT_THAT(List("", "", 10).names, ElementsAre("f"));
}

TEST_F(MetadataTest, RecreatedRecordHasAnotherVersion) {
  ASSERT_TRUE(Put("f", "1").ok());
  Mutation remove;
  remove.Delete(Table::kFunction, kAlice, "f", Mutation::kAnyVersion);
  ASSERT_TRUE(Commit(remove).ok());
  ASSERT_TRUE(Put("f", "1").ok());
  EXPECT_EQ(Put("f", "2", 1).status().code(), StatusCode::kAborted);
}

TEST_F(MetadataTest, MutationSpansTablesAndAccounts) {
  Mutation mutation;
  mutation.Put(Table::kUser, kAlice, "u", "1", Mutation::kAbsent)
      .Put(Table::kAccessKey, kPlatformAccount, "AK", "2", Mutation::kAbsent)
      .Put(Table::kPolicy, kAlice, "p", "3", Mutation::kAbsent);
  ASSERT_TRUE(Commit(mutation).ok());
  EXPECT_EQ(metadata().Get(Table::kUser, kAlice, "u")->version, 1u);
  EXPECT_EQ(metadata().Get(Table::kAccessKey, "", "AK")->version, 1u);
  EXPECT_FALSE(metadata().Get(Table::kPolicy, kAlice, "u").ok());
  EXPECT_FALSE(metadata().Get(Table::kUser, kBob, "u").ok());
}

TEST_F(MetadataTest, PermitOfAnotherAccountChangesNothing) {
  Mutation mutation;
  mutation.Put(Table::kFunction, kAlice, "f", "x", Mutation::kAbsent);
  EXPECT_EQ(Commit(mutation, kBob).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(metadata().revision(), 0u);
}

TEST_F(MetadataTest, RefusesBadMutations) {
  const auto code = [&](const Mutation& mutation) {
    return Commit(mutation).status().code();
  };
  const uint64_t any = Mutation::kAnyVersion;
  EXPECT_EQ(code(Mutation()), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Mutation().Put(Table::kUser, kAlice, "", "v", any)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Mutation().Put(Table::kUser, kAlice, std::string(513, 'n'),
                                "v", any)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Mutation().Put(Table::kUser, "", "u", "v", any)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Mutation().Put(Table::kAccessKey, kAlice, "k", "v", any)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Mutation()
                     .Put(Table::kUser, kAlice, "u", "v", any)
                     .Delete(Table::kUser, kAlice, "u", any)),
            StatusCode::kInvalidArgument);
  for (const Table own : {Table::kAudit, Table::kMeta}) {
    EXPECT_EQ(code(Mutation().Put(own, "", "x", "v", any)),
              StatusCode::kInvalidArgument);
  }
}

TEST_F(MetadataTest, ListsNamesInOrderAndInPages) {
  for (const char* name : {"b", "a", "c-1", "c-2", "d"}) {
    ASSERT_TRUE(Put(name, "v").ok());
  }
  EXPECT_THAT(List("", "", 10).names, ElementsAre("a", "b", "c-1", "c-2", "d"));
  EXPECT_FALSE(List("", "", 5).more);
  EXPECT_THAT(List("", "", 2).names, ElementsAre("a", "b"));
  EXPECT_TRUE(List("", "", 2).more);
  EXPECT_THAT(List("b", "", 10).names, ElementsAre("c-1", "c-2", "d"));
  EXPECT_THAT(List("", "c-", 10).names, ElementsAre("c-1", "c-2"));
  EXPECT_THAT(List("c-1", "c-", 10).names, ElementsAre("c-2"));
  EXPECT_FALSE(List("", "c-", 2).more);
  EXPECT_THAT(List("", "x", 10).names, IsEmpty());
  EXPECT_THAT(List("zzz", "", 10).names, IsEmpty());
  EXPECT_THAT(metadata().List(Table::kFunction, kBob, ListQuery())->names,
              IsEmpty());
}

// Against a std::set, through many page splits and removals.
TEST_F(MetadataTest, ListsAgreeWithAModelThroughSplitsAndRemovals) {
  std::mt19937 random(20261201);
  std::set<std::string> model;
  const auto name_of = [&] { return "n" + std::to_string(random() % 2000); };
  for (int round = 0; round < 120; ++round) {
    Mutation mutation;
    std::set<std::string> touched;
    for (int i = 0; i < 30; ++i) {
      const std::string name = name_of();
      if (!touched.insert(name).second) continue;
      // First it grows, later it shrinks.
      if (random() % 100 < (round < 60 ? 90u : 15u)) {
        mutation.Put(Table::kFunction, kAlice, name, "v",
                     Mutation::kAnyVersion);
        model.insert(name);
      } else {
        mutation.Delete(Table::kFunction, kAlice, name, Mutation::kAnyVersion);
        model.erase(name);
      }
    }
    ASSERT_TRUE(Commit(mutation).ok());
    const std::vector<std::string> all(model.begin(), model.end());
    ASSERT_EQ(List("", "", 5000).names, all) << round;
    const std::string after = name_of();
    const NameList page = List(after, "n1", 7);
    std::vector<std::string> expected;
    for (const std::string& name : all) {
      if (name > after && name.starts_with("n1")) expected.push_back(name);
    }
    EXPECT_EQ(page.more, expected.size() > 7);
    if (expected.size() > 7) expected.resize(7);
    EXPECT_EQ(page.names, expected);
  }
  Mutation everything;
  for (const std::string& name : model) {
    everything.Delete(Table::kFunction, kAlice, name, Mutation::kAnyVersion);
  }
  ASSERT_TRUE(Commit(everything).ok());
  EXPECT_THAT(List("", "", 10).names, IsEmpty());
  ASSERT_TRUE(Put("again", "v").ok());
  EXPECT_THAT(List("", "", 10).names, ElementsAre("again"));
}

TEST_F(MetadataTest, ReopenedStoreGoesOnWhereItWas) {
  ASSERT_TRUE(Put("f", "value").ok());
  ASSERT_TRUE(metadata().AppendAudit("one").ok());
  auto again =
      MetadataStore::Open(store_.kv.get(), store_.keyring.get(), &clock_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->revision(), 1u);
  EXPECT_EQ((*again)->audit_sequence(), 1u);
  EXPECT_EQ((*again)->Get(Table::kFunction, kAlice, "f")->value.text(),
            "value");
}

TEST_F(MetadataTest, NewerFormatIsRefusedUntouched) {
  ByteWriter newer;
  newer.Put(uint32_t{2});
  const auto kv = MakeMemoryKv();
  KvBatch batch;
  batch.Put("mf", newer.Take());
  ASSERT_TRUE(kv->Write(batch).ok());
  const auto keyring = Keyring::Open(kv.get(), store_.provider.get(), &clock_);
  EXPECT_EQ(keyring.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(MetadataStore::Open(kv.get(), store_.keyring.get(), &clock_)
                .status()
                .code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv->revision(), 1u);
}

// Every stored value, altered or put in another's place, is refused or leaves
// the answer as it was.
TEST_F(MetadataTest, AlteredAndSwappedEntriesAreNeverAnswered) {
  ASSERT_TRUE(Put("f", "value of f").ok());
  ASSERT_TRUE(Put("g", "value of g").ok());
  const auto entries = store_.kv->Scan("r", "", 10, KvOrder::kForward);
  ASSERT_EQ(entries->size(), 2u);
  KvBatch swap;
  swap.Put((*entries)[0].key, (*entries)[1].value);
  swap.Put((*entries)[1].key, (*entries)[0].value);
  ASSERT_TRUE(store_.kv->Write(swap).ok());
  EXPECT_EQ(Get("f").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Get("g").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Put("f", "x", 1).status().code(), StatusCode::kDataLoss);

  const auto pages = store_.kv->Scan("n", "", 10, KvOrder::kForward);
  ASSERT_FALSE(pages->empty());
  for (const KvEntry& page : *pages) {
    KvBatch flip;
    std::string altered = page.value;
    altered.back() = static_cast<char>(altered.back() ^ 1);
    flip.Put(page.key, altered);
    ASSERT_TRUE(store_.kv->Write(flip).ok());
  }
  EXPECT_EQ(
      metadata().List(Table::kFunction, kAlice, ListQuery()).status().code(),
      StatusCode::kDataLoss);
}

TEST_F(MetadataTest, CachedRecordIsDroppedWithTimeAndAfterEveryChange) {
  ASSERT_TRUE(Put("f", "1").ok());
  ASSERT_TRUE(Get("f").ok());
  ASSERT_TRUE(Put("f", "2").ok());
  EXPECT_EQ(Get("f")->value.text(), "2");
  // Behind the store's back: what is answered now comes from memory …
  const auto entries = store_.kv->Scan("r", "", 1, KvOrder::kForward);
  KvBatch remove;
  remove.Delete((*entries)[0].key);
  ASSERT_TRUE(store_.kv->Write(remove).ok());
  EXPECT_TRUE(Get("f").ok());
  // … and ten minutes later no more.
  clock_.Advance(std::chrono::seconds(600));
  metadata().WipeExpired();
  EXPECT_EQ(Get("f").status().code(), StatusCode::kNotFound);
}

TEST_F(MetadataTest, ReadersNeverSeeAnOldVersionAfterACommit) {
  ASSERT_TRUE(Put("f", "0").ok());
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop.load()) {
        if (!Get("f").ok()) ADD_FAILURE() << "unreadable";
      }
    });
  }
  for (int i = 1; i <= 300; ++i) {
    ASSERT_TRUE(Put("f", std::to_string(i)).ok());
    EXPECT_EQ(Get("f")->value.text(), std::to_string(i));
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

TEST_F(MetadataTest, AuditCountsWithoutGapsAndReadsNewestFirst) {
  EXPECT_EQ(metadata().audit_sequence(), 0u);
  EXPECT_THAT(*metadata().ReadAudit(10, 0), IsEmpty());
  EXPECT_EQ(*metadata().AppendAudit("one"), 1u);
  EXPECT_EQ(*metadata().AppendAudit(std::vector<std::string>{"two", "three"}),
            3u);
  std::vector<std::string> texts;
  const auto records = metadata().ReadAudit(2, 0);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].sequence, 3u);
  EXPECT_EQ((*records)[0].value, "three");
  EXPECT_EQ((*records)[1].value, "two");
  EXPECT_EQ((*metadata().ReadAudit(10, 1))[0].value, "one");
  EXPECT_EQ(metadata().revision(), 0u) << "audit is no commit";
}

TEST_F(MetadataTest, MissingOrMovedAuditRecordIsNoticed) {
  ASSERT_TRUE(
      metadata().AppendAudit(std::vector<std::string>{"1", "2", "3"}).ok());
  const auto entries = store_.kv->Scan("a", "", 10, KvOrder::kForward);
  ASSERT_EQ(entries->size(), 3u);
  KvBatch move;
  move.Put((*entries)[1].key, (*entries)[0].value);
  ASSERT_TRUE(store_.kv->Write(move).ok());
  EXPECT_EQ(metadata().ReadAudit(3, 0).status().code(), StatusCode::kDataLoss);
  KvBatch remove;
  remove.Delete((*entries)[1].key);
  ASSERT_TRUE(store_.kv->Write(remove).ok());
  EXPECT_EQ(metadata().ReadAudit(3, 0).status().code(), StatusCode::kDataLoss);
  EXPECT_TRUE(metadata().ReadAudit(1, 0).ok());
}

}  // namespace
}  // namespace writ
