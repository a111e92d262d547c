// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir.h"

#include <utility>

namespace writ::ir {

uint32_t Program::Intern(Atom atom) {
  const auto number = static_cast<uint32_t>(atoms_.size());
  if (!share_) {
    atoms_.push_back(std::move(atom));
    return number;
  }
  const auto [at, fresh] = numbers_.try_emplace(std::move(atom), number);
  if (fresh) atoms_.push_back(at->first);
  return at->second;
}

void Program::ReplaceAtoms(std::vector<Atom> atoms) {
  atoms_.clear();
  numbers_.clear();
  std::vector<uint32_t> numbers(atoms.size(), UINT32_MAX);
  for (Policy& policy : policies) {
    for (Statement& statement : policy.statements) {
      for (Literal& literal : statement.condition) {
        uint32_t& number = numbers[literal.atom];
        if (number == UINT32_MAX) {
          number = Intern(std::move(atoms[literal.atom]));
        }
        literal.atom = number;
      }
    }
  }
}

}  // namespace writ::ir
