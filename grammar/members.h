// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_MEMBERS_H_
#define WRIT_GRAMMAR_MEMBERS_H_

#include <string>
#include <string_view>

#include "base/source.h"
#include "grammar/diagnostic.h"

// What both front ends say about members that the grammar of RAM does not have.
namespace writ {

enum class MemberPlace { kPolicy, kStatement };

// Reports the member `name` as foreign: in the wrong case, known elsewhere and
// refused by RAM (NotPrincipal), or unknown with the nearest known name.
void ReportForeignMember(MemberPlace place, std::string_view name, Span span,
                         std::string pointer, Diagnostics* diagnostics);

// The same finding, not yet reported, and the known name that was meant, or
// empty.
struct ForeignMemberFinding {
  Diagnostic finding;
  std::string_view meant;
};
ForeignMemberFinding FindForeignMember(MemberPlace place, std::string_view name,
                                       Span span, std::string pointer);

// The candidate nearest to `word` by edit distance (ASCII case ignored), when
// near enough to be what was meant; empty otherwise.
template <typename Candidates>
std::string_view NearestName(std::string_view word,
                             const Candidates& candidates);

// The edit distance of two words, ASCII case ignored; counts only the first
// sixty-four bytes.
size_t EditDistance(std::string_view a, std::string_view b);

template <typename Candidates>
std::string_view NearestName(std::string_view word,
                             const Candidates& candidates) {
  std::string_view best;
  size_t best_distance = word.size() / 3 + 2;
  for (std::string_view candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace writ

#endif  // WRIT_GRAMMAR_MEMBERS_H_
