// SPDX-License-Identifier: Apache-2.0
// `writ disasm`: a program image as text. Loading verifies it, so a listing
// also says that the image is sound.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "authz/program/disasm.h"
#include "authz/program/program.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {

ExitCode RunDisasm(Args args) {
  std::vector<std::string> paths;
  Flags flags("disasm", "FILE",
              "Verifies a program image and lists it. FILE may be -.");
  flags.Positionals(&paths, 1, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<std::string> image = paths[0] == "-"
                                  ? ReadAll(STDIN_FILENO, kMaxProgramBytes)
                                  : ReadFile(paths[0], kMaxProgramBytes);
  if (!image.ok()) return ComplainAbout(paths[0], image.status());
  const auto program = Program::Load(std::move(image).value());
  if (!program.ok()) {
    std::cerr << "writ disasm: " << Printable(paths[0]) << ": "
              << Printable(program.status().ToString()) << "\n";
    return ExitCode::kFindings;
  }
  return Deliver(Disassemble(**program), "");
}

}  // namespace writ
