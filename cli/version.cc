// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"

namespace writ {

std::string_view BuildVersion() { return WRIT_VERSION; }

std::string VersionLine() { return "writ " WRIT_VERSION " (language 1)\n"; }

}  // namespace writ
