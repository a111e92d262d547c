// SPDX-License-Identifier: Apache-2.0
#include "authz/explain_text.h"

namespace writ {
namespace {

std::string Matching(std::string_view what, const Change& change) {
  std::string text(what);
  if (change.pattern == change.value) return text + " " + change.value;
  return text + " matching " + change.pattern + ", such as " + change.value;
}

}  // namespace

std::string ChangeText(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kSetKey:
      return "set " + change.name + " to " +
             (change.value.empty() ? "\"\"" : change.value);
    case Change::Kind::kRemoveKey:
      return "send no " + change.name;
    case Change::Kind::kRemoveStatement:
      return "leave out statement " +
             std::to_string(change.statement.statement + 1) + " of policy " +
             std::to_string(change.statement.policy + 1);
    case Change::Kind::kResource:
      return Matching("a resource", change);
    case Change::Kind::kAction:
      return Matching("an action", change);
    case Change::Kind::kPrincipal:
      return "the principal " + change.value +
             (change.id.empty() ? "" : " with the id " + change.id);
  }
  return "";
}

}  // namespace writ
