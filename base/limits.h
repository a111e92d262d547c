// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_LIMITS_H_
#define WRIT_BASE_LIMITS_H_

#include <cstdint>
#include <string_view>

namespace writ {

#define LIMIT(Name, value, unit, why) inline constexpr uint64_t k##Name = value;
#include "base/limits.def"
#undef LIMIT

struct LimitInfo {
  std::string_view name;
  uint64_t value;
  std::string_view unit;
  std::string_view why;
};

// All limits, in the order of limits.def.
inline constexpr LimitInfo kLimits[] = {
#define LIMIT(Name, value, unit, why) {#Name, value, unit, why},
#include "base/limits.def"
#undef LIMIT
};

}  // namespace writ

#endif  // WRIT_BASE_LIMITS_H_
