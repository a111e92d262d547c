// SPDX-License-Identifier: Apache-2.0
// `writ check`: every finding of every file. Machine formats go to standard
// output, because there they are the result; text for people is diagnostics
// and goes to standard error.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

FindingFormat FormatNamed(std::string_view name) {
  if (name == "compact") return FindingFormat::kCompact;
  if (name == "json") return FindingFormat::kJson;
  if (name == "jsonl") return FindingFormat::kJsonl;
  return FindingFormat::kPretty;
}

void SayGuesses(const PolicyFile& file) {
  for (size_t i = 0; i < file.kinds.size(); ++i) {
    if (!file.kind_was_guessed[i]) continue;
    std::cerr << Printable(file.source.name()) << ": read as a policy of kind "
              << KindName(file.kinds[i]) << " (--kind says otherwise)\n";
  }
}

}  // namespace

ExitCode RunCheck(Args args) {
  std::string kind;
  std::string format = "pretty";
  std::vector<std::string> paths;
  Flags flags("check", "PATH...",
              "Says everything that is wrong with the policies in files, in "
              "directories\n(*.writ, *.ram.json) or on standard input (-).");
  flags.Choice("--kind", "judge every policy as this kind",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Choice("--format", "form of the findings (default: pretty)",
               {"pretty", "compact", "json", "jsonl"}, &format);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("check", files.status());
  const std::optional<ast::PolicyKind> asked = KindNamed(kind);
  const FindingFormat form = FormatNamed(format);
  FindingsJson document;
  ExitCode exit = ExitCode::kOk;
  size_t errors = 0;
  size_t policies = 0;
  for (const std::string& path : *files) {
    Result<PolicyFile> file = ReadPolicyFile(path);
    if (!file.ok()) {
      exit = Worst(exit, ComplainAbout(path, file.status()));
      continue;
    }
    CheckFile(asked, &*file);
    policies += file->content.policies.size();
    errors += file->diagnostics.error_count();
    if (file->diagnostics.has_errors()) exit = Worst(exit, ExitCode::kFindings);
    switch (form) {
      case FindingFormat::kPretty:
        SayGuesses(*file);
        std::cerr << RenderFindings(file->source, file->diagnostics, form);
        break;
      case FindingFormat::kCompact:
        std::cerr << RenderFindings(file->source, file->diagnostics, form);
        break;
      case FindingFormat::kJsonl:
        std::cout << RenderFindings(file->source, file->diagnostics, form);
        break;
      case FindingFormat::kJson:
        document.Add(file->source, file->diagnostics);
        break;
    }
  }
  if (form == FindingFormat::kJson) std::cout << document.Take();
  if (form == FindingFormat::kPretty) {
    std::cerr << policies << (policies == 1 ? " policy, " : " policies, ")
              << errors << (errors == 1 ? " error\n" : " errors\n");
  }
  return exit;
}

}  // namespace writ
