// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_COMMAND_H_
#define WRIT_CLI_COMMAND_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace writ {

// What follows the subcommand on the command line; borrowed from argv.
using Args = std::span<const std::string_view>;

// How a process of `writ` ends: one row of exit_codes.def.
enum class ExitCode : uint8_t {
#define EXIT_CODE(number, Name, ...) k##Name = number,
#include "cli/exit_codes.def"
#undef EXIT_CODE
};

// Of two outcomes the one to exit with: kInternal, kUsage and kUnreachable go
// before the others (the smallest first), else the largest number.
ExitCode Worst(ExitCode a, ExitCode b);

// One subcommand. Result to standard output, findings and complaints to
// standard error. Commands run one at a time, on the main thread.
using CommandFunction = ExitCode (*)(Args args);

struct Command {
  std::string_view name;
  std::string_view summary;
  CommandFunction run;
};

// The subcommands of this build, in the order of commands.def.
std::span<const Command> Commands();

// Every Run<Name> of commands.def, defined in cmd_<name>.cc.
#define COMMAND(Name, name, summary) ExitCode Run##Name(Args args);
#include "cli/commands.def"
#undef COMMAND

}  // namespace writ

#endif  // WRIT_CLI_COMMAND_H_
