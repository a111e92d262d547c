// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/version.h"

namespace writ {

ExitCode RunVersion(Args args) {
  bool json = false;
  Flags flags("version", "", "Prints the version of this build.");
  flags.Bool("--json", "as a JSON object", &json);
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  if (json) {
    std::cout << "{\"version\":\"" << BuildVersion()
              << "\",\"language\":1,\"ram\":\"1\"}\n";
  } else {
    std::cout << VersionLine();
  }
  return ExitCode::kOk;
}

}  // namespace writ
