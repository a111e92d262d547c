// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_HELP_H_
#define WRIT_CLI_HELP_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"

namespace writ {

// One row of examples.def.
struct HelpExample {
  std::string_view command;
  std::string_view line;     // what to type
  std::string_view meaning;  // what it does
};
std::vector<HelpExample> ExamplesOf(std::string_view command);

// The text of `writ COMMAND --help`.
std::string HelpText(const CommandInfo& info);

}  // namespace writ

#endif  // WRIT_CLI_HELP_H_
