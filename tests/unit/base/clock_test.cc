// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Clock, FakeMovesOnlyWhenTold) {
  FakeClock clock;
  EXPECT_EQ(FormatRfc3339(clock.Now()), "2026-12-01T00:00:00Z");
  const SteadyTime before = clock.Steady();
  clock.Advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.Steady() - before, std::chrono::milliseconds(1500));
  EXPECT_EQ(FormatRfc3339(clock.Now()), "2026-12-01T00:00:01Z");
  EXPECT_EQ(FormatRfc3339Millis(clock.Now()), "2026-12-01T00:00:01.500Z");
}

TEST(Clock, ParsesWhatItFormats) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z",
                           "2100-12-31T12:00:00Z"}) {
    WallTime time;
    ASSERT_TRUE(ParseRfc3339Utc(text, &time)) << text;
    EXPECT_EQ(FormatRfc3339(time), text);
  }
}

TEST(Clock, RefusesOtherSpellingsAndDaysThatAreNone) {
  for (const char* text :
       {"", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01t00:00:00Z",
        "2026-12-01T00:00:00z", "2026-12-01T00:00:00+00:00",
        "2026-12-01T00:00:00.0Z", "2026-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-12-32T00:00:00Z", "2026-12-01T24:00:00Z",
        "2026-12-01T00:60:00Z", "2026-12-01T00:00:60Z", "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z", "2026-12-01T00:00:0/Z", "-026-12-01T00:00:00Z",
        " 2026-12-01T00:00:00Z", "2026-12-01T00:00:00ZZ"}) {
    WallTime time;
    EXPECT_FALSE(ParseRfc3339Utc(text, &time)) << text;
  }
}

TEST(Clock, FractionsRoundDownAlsoBefore1970) {
  const WallTime time(std::chrono::milliseconds(-1));
  EXPECT_EQ(FormatRfc3339(time), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatRfc3339Millis(time), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace writ
