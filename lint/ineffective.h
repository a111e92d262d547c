// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_INEFFECTIVE_H_
#define WRIT_LINT_INEFFECTIVE_H_

#include "lint/policy_file.h"

namespace writ {

// Gives the findings of CheckPolicy about empty conditions their fix; compiler/
// does not know how to edit a text.
void OfferEmptyConditionFixes(PolicyFile* file);

}  // namespace writ

#endif  // WRIT_LINT_INEFFECTIVE_H_
