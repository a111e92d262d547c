// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CATALOGUE_ACTION_NAMES_H_
#define WRIT_CATALOGUE_ACTION_NAMES_H_

#include <string>
#include <vector>

#include "catalogue/catalogue.h"

namespace writ {

// Every action of the catalogue as "oss:GetObject", in order of service and
// name: what requests are likely to ask for (CompileOptions::known_actions).
//
// Cost  reads all services that were not read before
std::vector<std::string> ActionNames(const Catalogue& catalogue);

}  // namespace writ

#endif  // WRIT_CATALOGUE_ACTION_NAMES_H_
