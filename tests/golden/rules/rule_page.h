// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_GOLDEN_RULES_RULE_PAGE_H_
#define WRIT_TESTS_GOLDEN_RULES_RULE_PAGE_H_

#include <string>

#include "grammar/diagnostic.h"
#include "tests/golden/rules/rule_case.h"

namespace writ::testing {

// docs/rules/<code>.md.
//
// example  a case of the rule, or null
std::string RulePage(const RuleInfo& rule, const RuleCase* example);

// docs/rules/README.md.
std::string RuleIndex();

}  // namespace writ::testing

#endif  // WRIT_TESTS_GOLDEN_RULES_RULE_PAGE_H_
