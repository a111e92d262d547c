// SPDX-License-Identifier: Apache-2.0
#include "directory/likely_actions.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "catalogue/action_names.h"
#include "directory/resolve.h"

namespace writ {
namespace {

std::string ServiceOf(std::string_view action) {
  return AsciiLower(action.substr(0, action.find(':')));
}

}  // namespace

std::vector<std::string> LikelyActions(
    const Catalogue& catalogue, std::span<const ast::Policy* const> policies) {
  std::set<std::string> services;
  bool all = false;
  for (const ast::Policy* const policy : policies) {
    for (const ast::Statement& statement : policy->statements) {
      if (!statement.action) continue;
      all = all || statement.action->negated;
      for (const ast::Value& pattern : statement.action->values.items) {
        std::string service = ServiceOf(pattern.text);
        all = all || service.find_first_of("*?") != std::string::npos;
        services.insert(std::move(service));
      }
    }
  }
  std::vector<std::string> names = ActionNames(catalogue);
  if (all) return names;
  std::erase_if(names, [&](const std::string& name) {
    return !services.contains(ServiceOf(name));
  });
  return names;
}

}  // namespace writ
