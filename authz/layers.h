// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_LAYERS_H_
#define WRIT_AUTHZ_LAYERS_H_

#include "authz/decision.h"
#include "authz/unit.h"

namespace writ {

// What the layers say about one resource. The determining statements are in
// UnitQuestion::statements: added to for an ALLOW, replaced for an
// EXPLICIT_DENY, unspecified for an IMPLICIT_DENY.
struct LayerAnswer {
  Verdict verdict = Verdict::kImplicitDeny;
  Layer layer = Layer::kDefault;
  Reason reason = Reason::kNoMatch;
};

// Steps 2 to 8 of ram.md part 11 for the one resource of `question`. The answer
// means nothing when the question's budget is exhausted.
//
// Where several layers could name an answer: an explicit deny is the first
// deny's in the order identity, resource-group, resource or trust; an implicit
// deny after all layers is `default`'s, of AssumeRole the trust policy's unless
// that allows.
LayerAnswer DecideLayers(const UnitQuestion& question,
                         bool in_management_account) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_LAYERS_H_
