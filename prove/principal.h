// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_PRINCIPAL_H_
#define WRIT_PROVE_PRINCIPAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "authz/program/format.h"
#include "grammar/ast.h"

namespace writ::prove {

// The callers that one entry of a Principal element names
// (docs/spec/semantics.md part 3).
struct Caller {
  PrincipalPatternKind kind = PrincipalPatternKind::kNobody;
  // As principal_kinds.def says; names of roles in lower case.
  std::string first;
  std::string second;
  std::string third;

  static Caller Everyone();
  bool operator==(const Caller&) const = default;
  // Whether this entry matches every caller that `other` matches.
  bool Covers(const Caller& other) const;
  std::string ToString() const;
};

// The entries of an element of the tree.
std::vector<Caller> CallersOf(const ast::Principal& principal);

// An entry of the image.
Caller CallerOf(const ProgramView& view, const PrincipalPattern& pattern);

}  // namespace writ::prove

#endif  // WRIT_PROVE_PRINCIPAL_H_
