// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_PASSES_H_
#define WRIT_COMPILER_PASSES_H_

#include <vector>

#include "compiler/ir.h"

// The passes over the intermediate form. (Those over the image are in index.h;
// Pass::kShareAtoms is how ir::Program interns.)
namespace writ {

// Drops what its list covers already: patterns that another one implies,
// operands that another one implies, equal literals. Never empties a list and
// never touches what R39 reads: the values of a key are read as before.
void Normalise(ir::Program* program);

// Sorts the literals of each condition by what they cost, cheap ones first.
// Conjunction does not mind (R39: a plain false wins wherever it stands).
void OrderConditions(ir::Program* program);

// Keeps the first of equal literals, in their order.
//
// Cost  what sorting takes
void DropRepeated(std::vector<ir::Literal>* condition);

}  // namespace writ

#endif  // WRIT_COMPILER_PASSES_H_
