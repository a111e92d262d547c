// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_MATCH_RESOURCE_H_
#define WRIT_AUTHZ_MATCH_RESOURCE_H_

#include <array>
#include <cstddef>
#include <string_view>

#include "authz/program/format.h"

namespace writ {

// A request's resource, read once.
struct RequestResource {
  // The request is for `*`: no ARN (R20). The segments are empty then.
  bool any = false;
  // Behind `acs:`; what the tries of the index read. Empty of `*`.
  std::string_view subject;
  // service, region, account, relative id
  std::array<std::string_view, 4> segments;
  // Bytes of the relative id that compare without ASCII case: `role/NAME` of a
  // RAM role, not the session name behind it; else 0 (R11).
  size_t fold_bytes = 0;

  std::string_view service() const { return segments[0]; }
  std::string_view account() const { return segments[2]; }
};

// Reads `text`; false when it is neither `*` nor `acs:` and five segments
// (R43). A `*` inside an ARN is an ordinary character (R20).
bool ReadResource(std::string_view text, RequestResource* resource) noexcept;

// Whether the pattern covers the resource: segment by segment, free in the
// relative id (R19); only the bare `*` covers a request for `*` (R20).
bool MatchResource(const ProgramView& view, const ResourcePattern& pattern,
                   const RequestResource& resource) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_MATCH_RESOURCE_H_
