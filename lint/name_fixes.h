// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_NAME_FIXES_H_
#define WRIT_LINT_NAME_FIXES_H_

#include "lint/policy_file.h"

namespace writ {

// Gives the findings of CheckPolicy about names, types and values the fixes
// that go with them: what is judged below compiler/ knows neither how to edit a
// text nor the catalogue. Findings that have a fix keep it.
void OfferNameFixes(PolicyFile* file);

}  // namespace writ

#endif  // WRIT_LINT_NAME_FIXES_H_
