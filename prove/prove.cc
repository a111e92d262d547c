// SPDX-License-Identifier: Apache-2.0
#include "prove/prove.h"

namespace writ {

Result<Certificate> ProveProgram(std::span<const ProofInput>,
                                 const ProgramView&) {
  return Unimplemented("no proof yet");
}

}  // namespace writ
