// SPDX-License-Identifier: Apache-2.0
#include "lint/lint.h"

namespace writ {

void LintStyle(const PolicyFile& file, const LintOptions& options,
               Diagnostics* found) {
  if (!file.parsed || found->full() || options.max_line_columns == 0) return;
}

}  // namespace writ
