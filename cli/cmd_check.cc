// SPDX-License-Identifier: Apache-2.0
// `writ check`: whether policies are valid, and whether their names and types
// are known. Rules about sense and style are for `writ lint`.
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/lint_files.h"
#include "cli/output.h"
#include "cli/ruling_report.h"
#include "grammar/render.h"

namespace writ {
namespace {

std::optional<RulingFormat> RulingFormatNamed(std::string_view name) {
  if (name == "pretty") return RulingFormat::kPretty;
  if (name == "compact") return RulingFormat::kCompact;
  if (name == "json") return RulingFormat::kJson;
  return std::nullopt;
}

// Invalid policies are complained about: they have no effect to speak of.
ExitCode ListRulings(const LintOutcome& outcome, RulingFormat format) {
  ExitCode exit = outcome.exit;
  for (const PolicyFile& file : outcome.files) {
    if (!file.diagnostics.has_errors()) continue;
    ComplainAbout(file);
    exit = Worst(exit, ExitCode::kFindings);
  }
  return Worst(exit, Deliver(RulingReport(outcome.files, format), ""));
}

}  // namespace

ExitCode RunCheck(Args args) {
  std::string kind;
  std::string format;
  bool strict = false;
  bool rulings = false;
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
  flags.Bool("--rulings",
             "list the statements whose effect rests on a ruling of this "
             "project or on an unverified fact; pretty, compact or json",
             &rulings);
  flags.Format({"pretty", "plain", "compact", "json", "jsonl", "sarif", "junit",
                "github", "tap"},
               &format);
  flags.Positionals(&request.paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  const std::optional<RulingFormat> ruling_format = RulingFormatNamed(format);
  if (rulings && !ruling_format) {
    std::cerr << "writ check: --rulings comes as pretty, compact or json\n";
    return ExitCode::kUsage;
  }
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
  if (rulings) return ListRulings(outcome, *ruling_format);
  const ExitCode delivered =
      DeliverFindings(outcome.files, form, flags.global());
  const Level level = strict ? Level::kSuggestion : Level::kError;
  return Worst(outcome.exit,
               Worst(delivered, JudgeLevels(outcome, level, level)));
}

}  // namespace writ
