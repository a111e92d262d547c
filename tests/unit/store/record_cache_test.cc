// SPDX-License-Identifier: Apache-2.0
#include "store/record_cache.h"

#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

using std::chrono::seconds;

SecretBytes Bytes(std::string_view text) { return SecretBytes::CopyOf(text); }

TEST(RecordCache, GivesBackWhatItHolds) {
  const FakeClock clock;
  RecordCache cache(&clock, 1000);
  EXPECT_FALSE(cache.Get("k").has_value());
  cache.Put("k", 7, Bytes("value"));
  ASSERT_TRUE(cache.Get("k").has_value());
  EXPECT_EQ(cache.Get("k")->version, 7u);
  EXPECT_EQ(cache.Get("k")->value.text(), "value");
  cache.Put("k", 8, Bytes("other"));
  EXPECT_EQ(cache.Get("k")->version, 8u);
  cache.Erase("k");
  EXPECT_FALSE(cache.Get("k").has_value());
  EXPECT_EQ(cache.size_bytes(), 0u);
}

TEST(RecordCache, NothingLivesTenMinutesHoweverOftenItIsRead) {
  FakeClock clock;
  RecordCache cache(&clock, 1000);
  cache.Put("k", 1, Bytes("value"));
  for (int i = 0; i < 599; ++i) {
    clock.Advance(seconds(1));
    ASSERT_TRUE(cache.Get("k").has_value()) << i;
  }
  clock.Advance(seconds(1));
  EXPECT_FALSE(cache.Get("k").has_value());
}

TEST(RecordCache, TimerWipesWhatNobodyReads) {
  FakeClock clock;
  RecordCache cache(&clock, 1000);
  cache.Put("k", 1, Bytes("value"));
  clock.Advance(seconds(600));
  cache.WipeExpired();
  EXPECT_EQ(cache.size_bytes(), 0u);
}

TEST(RecordCache, AgeCanOnlyBeLowered) {
  FakeClock clock;
  RecordCache brief(&clock, 1000, seconds(5));
  RecordCache longer(&clock, 1000, seconds(100000));
  brief.Put("k", 1, Bytes("v"));
  longer.Put("k", 1, Bytes("v"));
  clock.Advance(seconds(5));
  EXPECT_FALSE(brief.Get("k").has_value());
  clock.Advance(seconds(595));
  EXPECT_FALSE(longer.Get("k").has_value());
}

TEST(RecordCache, OldestGoWhenItIsFull) {
  const FakeClock clock;
  RecordCache cache(&clock, 30);
  cache.Put("1", 1, Bytes("123456789"));
  cache.Put("2", 1, Bytes("123456789"));
  cache.Put("3", 1, Bytes("123456789"));
  cache.Put("4", 1, Bytes("123456789"));
  EXPECT_FALSE(cache.Get("1").has_value());
  EXPECT_TRUE(cache.Get("2").has_value());
  EXPECT_TRUE(cache.Get("4").has_value());
  EXPECT_EQ(cache.size_bytes(), 30u);
}

TEST(RecordCache, TooLargeValueReplacesAndIsNotKept) {
  const FakeClock clock;
  RecordCache cache(&clock, 10);
  cache.Put("k", 1, Bytes("small"));
  cache.Put("k", 2, Bytes("much too large"));
  EXPECT_FALSE(cache.Get("k").has_value());
  cache.Put("a", 1, Bytes("x"));
  cache.Clear();
  EXPECT_EQ(cache.size_bytes(), 0u);
}

}  // namespace
}  // namespace writ
