// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_LIKELY_ACTIONS_H_
#define WRIT_DIRECTORY_LIKELY_ACTIONS_H_

#include <span>
#include <string>
#include <vector>

#include "catalogue/catalogue.h"
#include "grammar/ast.h"

namespace writ {

// The catalogue's actions of every service that the policies speak of, in order
// of service and name: those of the whole catalogue when one speaks of all
// (`*`, `*:Get*`, NotAction). Requests are likely to ask for them, and they are
// what a program knows by name.
std::vector<std::string> LikelyActions(
    const Catalogue& catalogue, std::span<const ast::Policy* const> policies);

}  // namespace writ

#endif  // WRIT_DIRECTORY_LIKELY_ACTIONS_H_
