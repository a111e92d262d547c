// SPDX-License-Identifier: Apache-2.0
#include "authz/match_action.h"

#include "authz/match_glob.h"
#include "authz/text.h"

namespace writ {

bool ReadAction(std::string_view text, RequestAction* action) noexcept {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      colon + 1 == text.size() ||
      text.find(':', colon + 1) != std::string_view::npos) {
    return false;
  }
  action->text = text;
  action->service = text.substr(0, colon);
  action->name = text.substr(colon + 1);
  action->assume_role = EqualFolded(text, "sts:AssumeRole");
  return true;
}

bool MatchAction(const ProgramView& view, const ActionPattern& pattern,
                 const RequestAction& action) noexcept {
  if (pattern.colon == 0) return true;
  const std::string_view text = view.Text(pattern.text);
  return MatchGlob(text.substr(0, pattern.colon), action.service,
                   kFoldEverything) &&
         MatchGlob(text.substr(pattern.colon + 1), action.name,
                   kFoldEverything);
}

}  // namespace writ
