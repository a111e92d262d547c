// SPDX-License-Identifier: Apache-2.0
#include "auth/nonce_window.h"

#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = NonceWindow::Verdict;

class NonceWindowTest : public testing::Test {
 protected:
  Verdict Insert(NonceWindow* window, std::string_view nonce,
                 std::string_view key = "AK") {
    return window->Insert(key, nonce, clock_.Now(), clock_.Now());
  }
  FakeClock clock_;
};

TEST_F(NonceWindowTest, TakesANonceOnceForEachKey) {
  NonceWindow window(clock_.Now());
  EXPECT_EQ(Insert(&window, "n"), Verdict::kFresh);
  EXPECT_EQ(Insert(&window, "n"), Verdict::kUsed);
  EXPECT_EQ(Insert(&window, "n", "other"), Verdict::kFresh);
  EXPECT_EQ(Insert(&window, "m"), Verdict::kFresh);
  EXPECT_EQ(window.size(), 3u);
}

TEST_F(NonceWindowTest, KnowsANonceUnderAnotherDateToo) {
  NonceWindow window(clock_.Now());
  EXPECT_EQ(Insert(&window, "n"), Verdict::kFresh);
  clock_.Advance(minutes(7));
  EXPECT_EQ(Insert(&window, "n"), Verdict::kUsed);
}

TEST_F(NonceWindowTest, DropsAMinuteOnlyWhenItsDatesAreRefused) {
  NonceWindow window(clock_.Now());
  const WallTime date = clock_.Now();
  EXPECT_EQ(Insert(&window, "n"), Verdict::kFresh);
  clock_.Advance(minutes(15));
  EXPECT_EQ(window.Insert("AK", "n", date, clock_.Now()), Verdict::kUsed);
  clock_.Advance(seconds(1));
  EXPECT_EQ(window.Insert("AK", "n", date, clock_.Now()),
            Verdict::kOutOfWindow);
  clock_.Advance(minutes(1));
  EXPECT_EQ(Insert(&window, "m"), Verdict::kFresh);
  EXPECT_EQ(window.size(), 1u);
}

TEST_F(NonceWindowTest, RefusesDatesMoreThanFifteenMinutesOff) {
  NonceWindow window(clock_.Now() - minutes(60));
  const WallTime now = clock_.Now();
  EXPECT_TRUE(window.InWindow(now - minutes(15), now));
  EXPECT_TRUE(window.InWindow(now + minutes(15), now));
  EXPECT_FALSE(window.InWindow(now - minutes(15) - seconds(1), now));
  EXPECT_FALSE(window.InWindow(now + minutes(15) + seconds(1), now));
}

TEST_F(NonceWindowTest, RefusesDatesBeforeTheStart) {
  const WallTime start = clock_.Now() + std::chrono::milliseconds(700);
  NonceWindow window(start);
  EXPECT_FALSE(window.InWindow(clock_.Now() - seconds(1), start));
  // Dates have whole seconds: this one may be of the start itself.
  EXPECT_TRUE(window.InWindow(clock_.Now(), start));
}

TEST_F(NonceWindowTest, RefusesWhenFullAndForgetsNothing) {
  NonceWindow window(clock_.Now(), {.per_key = 3, .total = 5});
  for (const char* nonce : {"1", "2", "3"}) {
    EXPECT_EQ(Insert(&window, nonce), Verdict::kFresh);
  }
  EXPECT_EQ(Insert(&window, "4"), Verdict::kFull);
  EXPECT_EQ(Insert(&window, "1"), Verdict::kUsed);
  EXPECT_EQ(Insert(&window, "1", "B"), Verdict::kFresh);
  EXPECT_EQ(Insert(&window, "2", "B"), Verdict::kFresh);
  EXPECT_EQ(Insert(&window, "3", "B"), Verdict::kFull);
  EXPECT_EQ(Insert(&window, "1", "C"), Verdict::kFull);
  // The bound is over the whole window, and room comes with time.
  clock_.Advance(minutes(14));
  EXPECT_EQ(Insert(&window, "5"), Verdict::kFull);
  clock_.Advance(minutes(3));
  EXPECT_EQ(Insert(&window, "5"), Verdict::kFresh);
}

TEST_F(NonceWindowTest, ClockSetBackLetsNoDroppedNonceInAgain) {
  NonceWindow window(clock_.Now());
  const WallTime date = clock_.Now();
  EXPECT_EQ(Insert(&window, "n"), Verdict::kFresh);
  clock_.Advance(minutes(20));
  EXPECT_EQ(Insert(&window, "m"), Verdict::kFresh);
  EXPECT_EQ(window.Insert("AK", "n", date, date), Verdict::kOutOfWindow);
}

TEST_F(NonceWindowTest, HoldsManyNonces) {
  NonceWindow window(clock_.Now());
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(Insert(&window, std::to_string(i)), Verdict::kFresh);
  }
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(Insert(&window, std::to_string(i)), Verdict::kUsed);
  }
  EXPECT_EQ(window.size(), 20000u);
}

}  // namespace
}  // namespace writ
