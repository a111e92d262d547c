// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_GLOB_H_
#define WRIT_LINT_GLOB_H_

#include <string_view>

namespace writ {

// Whether a path matches: `*` stands for any characters of one segment, `**`
// for any characters, `?` for one that is no slash. Time is at most the product
// of the two lengths.
bool GlobMatches(std::string_view glob, std::string_view path);

}  // namespace writ

#endif  // WRIT_LINT_GLOB_H_
