// SPDX-License-Identifier: Apache-2.0
#include "catalogue/action_names.h"

namespace writ {

std::vector<std::string> ActionNames(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const CatalogueAction* action : catalogue.Matching("*")) {
    names.push_back(action->service + ":" + action->name);
  }
  return names;
}

}  // namespace writ
