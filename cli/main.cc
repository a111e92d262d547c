// SPDX-License-Identifier: Apache-2.0
// The program `writ`: finds the subcommand and hands over.
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/process.h"
#include "grammar/render.h"

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

const Command* FindCommand(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

ExitCode ComplainAboutCommand(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  const std::string_view nearest = NearestWord(name, names);
  std::cerr << "writ: no command `" << Printable(name) << "`";
  if (!nearest.empty()) std::cerr << "; did you mean `" << nearest << "`?";
  std::cerr << "\n`writ help` lists the commands.\n";
  return ExitCode::kUsage;
}

ExitCode Help(Args args) {
  if (args.empty() || args[0].starts_with("-")) {
    PrintHelp(std::cout);
    return ExitCode::kOk;
  }
  const Command* command = FindCommand(args[0]);
  if (command == nullptr) return ComplainAboutCommand(args[0]);
  std::cout << HelpText(Describe(*command));
  return ExitCode::kOk;
}

ExitCode Run(Args args) {
  // Flags before the command are as good as behind it.
  const size_t leading = CountLeadingGlobalFlags(args);
  if (leading == args.size()) {
    for (std::string_view arg : args) {
      if (arg == "--help" || arg == "-h") return Help({});
      if (arg == "--version") return RunVersion({});
    }
    PrintHelp(std::cerr);
    return ExitCode::kUsage;
  }
  const std::string_view name = args[leading];
  std::vector<std::string_view> rest(args.begin(), args.begin() + leading);
  rest.insert(rest.end(), args.begin() + leading + 1, args.end());
  if (name == "help") return Help(rest);
  const Command* command = FindCommand(name);
  if (command == nullptr) return ComplainAboutCommand(name);
  return command->run(rest);
}

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace writ

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  return static_cast<int>(writ::FinishOutput(writ::Run(args)));
}
