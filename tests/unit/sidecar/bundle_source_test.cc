// SPDX-License-Identifier: Apache-2.0
//
// Bundles from files and directories.
#include "tests/unit/sidecar/bundle_source_test.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto/hex.h"
#include "sidecar/file_identity.h"

namespace writ {
namespace {

using ::testing::HasSubstr;

int64_t SecondsOf(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(
             clock.Now().time_since_epoch())
      .count();
}

TEST_F(BundleSourceTest, AFileIsServedAndReplaced) {
  Write("a.bundle", SignedBundle(7));
  MakeOfFile();
  EXPECT_FALSE(source_->State().serving);
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 7u);
  BundleSourceState state = source_->State();
  EXPECT_TRUE(state.serving);
  EXPECT_EQ(state.revision, 7u);
  EXPECT_EQ(state.digest, HexEncode(holder_.Current()->digest()));
  EXPECT_EQ(state.last_error, "");
  EXPECT_EQ(state.last_success, SecondsOf(clock_));

  clock_.Advance(std::chrono::seconds(5));
  Write("a.bundle", SignedBundle(8));
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 8u);
  EXPECT_EQ(source_->State().last_success, SecondsOf(clock_));
  EXPECT_EQ(Loads("good"), 2);
  EXPECT_EQ(Loads("bad"), 0);
}

TEST_F(BundleSourceTest, TheSameBundleIsNoChange) {
  Write("a.bundle", SignedBundle(7));
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  const std::shared_ptr<const Bundle> first = holder_.Current();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(source_->LoadOnce().ok());
    Write("a.bundle", SignedBundle(7));
  }
  // Another signature is the same content.
  WriteKey("two.pem", 2);
  Write("a.bundle", SignedBundle(7, {1, 2}));
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(holder_.Current(), first);
  EXPECT_EQ(Loads("good"), 1);
}

TEST_F(BundleSourceTest, WhatIsBadLeavesTheGoodOneServing) {
  const std::string good = SignedBundle(7);
  const std::string next = SignedBundle(8);
  Write("a.bundle", good);
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  const std::shared_ptr<const Bundle> serving = holder_.Current();
  const std::vector<std::string> bad = {
      "",
      "garbage",
      next.substr(0, next.size() / 2),
      next.substr(0, next.size() - 1),
      next + "x",
      std::string(next.size(), '\0'),
      SignedBundle(8, {}),
      SignedBundle(8, {9}),
      SignedBundle(8, {1}, SecondsOf(clock_) - 1),
  };
  double refused = 0;
  for (const std::string& bytes : bad) {
    WriteInPlace("a.bundle", bytes);
    EXPECT_FALSE(source_->LoadOnce().ok());
    EXPECT_EQ(holder_.Current(), serving);
    EXPECT_TRUE(source_->State().serving);
    EXPECT_THAT(Error(), HasSubstr("a.bundle"));
    EXPECT_EQ(Loads("bad"), ++refused);
  }
  Remove("a.bundle");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_EQ(holder_.Current(), serving);
  Write("a.bundle", next);
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 8u);
  EXPECT_EQ(Error(), "");
}

TEST_F(BundleSourceTest, NoByteOfAFileCanBeChanged) {
  const std::string good = SignedBundle(7);
  Write("a.bundle", good);
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  const std::shared_ptr<const Bundle> serving = holder_.Current();
  const std::string next = SignedBundle(8);
  for (size_t i = 0; i < next.size(); i += 1 + next.size() / 200) {
    std::string changed = next;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    WriteInPlace("a.bundle", changed);
    ASSERT_FALSE(source_->LoadOnce().ok()) << i;
    ASSERT_EQ(holder_.Current(), serving);
  }
}

TEST_F(BundleSourceTest, WhatCannotBeABundleFileIsRefusedAtOnce) {
  Make(PathOf("missing.bundle"));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_EQ(Revision(), 0u);
  EXPECT_THAT(Error(), HasSubstr("missing.bundle"));
  Make("/dev/zero");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kInvalidArgument);
  Make("https://user@host/");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kInvalidArgument);
}

TEST_F(BundleSourceTest, OlderThanPinnedIsNeverServed) {
  options_.min_revision = 5;
  Write("a.bundle", SignedBundle(4));
  MakeOfFile();
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Revision(), 0u);
  for (const uint64_t revision : {9u, 5u, 6u}) {
    Write("a.bundle", SignedBundle(revision));
    ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
    EXPECT_EQ(Revision(), revision);
  }
  Write("a.bundle", SignedBundle(4));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Revision(), 6u);
}

TEST_F(BundleSourceTest, APinnedFileServesThatRevisionAlone) {
  options_.revision = 5;
  Write("a.bundle", SignedBundle(6));
  MakeOfFile();
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(Error(), HasSubstr("pinned is 5"));
  EXPECT_EQ(Revision(), 0u);
  Write("a.bundle", SignedBundle(5));
  EXPECT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 5u);
}

TEST_F(BundleSourceTest, KeysAreRotatedWithoutARestart) {
  options_.key_files = {PathOf("one.pem"), PathOf("two.pem")};
  Write("a.bundle", SignedBundle(1, {1}));
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();  // two.pem is not there yet
  Write("a.bundle", SignedBundle(2, {2}));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Revision(), 1u);
  // The new key comes; nothing else has changed.
  WriteKey("two.pem", 2);
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 2u);
  // The old one goes.
  Remove("one.pem");
  Write("a.bundle", SignedBundle(3, {1}));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Revision(), 2u);
  Write("a.bundle", SignedBundle(4, {1, 2}));
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  // And back: a key that is taken away while its bundle is in force shows.
  WriteKey("one.pem", 1);
  Write("a.bundle", SignedBundle(5, {2}));
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  Remove("two.pem");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Revision(), 5u);
  Write("a.bundle", SignedBundle(6, {1}));
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 6u);
}

TEST_F(BundleSourceTest, WithoutGoodKeysNothingIsBelieved) {
  Write("a.bundle", SignedBundle(1, {1}));
  MakeOfFile();
  Write("one.pem", "no key");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Error(), HasSubstr("one.pem"));
  Remove("one.pem");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kFailedPrecondition);
  WriteKey("one.pem", 2);
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Revision(), 0u);
  WriteKey("one.pem", 1);
  EXPECT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 1u);
}

TEST_F(BundleSourceTest, ABundleThatExpiresInForceSaysSo) {
  Write("a.bundle", SignedBundle(7, {1}, SecondsOf(clock_) + 60));
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_TRUE(source_->State().serving);
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_FALSE(source_->State().serving);
  EXPECT_THAT(Error(), HasSubstr("notAfter"));
  EXPECT_FALSE(source_->LoadOnce().ok());
  // A clock that was wrong and is set right brings it back.
  clock_.Advance(-std::chrono::seconds(61));
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_TRUE(source_->State().serving);
  clock_.Advance(std::chrono::seconds(61));
  Write("a.bundle", SignedBundle(8, {1}, SecondsOf(clock_) + 60));
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_TRUE(source_->State().serving);
}

TEST(FileMemory, WhatWasReadOnceIsReadAgain) {
  // A write within the tick of the first reading leaves no other trace.
  FileIdentity identity;
  identity.inode = 1;
  FileMemory memory;
  EXPECT_FALSE(memory.Knows(identity));
  memory.Good(identity);
  EXPECT_FALSE(memory.Knows(identity));
  memory.Good(identity);
  EXPECT_TRUE(memory.Knows(identity));
  FileIdentity other = identity;
  other.changed_ns = 1;
  EXPECT_FALSE(memory.Knows(other));
  memory.Good(other);
  EXPECT_FALSE(memory.Knows(other));
  memory.Good(other);
  EXPECT_TRUE(memory.Knows(other));
  memory.Bad();
  EXPECT_FALSE(memory.Knows(other));
}

TEST_F(BundleSourceTest, ADirectoryServesItsNewestGoodBundle) {
  Write("5.bundle", SignedBundle(5));
  Write("name-says-nothing.bundle", SignedBundle(10));
  Write("9.bundle", SignedBundle(9));
  Write("11.bundle.new", SignedBundle(11));
  Write(".12.bundle", SignedBundle(12));
  Make(folder_);
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 10u);
  Write("13.bundle", SignedBundle(13));
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 13u);
  // Rolling back is taking the newest away.
  Remove("13.bundle");
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 10u);
  Remove("name-says-nothing.bundle");
  Remove("9.bundle");
  Remove("5.bundle");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_EQ(Revision(), 10u);
}

TEST_F(BundleSourceTest, ABadNewestHidesNoOlderOneAndIsReported) {
  Write("5.bundle", SignedBundle(5));
  Write("6.bundle", SignedBundle(6));
  Write("7.bundle", SignedBundle(7, {9}));
  Write("8.bundle", SignedBundle(8).substr(0, 500));
  Make(folder_);
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 6u);
  EXPECT_THAT(Error(), HasSubstr("8.bundle"));
  EXPECT_TRUE(source_->State().serving);
  EXPECT_EQ(Loads("good"), 1);
  EXPECT_EQ(Loads("bad"), 1);
  Remove("8.bundle");
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 6u);
  EXPECT_THAT(Error(), HasSubstr("7.bundle"));
  Remove("7.bundle");
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Error(), "");
  // A file that was being written is read again.
  WriteInPlace("8.bundle", SignedBundle(8));
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 8u);
}

TEST_F(BundleSourceTest, APinnedDirectoryServesThatRevisionAlone) {
  options_.revision = 6;
  Write("5.bundle", SignedBundle(5));
  Write("7.bundle", SignedBundle(7));
  Make(folder_);
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_THAT(Error(), HasSubstr("revision 6"));
  Write("6.bundle", SignedBundle(6));
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 6u);
}

TEST_F(BundleSourceTest, AnExpiredNewestOfADirectoryMakesWay) {
  Write("5.bundle", SignedBundle(5));
  Write("6.bundle", SignedBundle(6, {1}, SecondsOf(clock_) + 60));
  Make(folder_);
  ASSERT_TRUE(source_->LoadOnce().ok());
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 6u);
  clock_.Advance(std::chrono::seconds(61));
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 5u);
}

TEST_F(BundleSourceTest, ADirectoryThatCannotBeReadLeavesTheOldOneServing) {
  const std::string path = PathOf("bundles");
  std::filesystem::create_directory(path);
  Make(path + "/");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  Write("bundles/1.bundle", SignedBundle(1));
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  std::filesystem::rename(path, PathOf("moved"));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_THAT(Error(), HasSubstr("bundles"));
  Write("bundles", "a file");
  EXPECT_FALSE(source_->LoadOnce().ok());
  EXPECT_EQ(Revision(), 1u);
  Remove("bundles");
  std::filesystem::rename(PathOf("moved"), path);
  EXPECT_TRUE(source_->LoadOnce().ok());
  EXPECT_EQ(Error(), "");
}

TEST_F(BundleSourceTest, AReaderNeverFreesABundle) {
  Write("a.bundle", SignedBundle(1));
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  std::shared_ptr<const Bundle> reader = holder_.Current();
  const std::weak_ptr<const Bundle> old = reader;
  Write("a.bundle", SignedBundle(2));
  ASSERT_TRUE(source_->LoadOnce().ok());
  reader.reset();
  EXPECT_FALSE(old.expired()) << "the reader paid for it";
  ASSERT_TRUE(source_->LoadOnce().ok());
  EXPECT_TRUE(old.expired()) << "nobody frees it";
}

TEST_F(BundleSourceTest, AHundredReloadsLeaveOneBundle) {
  Write("a.bundle", SignedBundle(1));
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  source_->Start();
  std::vector<std::weak_ptr<const Bundle>> all = {holder_.Current()};
  const std::string bundles[2] = {SignedBundle(2), SignedBundle(3)};
  for (uint64_t i = 0; i < 100; ++i) {
    Write("a.bundle", bundles[i % 2]);
    source_->Reload();
    ASSERT_TRUE(Eventually([&] {
      return holder_.Current()->revision() == 2 + i % 2;
    })) << Error();
    all.push_back(holder_.Current());
  }
  EXPECT_EQ(Loads("good"), 101);
  EXPECT_TRUE(Eventually([&all] {
    size_t alive = 0;
    for (const auto& bundle : all) alive += !bundle.expired();
    return alive == 1;
  }));
  source_->Stop();
}

TEST_F(BundleSourceTest, TheThreadPollsByItself) {
  options_.poll = std::chrono::milliseconds(1);
  Write("a.bundle", SignedBundle(1));
  MakeOfFile();
  source_->Start();
  EXPECT_TRUE(Eventually([this] { return Revision() == 1; }));
  // The date may jump; polling goes by another clock.
  clock_.Advance(-std::chrono::hours(24 * 365));
  Write("a.bundle", SignedBundle(2));
  EXPECT_TRUE(Eventually([this] { return Revision() == 2; }));
  clock_.Advance(std::chrono::hours(24 * 3650));
  Write("a.bundle", SignedBundle(3));
  EXPECT_TRUE(Eventually([this] { return Revision() == 3; }));
}

TEST_F(BundleSourceTest, AFileSwappedWhileItIsReadIsNeverServedHalf) {
  options_.poll = std::chrono::milliseconds(1);
  const std::string bundles[2] = {SignedBundle(1, {1}, std::nullopt, 300),
                                  SignedBundle(2, {1}, std::nullopt, 300)};
  Write("a.bundle", bundles[0]);
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok());
  source_->Start();
  for (int i = 0; i < 200; ++i) {
    // Both ways of writing, and a piece of one over the other.
    if (i % 3 == 0) Write("a.bundle", bundles[i % 2]);
    if (i % 3 == 1) WriteInPlace("a.bundle", bundles[i % 2]);
    if (i % 3 == 2) {
      WriteInPlace("a.bundle",
                   bundles[i % 2].substr(0, bundles[0].size() / 2) +
                       bundles[1 - i % 2].substr(bundles[0].size() / 2));
    }
    const uint64_t revision = Revision();
    ASSERT_TRUE(revision == 1 || revision == 2);
  }
  Write("a.bundle", SignedBundle(3));
  EXPECT_TRUE(Eventually([this] { return Revision() == 3; })) << Error();
}

TEST_F(BundleSourceTest, StopComesBackAtOnceWhateverTheThreadDoes) {
  Write("a.bundle", SignedBundle(1, {1}, std::nullopt, 1000));
  for (int i = 0; i < 30; ++i) {
    MakeOfFile();
    source_->Start();
    source_->Reload();
    std::this_thread::sleep_for(std::chrono::microseconds(300 * i));
    source_->Stop();
    source_->Stop();
    EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kCancelled);
  }
  // What is in force outlives its source.
  source_.reset();
  EXPECT_EQ(Revision(), 1u);
}

}  // namespace
}  // namespace writ
