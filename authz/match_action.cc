// SPDX-License-Identifier: Apache-2.0
#include "authz/match_action.h"

#include <bit>

#include "authz/match_glob.h"
#include "authz/text.h"

namespace writ {

bool ReadAction(std::string_view text, RequestAction* action) noexcept {
  size_t colon = std::string_view::npos;
  if (text.size() <= 64) {
    const uint64_t places = PlacesOf(text, ':');
    if (places == 0 || (places & (places - 1)) != 0) return false;
    colon = static_cast<size_t>(std::countr_zero(places));
  } else {
    colon = text.find(':');
    if (colon == std::string_view::npos ||
        text.find(':', colon + 1) != std::string_view::npos) {
      return false;
    }
  }
  if (colon == 0 || colon + 1 == text.size()) return false;
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
