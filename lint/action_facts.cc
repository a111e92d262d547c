// SPDX-License-Identifier: Apache-2.0
#include "lint/action_facts.h"

#include <algorithm>

#include "base/limits.h"
#include "lint/pattern.h"

namespace writ {
namespace {

void NoteFirst(const CatalogueAction& action, ActionTrait trait,
               const CatalogueAction** first) {
  if (*first == nullptr && action.has(trait)) *first = &action;
}

// How bad it is to have an action by accident.
int GravityOf(const CatalogueAction& action) {
  if (action.has(ActionTrait::kGivesCredentials)) return 4;
  if (action.has(ActionTrait::kExposesResource)) return 3;
  if (action.has(ActionTrait::kChangesLogging)) return 3;
  if (action.access == AccessLevel::kPermissions) return 2;
  if (action.has(ActionTrait::kSensitive)) return 2;
  return action.access == AccessLevel::kWrite ? 1 : 0;
}

}  // namespace

const ActionFacts& ActionFactsCache::Of(const std::string& pattern) {
  const auto [place, fresh] = known_.emplace(pattern, ActionFacts());
  ActionFacts& facts = place->second;
  if (!fresh) return facts;
  if (!HasWildcard(pattern)) {
    if (const CatalogueAction* action = catalogue_.FindAction(pattern)) {
      facts.actions.push_back(action);
    }
  } else if (++wildcards_ <= kMaxLintPatterns) {
    facts.actions = catalogue_.Matching(pattern);
  }
  for (const CatalogueAction* action : facts.actions) {
    if (Changes(*action)) ++facts.changing;
    NoteFirst(*action, ActionTrait::kReadsData, &facts.reads_data);
    NoteFirst(*action, ActionTrait::kGivesCredentials,
              &facts.gives_credentials);
    NoteFirst(*action, ActionTrait::kExposesResource, &facts.exposes);
    NoteFirst(*action, ActionTrait::kChangesLogging, &facts.changes_logging);
    NoteFirst(*action, ActionTrait::kSensitive, &facts.sensitive);
  }
  return facts;
}

std::vector<std::string> ActionFactsCache::ShapesOf(
    const CatalogueAction& action) const {
  if (!action.resources_unknown && action.resources.empty()) return {"*"};
  std::vector<std::string> shapes;
  const CatalogueService* service = catalogue_.FindService(action.service);
  for (const std::string& name : action.resources) {
    if (service == nullptr) break;
    for (const CatalogueResource& resource : service->resources) {
      if (resource.name == name) shapes.push_back(resource.shape);
    }
  }
  if (shapes.empty()) shapes.push_back("acs:" + action.service + ":*:*:*");
  return shapes;
}

std::vector<std::string> GravestActions(const ActionFacts& facts) {
  std::vector<const CatalogueAction*> changing;
  for (const CatalogueAction* action : facts.actions) {
    if (Changes(*action)) changing.push_back(action);
  }
  std::stable_sort(changing.begin(), changing.end(),
                   [](const CatalogueAction* a, const CatalogueAction* b) {
                     return GravityOf(*a) > GravityOf(*b);
                   });
  std::vector<std::string> names;
  for (size_t i = 0; i < changing.size() && i < 3; ++i) {
    names.push_back(NameOf(*changing[i]));
  }
  return names;
}

}  // namespace writ
