// SPDX-License-Identifier: Apache-2.0
//
// A pattern is literal parts between stars. Taking each part at its leftmost
// place is always right: it leaves the most subject for the parts that follow.
// So a failure only ever moves the part behind the last star, one character on,
// and never an earlier one:
//
//   `a*bc*d` on `aXbcYd`   `bc` is tried at X, found at b; `d` at Y, found
//   `*a*b` on `aaaa`       `a` found at once; `b` walks to the end; no match
#include "authz/match_glob.h"

#include "authz/program/utf8.h"
#include "authz/text.h"

namespace writ {

bool MatchGlob(std::string_view pattern, std::string_view subject,
               size_t fold_bytes) noexcept {
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0;
  size_t s = 0;
  size_t part = kNone;      // where the part behind the last star begins
  size_t part_subject = 0;  // where in the subject it is being tried
  while (s < subject.size() || p < pattern.size()) {
    if (p < pattern.size()) {
      if (pattern[p] == '*') {
        part = ++p;
        part_subject = s;
        // Nothing behind the star: it takes the rest.
        if (p == pattern.size()) return true;
        continue;
      }
      if (s < subject.size()) {
        if (pattern[p] == '?') {
          s += CharacterBytes(subject, s);
          ++p;
          continue;
        }
        if (pattern[p] == subject[s] ||
            (s < fold_bytes &&
             FoldAscii(pattern[p]) == FoldAscii(subject[s]))) {
          ++s;
          ++p;
          continue;
        }
      }
    }
    if (part == kNone || part_subject >= subject.size()) return false;
    part_subject += CharacterBytes(subject, part_subject);
    // The next place where the part can begin. Its first byte begins a
    // character, so no character is cut.
    if (part_subject >= fold_bytes && pattern[part] != '?') {
      part_subject = subject.find(pattern[part], part_subject);
      if (part_subject == kNone) return false;
    }
    s = part_subject;
    p = part;
  }
  return true;
}

}  // namespace writ
