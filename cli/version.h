// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_VERSION_H_
#define WRIT_CLI_VERSION_H_

#include <string>
#include <string_view>

namespace writ {

// The version of this build, "0.1.0".
std::string_view BuildVersion();

// What `writ --version` prints, with its newline.
std::string VersionLine();

}  // namespace writ

#endif  // WRIT_CLI_VERSION_H_
