// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace writ {

void CheckFailed(const char* file, int line, const char* text) {
  std::fprintf(stderr, "%s:%d: internal error: check failed: %s\n", file, line,
               text);
  std::abort();
}

}  // namespace writ
