// SPDX-License-Identifier: Apache-2.0
#include "authz/match_resource.h"

#include <algorithm>
#include <bit>

#include "authz/match_glob.h"
#include "authz/text.h"

namespace writ {
namespace {

constexpr std::string_view kPrefix = "acs:";
constexpr std::string_view kRolePrefix = "role/";
// What PlacesOf looks at.
constexpr size_t kNearBytes = 64;

}  // namespace

bool ReadResource(std::string_view text, RequestResource* resource) noexcept {
  if (text == "*") {
    *resource = RequestResource();
    resource->any = true;
    return true;
  }
  if (!text.starts_with(kPrefix)) return false;
  resource->any = false;
  resource->fold_bytes = 0;
  const std::string_view subject = text.substr(kPrefix.size());
  resource->subject = subject;
  // The colons of ordinary ARNs lie among the first bytes.
  uint64_t near = PlacesOf(subject, ':');
  size_t at = 0;
  for (size_t i = 0; i < 3; ++i) {
    const size_t colon = near != 0
                             ? static_cast<size_t>(std::countr_zero(near))
                             : FindNear(subject, ':', std::max(at, kNearBytes));
    if (colon == std::string_view::npos) return false;
    near &= near - 1;
    resource->segments[i] = {subject.data() + at, colon - at};
    at = colon + 1;
  }
  const std::string_view rest(subject.data() + at, subject.size() - at);
  resource->segments[3] = rest;
  if (resource->service() == "ram" && rest.starts_with(kRolePrefix)) {
    const size_t slash = rest.find('/', kRolePrefix.size());
    resource->fold_bytes =
        slash == std::string_view::npos ? rest.size() : slash;
  }
  return true;
}

bool MatchResource(const ProgramView& view, const ResourcePattern& pattern,
                   const RequestResource& resource) noexcept {
  const auto& colons = pattern.colons;
  if (colons[0] == 0) return true;
  if (resource.any) return false;
  const std::string_view text = view.Text(pattern.text);
  for (size_t i = 0; i < 4; ++i) {
    const size_t begin = size_t{colons[i]} + 1;
    const size_t end = i < 3 ? colons[i + 1] : text.size();
    if (!MatchGlob(text.substr(begin, end - begin), resource.segments[i],
                   i == 3 ? resource.fold_bytes : kFoldNothing)) {
      return false;
    }
  }
  return true;
}

}  // namespace writ
