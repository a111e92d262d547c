// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_LINT_FILES_H_
#define WRIT_CLI_LINT_FILES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/policy_file.h"

namespace writ {

// What check, lint and fix ask about files.
struct LintRequest {
  std::string_view command;  // for complaints
  std::vector<std::string> paths;
  std::optional<ast::PolicyKind> kind;
  std::vector<std::string> catalogue_files;
  std::vector<std::string> enable;  // rules and groups
  std::vector<std::string> disable;
  bool names_only = false;
};

// What came of them, each under the .writ.toml that holds for it.
struct LintOutcome {
  // The policy files, and last the configuration files about which there are
  // findings.
  std::vector<PolicyFile> files;
  // Of each file: what its configuration says, if it does.
  std::vector<std::optional<Level>> fail_levels;
  // kOk, or the worst of what could not be read.
  ExitCode exit = ExitCode::kOk;
};

// Reads, checks and judges. What cannot be read is complained about on standard
// error; a configuration with a mistake ends the run.
LintOutcome LintFiles(const LintRequest& request, const GlobalFlags& global);

// kFindings when a file has a finding of its level or above (errors always
// count), else kOk.
//
// asked     from a flag; before what configuration says
// fallback  where neither says anything
ExitCode JudgeLevels(const LintOutcome& outcome, std::optional<Level> asked,
                     Level fallback);

// Says on standard error as what each policy was read whose kind had to be
// guessed.
void SayGuesses(const LintOutcome& outcome);

}  // namespace writ

#endif  // WRIT_CLI_LINT_FILES_H_
