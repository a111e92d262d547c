// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_INDEXED_UNIT_H_
#define WRIT_AUTHZ_INDEXED_UNIT_H_

#include <cstdint>

#include "authz/bound_request.h"
#include "authz/unit.h"

namespace writ {

// AddToUnit for a program with an index: only statements whose resource
// patterns and action sets concern the request are looked at, Deny statements
// before Allow statements where the index keeps them apart.
//
// first    what StatementRef::policy says for the unit's first policy
// request  bound to the attachment's program
// Cost     the walk of the resource; for each end that it comes to a look at
// its
//          cells; for each cell that holds the action its statements. Bounded
//          by UnitRecord::max_steps for texts shorter than
//          StepBudget::kLongTextBytes and one value for every key
void AddIndexed(const UnitQuestion& question, const Attachment& attachment,
                uint32_t first, bool keep_allows, BoundRequest* request,
                UnitOutcome* outcome) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_INDEXED_UNIT_H_
