// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_OUTPUT_H_
#define WRIT_CLI_OUTPUT_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "grammar/render.h"
#include "lint/policy_file.h"

namespace writ {

// Prints the findings of the file to standard error, as pretty text.
void ComplainAbout(const PolicyFile& file);

// "path: what went wrong" on standard error; returns kUsage, or kInternal when
// the system is at fault.
ExitCode ComplainAbout(const std::string& path, const Status& status);

// The format of that name, "pretty" …; nothing for another word.
std::optional<FindingFormat> FindingFormatNamed(std::string_view name);

// Prints the findings of all files as one report: text for people to standard
// error, because there it is no result; machine formats to standard output.
// With --output all of them go to that file. Returns kFindings when a policy is
// invalid, else kOk.
ExitCode DeliverFindings(std::span<const PolicyFile> files,
                         FindingFormat format, const GlobalFlags& global);

// Whether to colour what goes to the descriptor: as --color says; for "auto" on
// a terminal, unless NO_COLOR is set or TERM is dumb.
bool UseColor(const GlobalFlags& global, int fd);

// Prints `text` to standard output, or writes it to `path` when one is given.
ExitCode Deliver(const std::string& text, const std::string& path);

// Replaces what a file of the user holds. The file keeps its mode, and a
// symbolic link stays one: what it points to is replaced.
Status WriteBack(const std::string& path, std::string_view text);

}  // namespace writ

#endif  // WRIT_CLI_OUTPUT_H_
