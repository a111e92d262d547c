// SPDX-License-Identifier: Apache-2.0
#include "authz/statement_list.h"

#include <algorithm>

namespace writ {

void StatementList::Sort() noexcept {
  if (sorted_) return;
  const auto used = room_.first(used_);
  std::ranges::sort(used);
  used_ =
      static_cast<size_t>(std::unique(used.begin(), used.end()) - used.begin());
  sorted_ = true;
}

// Keeps the smallest: in full storage, sorted, `ref` takes the place of the
// largest or is dropped.
void StatementList::AddBeyondRoom(StatementRef ref) noexcept {
  Sort();
  if (used_ < room_.size()) return Add(ref);
  StatementRef* const begin = room_.data();
  StatementRef* const end = begin + used_;
  StatementRef* const at = std::lower_bound(begin, end, ref);
  if (at != end && *at == ref) return;
  ++dropped_;
  if (at == end) return;
  std::move_backward(at, end - 1, end);
  *at = ref;
}

uint32_t StatementList::Finish() noexcept {
  Sort();
  const size_t both = std::min(used_, copy_.size());
  std::copy_n(room_.data(), both, copy_.data());
  return static_cast<uint32_t>(used_) + dropped_;
}

}  // namespace writ
