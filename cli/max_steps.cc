// SPDX-License-Identifier: Apache-2.0
#include "cli/max_steps.h"

#include <charconv>
#include <iostream>
#include <system_error>

#include "base/limits.h"

namespace writ {

std::optional<uint64_t> ReadMaxSteps(std::string_view command,
                                     const std::string& text) {
  if (text.empty()) return kMaxDecideSteps;
  uint64_t steps = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, steps);
  if (read.ec != std::errc() || read.ptr != end || steps < 1 ||
      steps > kMaxDecideSteps) {
    std::cerr << "writ " << command << ": --max-steps is a number from 1 to "
              << kMaxDecideSteps << "\n";
    return std::nullopt;
  }
  return steps;
}

}  // namespace writ
