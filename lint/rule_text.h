// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_RULE_TEXT_H_
#define WRIT_LINT_RULE_TEXT_H_

#include <string>
#include <string_view>

#include "grammar/diagnostic.h"

// What the table of rules says, in words for people: for `writ lint --explain`
// and for the pages of docs/rules.
namespace writ {

// "a fix that keeps the meaning: `writ fix`", … as one phrase.
std::string_view FixPhrase(FixKind fix);
// What the rule looks at: "one policy", "the catalogue" …
std::string_view NeedsPhrase(RuleNeeds needs);
// "on", "off until configuration asks for it", "waits for …".
std::string StatePhrase(const RuleInfo& rule);

// The words of the table: "automatic", "catalogue", "on".
std::string_view FixName(FixKind fix);
std::string_view NeedsName(RuleNeeds needs);
std::string_view StateName(RuleState state);

// The whole row as text of at most 80 columns where it can be, a newline at
// the end.
std::string ExplainRule(const RuleInfo& rule);

}  // namespace writ

#endif  // WRIT_LINT_RULE_TEXT_H_
