// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.h"

namespace writ {

void Normalise(ir::Program*) {}

void OrderConditions(ir::Program*) {}

}  // namespace writ
