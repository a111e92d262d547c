// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_ACTION_FACTS_H_
#define WRIT_LINT_ACTION_FACTS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalogue/catalogue.h"

namespace writ {

// What the catalogue knows about the actions that one pattern matches.
struct ActionFacts {
  std::vector<const CatalogueAction*> actions;
  // Of these, what changes something: not to read, not to list.
  size_t changing = 0;
  // The first with each trait, or null.
  const CatalogueAction* reads_data = nullptr;
  const CatalogueAction* gives_credentials = nullptr;
  const CatalogueAction* exposes = nullptr;
  const CatalogueAction* changes_logging = nullptr;
  const CatalogueAction* sensitive = nullptr;
};

inline std::string NameOf(const CatalogueAction& action) {
  return action.service + ":" + action.name;
}
inline bool Changes(const CatalogueAction& action) {
  return action.access != AccessLevel::kRead &&
         action.access != AccessLevel::kList;
}

// Answers of the catalogue about the patterns of one policy, each asked once
// and at most kMaxLintPatterns with wildcards; nothing is known about the rest.
class ActionFactsCache {
 public:
  explicit ActionFactsCache(const Catalogue& catalogue)
      : catalogue_(catalogue) {}
  const ActionFacts& Of(const std::string& pattern);
  // The shapes of the resources that `action` is asked on, the usual one first:
  // at least one; `*` if it has none.
  std::vector<std::string> ShapesOf(const CatalogueAction& action) const;

 private:
  const Catalogue& catalogue_;
  std::unordered_map<std::string, ActionFacts> known_;
  size_t wildcards_ = 0;
};

// Up to three of the actions that change something, the gravest first.
std::vector<std::string> GravestActions(const ActionFacts& facts);

}  // namespace writ

#endif  // WRIT_LINT_ACTION_FACTS_H_
