// SPDX-License-Identifier: Apache-2.0
//
// The inner pattern is read as if it were a text with two more characters: its
// own `*`, which only a star of the outer one takes, and its own `?`, which a
// `?` or a star takes. Where that matches, each text of the inner pattern lies
// under the outer one in the same way, with or without case (R11):
//
//   `a*` over `a?c*`     yes: the star takes `?c*`
//   `?*` over `*a`       no, although it is so: that `*a` has a character at
//                        all cannot be seen by laying one over the other
#include "compiler/pattern_cover.h"

#include <cstddef>

#include "authz/program/utf8.h"

namespace writ {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Removes the front of `text` up to its first colon, and the colon; all of it
// if there is none.
std::string_view TakePart(std::string_view* text) {
  const size_t colon = text->find(':');
  const std::string_view part = text->substr(0, colon);
  text->remove_prefix(colon == kNone ? text->size() : colon + 1);
  return part;
}

}  // namespace

bool CoversText(std::string_view outer, std::string_view inner,
                CoverBudget* budget) {
  size_t o = 0;
  size_t i = 0;
  size_t part = kNone;    // of outer: behind its last star
  size_t part_inner = 0;  // where that part is being tried
  while (i < inner.size() || o < outer.size()) {
    if (!budget->Step()) return false;
    if (o < outer.size()) {
      if (outer[o] == '*') {
        part = ++o;
        part_inner = i;
        if (o == outer.size()) return true;
        continue;
      }
      if (i < inner.size()) {
        if (outer[o] == '?' && inner[i] != '*') {
          i += CharacterBytes(inner, i);
          ++o;
          continue;
        }
        if (outer[o] == inner[i]) {
          ++i;
          ++o;
          continue;
        }
      }
    }
    if (part == kNone || part_inner >= inner.size()) return false;
    part_inner += CharacterBytes(inner, part_inner);
    i = part_inner;
    o = part;
  }
  return true;
}

bool CoversAction(std::string_view outer, std::string_view inner,
                  CoverBudget* budget) {
  if (outer == "*") return true;
  if (inner == "*") return false;
  for (int part = 0; part < 2; ++part) {
    if (!CoversText(TakePart(&outer), TakePart(&inner), budget)) return false;
  }
  return true;
}

bool CoversResource(std::string_view outer, std::string_view inner,
                    CoverBudget* budget) {
  if (outer == "*") return true;
  if (inner == "*") return false;
  constexpr int kParts = 4;  // before the relative id, which may hold colons
  for (int part = 0; part < kParts; ++part) {
    if (!CoversText(TakePart(&outer), TakePart(&inner), budget)) return false;
  }
  return CoversText(outer, inner, budget);
}

}  // namespace writ
