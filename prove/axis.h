// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_AXIS_H_
#define WRIT_PROVE_AXIS_H_

#include "base/status.h"
#include "prove/condition.h"
#include "prove/proof.h"

namespace writ::prove {

// Shows that the ranges of each atom hold exactly the ranks of the values that
// its operands allow.
Status ProveRanges(Proof* proof, ConditionProof* conditions);

}  // namespace writ::prove

#endif  // WRIT_PROVE_AXIS_H_
