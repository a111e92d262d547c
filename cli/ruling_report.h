// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_RULING_REPORT_H_
#define WRIT_CLI_RULING_REPORT_H_

#include <span>
#include <string>

#include "lint/policy_file.h"

namespace writ {

enum class RulingFormat { kPretty, kCompact, kJson };

// What the statements of the files' own policies rest on, one line for each
// statement or test and ruling; in kJson one object on one line. Files with
// errors are left out: no statement of theirs has an effect.
std::string RulingReport(std::span<const PolicyFile> files,
                         RulingFormat format);

}  // namespace writ

#endif  // WRIT_CLI_RULING_REPORT_H_
