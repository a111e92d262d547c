// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_GOLDEN_RULES_RULE_CASE_H_
#define WRIT_TESTS_GOLDEN_RULES_RULE_CASE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/lint.h"
#include "lint/policy_file.h"

namespace writ::testing {

// One file of tests/golden/rules/; golden_rules_test.cc says what it holds.
class RuleCase {
 public:
  struct File {
    std::string name;
    std::string text;
  };
  // The files of a part, and how they are judged.
  struct Part {
    std::vector<File> files;
    std::optional<ast::PolicyKind> kind;
    LintConfig config;
  };

  explicit RuleCase(std::string text);

  // Why the text is no case; else empty.
  const std::string& complaint() const { return complaint_; }
  const Part& fires() const { return fires_; }
  const Part& near() const { return near_; }
  const std::string& finds() const { return finds_; }
  const std::optional<std::string>& fixed() const { return fixed_; }

  // The files of a part, read, checked and judged by all rules and by `rule`,
  // whether it is on or off. They stand in an empty folder, so that they can
  // import one another.
  std::vector<PolicyFile> Run(const RuleInfo& rule, const Part& part) const;
  // The first file of `fires` after the fixes of `rule`; nothing when it
  // offers none.
  std::optional<std::string> Fixed(const RuleInfo& rule) const;

  // The text with other findings and another fixed text.
  std::string With(const std::string& finds,
                   const std::optional<std::string>& fixed) const;

 private:
  struct Section {
    std::string name;
    std::string text;
  };
  void ReadPart(std::string_view text, Part* part);
  void ReadOption(std::string_view option, Part* part);

  std::string head_;
  std::vector<Section> sections_;
  std::string complaint_;
  Part fires_;
  Part near_;
  std::string finds_;
  std::optional<std::string> fixed_;
};

// The cases of a rule, <code>.case first.
std::vector<std::string> CasesOf(const RuleInfo& rule);

// The findings of one rule, a line each:
// `name.writ:3:9: warning[W-PER-003]: message`.
std::string FindingsOf(const RuleInfo& rule,
                       const std::vector<PolicyFile>& files);

}  // namespace writ::testing

#endif  // WRIT_TESTS_GOLDEN_RULES_RULE_CASE_H_
