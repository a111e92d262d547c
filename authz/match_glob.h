// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_MATCH_GLOB_H_
#define WRIT_AUTHZ_MATCH_GLOB_H_

#include <cstddef>
#include <string_view>

namespace writ {

inline constexpr size_t kFoldNothing = 0;
inline constexpr size_t kFoldEverything = std::string_view::npos;

// Whether `pattern` matches all of `subject`: `*` is any run of bytes, `?` one
// code point or, where the subject is not UTF-8, one byte; everything else is
// itself. No escape (R23).
//
// fold_bytes  the first so many bytes of the subject compare without ASCII case
// Cost        at most subject times the longest part between two stars: linear
//             in the subject (R41); no allocation
// Source      ram.md 1.3, R23, R41, R42
bool MatchGlob(std::string_view pattern, std::string_view subject,
               size_t fold_bytes = kFoldNothing) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_MATCH_GLOB_H_
