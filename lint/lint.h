// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_LINT_H_
#define WRIT_LINT_LINT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "catalogue/catalogue.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/policy_file.h"

namespace writ {

class EscalationTable;

// Choices that a rule may depend on; .writ.toml sets them (docs/lint.md).
struct LintOptions {
  int64_t now_seconds = 0;       // since the epoch: W-INE-008, suppressions
  uint32_t account_digits = 16;  // W-TYP-010
  uint32_t shortest_ipv4_prefix = 8;  // W-PER-013: shorter is wide
  uint32_t shortest_ipv6_prefix = 32;
  uint32_t max_line_columns = 120;  // W-STY-005
  uint32_t max_file_lines = 1000;
  std::string naming = "snake_case";           // W-STY-004: or kebab-case, any
  std::vector<std::string> sensitive_actions;  // W-PER-012, beside the traits
  std::vector<std::string> trusted_accounts;   // accounts that are one's own
  // W-ESC; null for the built-in table.
  const EscalationTable* escalations = nullptr;
};

// What a group of rules is given about one policy.
struct LintSubject {
  const PolicyFile& file;
  const ast::Policy& policy;
  ast::PolicyKind kind;
  const Catalogue& catalogue;
  const LintOptions& options;
};

// The groups: each judges one policy that has no errors and adds what it finds,
// whatever configuration says; the driver sorts out what is switched off. One
// function per group of rules.def, in a file of its own.
void LintNames(const LintSubject& subject, Diagnostics* found);        // W-TYP
void LintIneffective(const LintSubject& subject, Diagnostics* found);  // W-INE
void LintRedundant(const LintSubject& subject, Diagnostics* found);    // W-RED
void LintPermissive(const LintSubject& subject, Diagnostics* found);   // W-PER
void LintEscalation(const LintSubject& subject, Diagnostics* found);   // W-ESC
void LintTrust(const LintSubject& subject, Diagnostics* found);        // W-TRU
// Rules about a file as a text: unused definitions, style, comments. Files with
// errors of validity are judged too, when they parsed.
void LintStyle(const PolicyFile& file, const Catalogue& catalogue,
               const LintOptions& options, Diagnostics* found);
// Rules about several policies at once.
//
// found  one for each file: the findings about it
void LintSet(std::span<const PolicyFile> files, const Catalogue& catalogue,
             std::span<Diagnostics> found);

// How a run is configured: flags over .writ.toml over the table.
struct LintConfig {
  LintOptions options;
  // By code; kOff rules are not in the report.
  struct Setting {
    bool on = true;
    Level level = Level::kWarning;
  };
  std::map<std::string, Setting, std::less<>> rules;
  std::optional<Level> fail_level;
  // What `writ check` asks for: of the rules of lint only names and types, and
  // no word about suppressions of rules that do not run.
  bool names_only = false;
  // [[ignore]] of .writ.toml.
  struct Ignore {
    std::string file;     // as the path is given, or a glob
    std::string pointer;  // JSON pointer or its beginning; empty: anywhere
    std::string rule;     // code or slug
    std::string reason;
    int64_t until_seconds = 0;  // 0: no end
    Span span;                  // in the configuration file
  };
  std::vector<Ignore> ignores;
  // Files with services of one's own, as paths from the working directory.
  std::vector<std::string> catalogue_files;
  // Files with rows for W-ESC, named likewise, and the table with them, which
  // options.escalations then points to (ReadLintConfig).
  std::vector<std::string> escalation_files;
  std::shared_ptr<const EscalationTable> own_escalations;
  // The configuration file, if there is one: the folder that Ignore::file
  // counts from, and the text that the spans point into.
  std::string folder;
  std::optional<SourceText> source;

  // The rule's row, unless `rules` says otherwise. Rules that wait for
  // something and retired ones are off whatever is asked.
  Setting Of(const RuleInfo& rule) const;
};

// Judges files that were read and checked (CheckFile): every rule that is on
// and has what it needs; then levels and suppressions (`// writ:ignore`,
// ignores) are applied. A suppression without reason, past its date, or of
// nothing is itself a finding. Imported policies are left to their own files.
//
// about_config  findings about the ignores, spans into config.source
void Lint(std::span<PolicyFile> files, const Catalogue& catalogue,
          const LintConfig& config, Diagnostics* about_config);

}  // namespace writ

#endif  // WRIT_LINT_LINT_H_
