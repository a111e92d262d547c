// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_MAX_STEPS_H_
#define WRIT_CLI_MAX_STEPS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace writ {

// The value of `--max-steps N`: the most steps that the worst request may take
// of one unit.
//
// command  for the complaint
// text     of the flag; empty when it was not given
// Returns  kMaxDecideSteps for no flag; nothing, after a complaint on standard
//          error, when the text is not a number from 1 to that
std::optional<uint64_t> ReadMaxSteps(std::string_view command,
                                     const std::string& text);

}  // namespace writ

#endif  // WRIT_CLI_MAX_STEPS_H_
