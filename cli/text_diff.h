// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_TEXT_DIFF_H_
#define WRIT_CLI_TEXT_DIFF_H_

#include <string>
#include <string_view>

namespace writ {

// The lines that differ, as `diff -u` shows them: several hunks with three
// lines of context, fit for `patch`. Empty when the texts are the same. As few
// changed lines as there can be, unless more than about a thousand differ: then
// one hunk holds everything between the first and the last of them.
//
// path    printed in the two lines at the top
// before  lines end in '\n'; a last line without it is said so
// Cost    O(lines + differing lines squared), bounded
std::string UnifiedDiff(std::string_view path, std::string_view before,
                        std::string_view after);

}  // namespace writ

#endif  // WRIT_CLI_TEXT_DIFF_H_
