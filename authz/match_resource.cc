// SPDX-License-Identifier: Apache-2.0
#include "authz/match_resource.h"

#include <cstring>

#include "authz/match_glob.h"

namespace writ {
namespace {

constexpr std::string_view kPrefix = "acs:";
constexpr std::string_view kRolePrefix = "role/";

}  // namespace

bool ReadResource(std::string_view text, RequestResource* resource) noexcept {
  *resource = RequestResource();
  if (text == "*") {
    resource->any = true;
    return true;
  }
  if (!text.starts_with(kPrefix)) return false;
  std::string_view rest = text.substr(kPrefix.size());
  resource->subject = rest;
  const char* at = rest.data();
  const char* const end = at + rest.size();
  for (size_t i = 0; i < 3; ++i) {
    const void* const found =
        std::memchr(at, ':', static_cast<size_t>(end - at));
    if (found == nullptr) return false;
    const char* const colon = static_cast<const char*>(found);
    resource->segments[i] = {at, static_cast<size_t>(colon - at)};
    at = colon + 1;
  }
  rest = {at, static_cast<size_t>(end - at)};
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
