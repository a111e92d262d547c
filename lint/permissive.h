// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_PERMISSIVE_H_
#define WRIT_LINT_PERMISSIVE_H_

#include "compiler/check_scope.h"
#include "grammar/ast.h"
#include "lint/lint.h"

namespace writ {

// W-PER-013: blocks of addresses that are no limit, in the conditions of an
// Allow.
//
// scope  the place of the statement
void JudgeAddresses(const LintSubject& subject, const ast::Statement& statement,
                    const CheckScope& scope);

}  // namespace writ

#endif  // WRIT_LINT_PERMISSIVE_H_
