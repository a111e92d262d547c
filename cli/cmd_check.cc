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
  std::string format;
  std::vector<std::string> paths;
  Flags flags("check", "PATH...",
              "Says everything that is wrong with the policies in files, in "
              "directories\n(*.writ, *.ram.json) or on standard input (-).");
  flags.Choice("--kind", "judge every policy as this kind",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Format({"pretty", "plain", "compact", "json", "jsonl", "sarif", "junit",
                "github"},
               &format);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("check", files.status());
  const std::optional<ast::PolicyKind> asked = KindNamed(kind);
  const FindingFormat form =
      FindingFormatNamed(format).value_or(FindingFormat::kPretty);
  ExitCode exit = ExitCode::kOk;
  std::vector<PolicyFile> read;
  for (const std::string& path : *files) {
    Result<PolicyFile> file = ReadPolicyFile(path);
    if (!file.ok()) {
      exit = Worst(exit, ComplainAbout(path, file.status()));
      continue;
    }
    CheckFile(asked, &*file);
    if (form == FindingFormat::kPretty && !flags.global().quiet) {
      SayGuesses(*file);
    }
    read.push_back(*std::move(file));
  }
  return Worst(exit, DeliverFindings(read, form, flags.global()));
}

}  // namespace writ
