// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_COMPLETION_H_
#define WRIT_CLI_COMPLETION_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"

namespace writ {

// What a shell has to know to complete a command line: the commands with their
// summaries, in order.
struct CompletionCommand {
  CommandInfo info;
  std::string_view summary;
};

// What may stand for a value or a positional.
enum class CompletionKind {
  kNothing,  // a name only the user knows
  kFiles,
  kFolders,
  kWords,  // the words that come with it
};
struct CompletionValue {
  CompletionKind kind = CompletionKind::kNothing;
  std::vector<std::string> words;
};

// From the choices of a flag, or from what its value is called: FILE, PATH,
// DIR.
CompletionValue ValueOf(const FlagInfo& flag);
// From the usage line: "PATH...", "FILE", "bash|zsh|fish", "[COMMAND]".
CompletionValue PositionalOf(const CommandInfo& info,
                             const std::vector<CompletionCommand>& commands);

// The scripts that `writ completion` prints.
std::string BashCompletion(const std::vector<CompletionCommand>& commands);
std::string ZshCompletion(const std::vector<CompletionCommand>& commands);
std::string FishCompletion(const std::vector<CompletionCommand>& commands);

}  // namespace writ

#endif  // WRIT_CLI_COMPLETION_H_
