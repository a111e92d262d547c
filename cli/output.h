// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_OUTPUT_H_
#define WRIT_CLI_OUTPUT_H_

#include <string>

#include "base/status.h"
#include "cli/command.h"
#include "lint/policy_file.h"

namespace writ {

// Prints the findings of the file to standard error, as pretty text.
void ComplainAbout(const PolicyFile& file);

// "path: what went wrong" on standard error; returns kUsage, or kInternal when
// the system is at fault.
ExitCode ComplainAbout(const std::string& path, const Status& status);

// Prints `text` to standard output, or writes it to `path` when one is given.
ExitCode Deliver(const std::string& text, const std::string& path);

}  // namespace writ

#endif  // WRIT_CLI_OUTPUT_H_
