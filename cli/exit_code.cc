// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/command.h"

namespace writ {
namespace {

// Says that the outcome is no judgement about the input.
bool IsTrouble(ExitCode code) {
  return code == ExitCode::kInternal || code == ExitCode::kUsage ||
         code == ExitCode::kUnreachable;
}

}  // namespace

ExitCode Worst(ExitCode a, ExitCode b) {
  if (IsTrouble(a) != IsTrouble(b)) return IsTrouble(a) ? a : b;
  return IsTrouble(a) ? std::min(a, b) : std::max(a, b);
}

}  // namespace writ
