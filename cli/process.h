// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_PROCESS_H_
#define WRIT_CLI_PROCESS_H_

#include "base/status.h"
#include "cli/command.h"
#include "cli/flags.h"

// What the global flags do to the whole process. Called on the main thread.
namespace writ {

// Enters the directory, starts the time limit, sends standard output to the
// output file.
//
// Errors   kInvalidArgument   the directory cannot be entered
Status PutIntoEffect(const GlobalFlags& global);

// The file that takes what is printed on std::cout; empty for standard output.
const std::string& OutputFile();

// Ends the output: writes the output file when there is one and something was
// printed or the command went well, flushes standard output. Returns `exit`, or
// how to exit when that fails: a full disk or a closed pipe must not look like
// success.
ExitCode FinishOutput(ExitCode exit);

}  // namespace writ

#endif  // WRIT_CLI_PROCESS_H_
