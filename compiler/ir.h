// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_IR_H_
#define WRIT_COMPILER_IR_H_

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "authz/program/format.h"
#include "authz/program/opcode.h"

// What lies between the tree and the image: statements as lists of patterns
// and a conjunction of atoms, each atom held once for all policies. Values; no
// behaviour but the interning of atoms.
namespace writ::ir {

// One positive test of one condition key.
struct Atom {
  std::string key;  // folded as R10 says
  Opcode op = Opcode::kStrEq;
  // Sorted, each once: the characters of a text, or the bytes of the image's
  // constant record.
  std::vector<std::string> operands;
  auto operator<=>(const Atom&) const = default;
};

// An atom, or its negation.
struct Literal {
  uint32_t atom = 0;
  bool negated = false;
  bool operator==(const Literal&) const = default;
};

struct PrincipalName {
  PrincipalPatternKind kind = PrincipalPatternKind::kNobody;
  std::array<std::string, 3> texts;
  auto operator<=>(const PrincipalName&) const = default;
};

// Action or Resource: patterns, or everything but them.
struct PatternSet {
  bool negated = false;
  std::vector<std::string> patterns;  // sorted, each once
};

struct Statement {
  bool deny = false;
  PatternSet actions;
  PatternSet resources;                   // no pattern: every resource
  std::vector<PrincipalName> principals;  // sorted; none: every principal
  std::vector<Literal> condition;         // all must hold, in source order
  std::string label;
};

struct Policy {
  ProgramPolicyKind kind = ProgramPolicyKind::kIdentity;
  std::string label;
  std::vector<Statement> statements;
};

// A whole program. Atoms are numbered in the order of their first use.
class Program {
 public:
  // share  hold equal atoms once (Pass::kShareAtoms); else each as often as it
  //        is written
  explicit Program(bool share = true) : share_(share) {}

  bool share() const { return share_; }
  // The number of `atom`.
  uint32_t Intern(Atom atom);
  const std::vector<Atom>& atoms() const { return atoms_; }
  // Puts atoms[i] in the place of atom i and numbers anew: atoms that have
  // become equal are held once (if `share`), those that no literal names not at
  // all.
  //
  // atoms  as many as there are
  void ReplaceAtoms(std::vector<Atom> atoms);

  std::vector<Policy> policies;

 private:
  const bool share_;
  std::vector<Atom> atoms_;
  std::map<Atom, uint32_t> numbers_;
};

}  // namespace writ::ir

#endif  // WRIT_COMPILER_IR_H_
