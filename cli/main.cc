// SPDX-License-Identifier: Apache-2.0
// The program `writ`: finds the subcommand and hands over.
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"

namespace writ {
namespace {

constexpr Command kCommands[] = {
#define COMMAND(Name, name, summary) {name, summary, Run##Name},
#include "cli/commands.def"
#undef COMMAND
};

void PrintHelp(std::ostream& out) {
  out << "usage: writ COMMAND [flags] ...\n\ncommands:\n";
  for (const Command& command : kCommands) {
    out << "  " << command.name
        << std::string(12 - std::min<size_t>(11, command.name.size()), ' ')
        << command.summary << "\n";
  }
  out << "\n`writ COMMAND --help` says more. Exit codes:\n";
#define EXIT_CODE(number, Name, meaning) \
  out << "  " << number << "  " << (meaning) << "\n";
#include "cli/exit_codes.def"
#undef EXIT_CODE
}

ExitCode Run(Args args) {
  if (args.empty()) {
    PrintHelp(std::cerr);
    return ExitCode::kUsage;
  }
  const std::string_view name = args[0];
  if (name == "help" || name == "--help" || name == "-h") {
    PrintHelp(std::cout);
    return ExitCode::kOk;
  }
  if (name == "--version") return RunVersion(args.subspan(1));
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(args.subspan(1));
    names.push_back(command.name);
  }
  const std::string_view nearest = NearestWord(name, names);
  std::cerr << "writ: no command `" << name << "`";
  if (!nearest.empty()) std::cerr << "; did you mean `" << nearest << "`?";
  std::cerr << "\n`writ help` lists the commands.\n";
  return ExitCode::kUsage;
}

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace writ

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  const writ::ExitCode code = writ::Run(args);
  // A full disk or a closed pipe must not look like success.
  std::cout.flush();
  return static_cast<int>(std::cout.good() ? code : writ::ExitCode::kInternal);
}
