// SPDX-License-Identifier: Apache-2.0
// `writ completion`: a script that makes a shell complete command lines, made
// from what the commands say about themselves.
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {

ExitCode RunCompletion(Args args) {
  std::vector<std::string> shells;
  Flags flags("completion", "bash|zsh|fish",
              "Prints a script that completes commands, flags and files.");
  flags.Positionals(&shells, 1, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  std::vector<CompletionCommand> commands;
  for (const Command& command : Commands()) {
    commands.push_back({Describe(command), command.summary});
  }
  if (shells[0] == "bash") return Deliver(BashCompletion(commands), "");
  if (shells[0] == "zsh") return Deliver(ZshCompletion(commands), "");
  if (shells[0] == "fish") return Deliver(FishCompletion(commands), "");
  std::cerr << "writ completion: a shell is bash, zsh or fish, not `"
            << Printable(shells[0]) << "`\n";
  return ExitCode::kUsage;
}

}  // namespace writ
