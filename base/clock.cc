// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <cstdio>

namespace writ {
namespace {

constexpr int64_t kFakeStartSeconds = 1796083200;  // 2026-12-01T00:00:00Z

std::string FormatSeconds(WallTime time) {
  using std::chrono::days;
  using std::chrono::floor;
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(
      floor<std::chrono::seconds>(time) -
      std::chrono::time_point_cast<std::chrono::seconds>(day));
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

// Reads exactly `count` ASCII digits at `at`.
bool Digits(std::string_view text, size_t at, size_t count, int* value) {
  *value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

WallTime SystemClock::Now() const { return std::chrono::system_clock::now(); }
SteadyTime SystemClock::Steady() const {
  return std::chrono::steady_clock::now();
}

WallTime FakeClock::Now() const {
  return WallTime(std::chrono::seconds(kFakeStartSeconds) +
                  std::chrono::nanoseconds(offset_ns_.load()));
}
SteadyTime FakeClock::Steady() const {
  return SteadyTime(std::chrono::nanoseconds(offset_ns_.load()));
}

std::string FormatRfc3339(WallTime time) { return FormatSeconds(time) + "Z"; }

std::string FormatRfc3339Millis(WallTime time) {
  const auto millis =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch())
          .count();
  char text[8];
  std::snprintf(text, sizeof text, ".%03dZ",
                static_cast<int>(((millis % 1000) + 1000) % 1000));
  return FormatSeconds(time) + text;
}

bool ParseRfc3339Utc(std::string_view text, WallTime* time) {
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return false;
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!Digits(text, 0, 4, &year) || !Digits(text, 5, 2, &month) ||
      !Digits(text, 8, 2, &day) || !Digits(text, 11, 2, &hour) ||
      !Digits(text, 14, 2, &minute) || !Digits(text, 17, 2, &second)) {
    return false;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  // 2262 is where nanoseconds since 1970 leave 64 bits.
  if (!date.ok() || year < 1970 || year > 2261 || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  *time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
          std::chrono::minutes(minute) + std::chrono::seconds(second);
  return true;
}

}  // namespace writ
