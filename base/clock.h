// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_CLOCK_H_
#define WRIT_BASE_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace writ {

using WallTime = std::chrono::time_point<std::chrono::system_clock,
                                         std::chrono::nanoseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock,
                                           std::chrono::nanoseconds>;

// The one door to time. Thread-safe. Code below daemon/ and cli/ takes a
// `Clock*` and never asks the system itself, so that tests can hold it still.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual SteadyTime Steady() const = 0;
};

// The system's clocks.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override;
  SteadyTime Steady() const override;
};

// A clock that moves only when told; starts at 2026-12-01T00:00:00Z.
class FakeClock final : public Clock {
 public:
  WallTime Now() const override;
  SteadyTime Steady() const override;
  void Advance(std::chrono::nanoseconds by) { offset_ns_ += by.count(); }

 private:
  std::atomic<int64_t> offset_ns_{0};
};

// "2026-12-01T00:00:00Z": RFC 3339, UTC, whole seconds (rounded down).
std::string FormatRfc3339(WallTime time);
// "2026-12-01T00:00:00.123Z".
std::string FormatRfc3339Millis(WallTime time);
// Reads "2026-12-01T00:00:00Z" (exactly this form, as x-acs-date is sent).
bool ParseRfc3339Utc(std::string_view text, WallTime* time);

}  // namespace writ

#endif  // WRIT_BASE_CLOCK_H_
