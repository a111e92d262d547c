// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_NAMES_H_
#define WRIT_CONTROL_NAMES_H_

#include <string_view>

namespace writ {

// 1-64 letters, digits, '_', '-'; begins with a letter or '_' (fc-api 1.2).
bool IsFunctionName(std::string_view name);
// LATEST, a version number, or an alias: 1-128 of the same alphabet.
bool IsQualifier(std::string_view name);
// 1-64 letters, digits, '.', '_', '-'.
bool IsUserName(std::string_view name);
// 1-128 letters, digits, '-'.
bool IsPolicyName(std::string_view name);
// Begins with a letter, then letters, digits, '_'.
bool IsEnvironmentName(std::string_view name);

}  // namespace writ

#endif  // WRIT_CONTROL_NAMES_H_
