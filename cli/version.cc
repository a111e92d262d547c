// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"

namespace writ {

std::string_view BuildVersion() { return WRIT_VERSION; }

std::string_view BuildCommit() { return WRIT_COMMIT; }

std::string VersionLine() {
  return "writ " + std::string(BuildVersion()) + " (language " +
         std::to_string(kLanguageVersion) + ")\n";
}

}  // namespace writ
