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

}  // namespace writ::ir
