// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_STYLE_H_
#define WRIT_LINT_STYLE_H_

#include <string_view>

#include "base/source.h"
#include "catalogue/catalogue.h"
#include "grammar/diagnostic.h"
#include "lint/policy_file.h"

namespace writ {

// Style of lists, values and names in the statements of a file (W-STY-002, 006,
// 007, 012); LintStyle calls it.
void LintValues(const PolicyFile& file, const Catalogue& catalogue,
                Diagnostics* found);

// What to take out so that no empty line stays where `span` was alone on its
// line.
Span WithItsLine(std::string_view text, Span span);

}  // namespace writ

#endif  // WRIT_LINT_STYLE_H_
