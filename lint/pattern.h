// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_PATTERN_H_
#define WRIT_LINT_PATTERN_H_

#include <cstdint>
#include <string_view>

#include "grammar/ast.h"

// Relations between patterns, as sets of texts (R19, R41, R42). Exact for what
// they claim: `Covers` and `Intersects` answer true only when it is so; a
// pattern too long to tell within a bounded number of steps gives the cautious
// answer, which each function names.
namespace writ {

enum class PatternKind : uint8_t {
  kAction,    // ASCII case folded; `*` alone or service:Name
  kResource,  // `*` crosses no colon in the first four segments
  kText,      // a value of StringLike
};

// The pattern matches this text, which holds no wildcards.
bool PatternMatches(PatternKind kind, std::string_view pattern,
                    std::string_view text);

// Every text that `inner` matches, `outer` matches too. Cautious: false.
//
// spent  the number of characters that had to be tried is added, if given
bool PatternCovers(PatternKind kind, std::string_view outer,
                   std::string_view inner, uint64_t* spent = nullptr);

// Some text is matched by both. Cautious: true.
bool PatternsIntersect(PatternKind kind, std::string_view a,
                       std::string_view b);

// Holds `*` or `?`.
bool HasWildcard(std::string_view pattern);

// What an Action or Resource member grants: NotAction counts as everything but
// its items.
//
// Some text of `pattern` is meant by `list`. Cautious: true.
bool ListReaches(PatternKind kind, const ast::PatternList& list,
                 std::string_view pattern);
// Every text of `pattern` is meant by `list`. Cautious: false.
bool ListCovers(PatternKind kind, const ast::PatternList& list,
                std::string_view pattern);

}  // namespace writ

#endif  // WRIT_LINT_PATTERN_H_
