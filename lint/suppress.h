// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_SUPPRESS_H_
#define WRIT_LINT_SUPPRESS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "grammar/diagnostic.h"
#include "lint/lint.h"
#include "lint/policy_file.h"

namespace writ {

// What authors chose not to hear, and whether they still may. Comments of
// .writ files:
//
//   // writ:ignore W-PER-002, unformatted reason: migration, until 2026-12-31
//
// on a line of its own hold for the statement, policy, definition or test that
// comes next (before `writ 1;`: the whole file); behind text, for the findings
// that begin on the line. [[ignore]] of the configuration holds for files and
// JSON pointers. Errors are never suppressed.
class Suppressions {
 public:
  // Both are borrowed; findings about [[ignore]] go to `about_config`.
  Suppressions(const LintConfig& config, Diagnostics* about_config);

  // What follows is about `file`, until Leave. The file is borrowed.
  void Enter(const PolicyFile& file);
  // Whether a suppression covers this finding; notes that it was of use.
  bool Cover(const Diagnostic& finding);
  // Adds what is wrong with the suppressions of this file.
  void Leave(Diagnostics* found);
  // Adds what is wrong with those of the configuration, once no more file
  // comes.
  void Finish();

 private:
  struct Rule {
    const RuleInfo* info;
    bool used = false;
  };
  // One comment, or one entry of the configuration.
  struct Suppression {
    std::vector<Rule> rules;
    std::vector<std::string> unknown;  // names that are no rules
    bool complete = true;              // has rules and a reason
    bool bad_date = false;
    int64_t until_seconds = 0;
    std::string pointer;  // configuration: this place and what is below
    Span covers;          // comments: where findings begin
    Span span;            // of the suppression itself
    bool everywhere = false;
    bool met = false;  // configuration: its file was judged
  };

  bool Expired(const Suppression& one) const;
  bool CoveredBy(Suppression* one, const Diagnostic& finding) const;
  void Judge(const Suppression& one, bool with_fix, Diagnostics* found) const;
  Suppression ReadComment(const WritComment& comment) const;
  bool AppliesTo(const LintConfig::Ignore& ignore) const;

  const LintConfig& config_;
  Diagnostics* about_config_;
  const PolicyFile* file_ = nullptr;
  std::vector<Suppression> comments_;  // of file_
  std::vector<Suppression> ignores_;   // of the configuration
  std::vector<bool> ignore_is_here_;   // applies to file_
};

}  // namespace writ

#endif  // WRIT_LINT_SUPPRESS_H_
