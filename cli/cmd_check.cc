// SPDX-License-Identifier: Apache-2.0
// `writ check`: whether policies are valid, and whether their names and types
// are known. Rules about sense and style are for `writ lint`.
#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/lint_files.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {

ExitCode RunCheck(Args args) {
  std::string kind;
  std::string format;
  bool strict = false;
  LintRequest request;
  request.command = "check";
  request.names_only = true;
  Flags flags("check", "PATH...",
              "Says everything that is wrong with the policies in files, in "
              "directories\n(*.writ, *.ram.json) or on standard input (-).");
  flags.Choice("--kind", "judge every policy as this kind",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Strings("--catalog", "FILE",
                "services of your own besides the built-in ones",
                &request.catalogue_files);
  flags.Bool("--strict", "exit 3 for every finding, not for errors only",
             &strict);
  flags.Format({"pretty", "plain", "compact", "json", "jsonl", "sarif", "junit",
                "github", "tap"},
               &format);
  flags.Positionals(&request.paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  request.kind = KindNamed(kind);
  const FindingFormat form =
      FindingFormatNamed(format).value_or(FindingFormat::kPretty);
  const LintOutcome outcome = LintFiles(request, flags.global());
  if (outcome.exit == ExitCode::kUsage && outcome.files.empty()) {
    return outcome.exit;
  }
  if (form == FindingFormat::kPretty && !flags.global().quiet) {
    SayGuesses(outcome);
  }
  const ExitCode delivered =
      DeliverFindings(outcome.files, form, flags.global());
  const Level level = strict ? Level::kSuggestion : Level::kError;
  return Worst(outcome.exit,
               Worst(delivered, JudgeLevels(outcome, level, level)));
}

}  // namespace writ
