// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_VERSION_H_
#define WRIT_CLI_VERSION_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace writ {

// The version of the Writ language: `writ 1;`.
inline constexpr uint32_t kLanguageVersion = 1;

// The version of this build, "0.1.0".
std::string_view BuildVersion();

// The commit that was built, when whoever built it said so
// (-DWRIT_COMMIT=...); else empty, so that equal sources give equal programs.
std::string_view BuildCommit();

// What `writ --version` prints, with its newline.
std::string VersionLine();

}  // namespace writ

#endif  // WRIT_CLI_VERSION_H_
