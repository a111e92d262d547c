// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_LINT_LINT_FINDINGS_H_
#define WRIT_TESTS_UNIT_LINT_LINT_FINDINGS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalogue/catalogue.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/lint.h"
#include "lint/policy_file.h"

namespace writ::testing {

using LintGroup = void (*)(const LintSubject&, Diagnostics*);

// What groups of rules find in the first policy of a text.
class LintFindings {
 public:
  LintFindings(const std::string& text, const std::vector<LintGroup>& groups,
               LintOptions options = {},
               std::optional<ast::PolicyKind> kind = std::nullopt)
      : file_(ParsePolicyText(text.starts_with('{') ? "p.ram.json" : "p.writ",
                              text)),
        options_(std::move(options)) {
    CheckFile(kind, &file_);
    if (!file_.parsed || file_.content.policies.empty()) return;
    const LintSubject subject{file_, file_.content.policies[0], file_.kinds[0],
                              Catalogue::BuiltIn(), options_};
    for (const LintGroup group : groups) group(subject, &found_);
  }

  const std::vector<Diagnostic>& all() const { return found_.all(); }
  // The policy parsed and has no error.
  bool valid() const { return file_.parsed && !file_.diagnostics.has_errors(); }

  // "W-PER-001 W-ESC-006", in the order of the text.
  std::string Codes() const {
    std::string codes;
    for (const Diagnostic& finding : found_.all()) {
      if (!codes.empty()) codes += ' ';
      codes += InfoOf(finding.id).code;
    }
    return codes;
  }
  const Diagnostic* Find(DiagnosticId id) const {
    for (const Diagnostic& finding : found_.all()) {
      if (finding.id == id) return &finding;
    }
    return nullptr;
  }
  // The author's text at a finding.
  std::string TextAt(const Diagnostic& finding) const {
    return std::string(file_.source.TextOf(finding.span));
  }

 private:
  PolicyFile file_;
  LintOptions options_;
  Diagnostics found_;
};

// An identity policy of the language around statements.
inline std::string Identity(const std::string& statements) {
  return "writ 1;\npolicy p identity {\n" + statements + "\n}\n";
}

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_LINT_LINT_FINDINGS_H_
