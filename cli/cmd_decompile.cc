// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/print.h"

namespace writ {

ExitCode RunDecompile(Args args) {
  std::string name;
  std::string output;
  std::string kind;
  bool check = false;
  std::vector<std::string> paths;
  Flags flags("decompile", "FILE",
              "Turns RAM JSON into the Writ language. What RAM refuses is "
              "shown too;\nonly text that does not parse is refused.");
  flags.String("--name", "NAME", "name of the policy (default: the file's)",
               &name);
  flags.Choice("--kind", "kind of the policy (default: guessed)",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.String("-o,--output", "FILE", "write there instead of standard output",
               &output);
  flags.Bool("--check", "refuse an invalid policy", &check);
  flags.Positionals(&paths, 1, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<PolicyFile> file = ReadPolicyFile(paths[0]);
  if (!file.ok()) return ComplainAbout(paths[0], file.status());
  const std::optional<ast::PolicyKind> asked = KindNamed(kind);
  if (check) CheckFile(asked, &*file);
  ComplainAbout(*file);
  if (!file->parsed || file->diagnostics.tree_is_broken() ||
      (check && file->diagnostics.has_errors())) {
    return ExitCode::kFindings;
  }
  for (ast::Policy& policy : file->content.policies) {
    bool guessed = false;
    policy.kind = KindOf(policy, asked, &guessed);
    if (!name.empty()) policy.name = name;
  }
  return Deliver(PrintWrit(file->content.policies), output);
}

}  // namespace writ
