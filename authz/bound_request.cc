// SPDX-License-Identifier: Apache-2.0
#include "authz/bound_request.h"

#include <cstring>

#include "authz/text.h"
#include "authz/vm.h"
#include "base/hash.h"

namespace writ {

void BoundRequest::FoldAction() noexcept {
  const std::string_view text = action_.text;
  constexpr size_t kWord = sizeof(uint64_t);
  const auto fold = [&](size_t at) {
    const uint64_t word = FoldAsciiWord(LoadWord<uint64_t>(text.data() + at));
    std::memcpy(folded_.data() + at, &word, kWord);
  };
  if (text.size() >= kWord) {
    for (size_t at = 0; at + kWord < text.size(); at += kWord) fold(at);
    fold(text.size() - kWord);
  } else {
    for (size_t i = 0; i < text.size(); ++i) folded_[i] = FoldAscii(text[i]);
  }
  folded_bytes_ = static_cast<uint32_t>(text.size());
  folded_hash_ = HashBytes({folded_.data(), folded_bytes_});
}

bool BoundRequest::FindName(uint32_t* action_class) const noexcept {
  const std::string_view text(folded_.data(), folded_bytes_);
  const uint32_t seed = view_->action_seeds.At(
      static_cast<uint32_t>(folded_hash_ % view_->action_seeds.size()));
  const ActionName name = view_->action_names.At(static_cast<uint32_t>(
      HashBytes(text, seed) % view_->action_names.size()));
  if (!EqualBytes(view_->Text(name.text), text)) return false;
  *action_class = name.action_class;
  return true;
}

uint32_t BoundRequest::RunAutomaton() const noexcept {
  const uint32_t columns =
      view_->action_moves.size() / view_->action_states.size();
  // A move is where the row of the next state begins: the only thing that one
  // byte waits for is the load of the byte before.
  const char* const moves = view_->action_moves.data();
  const auto* const bytes =
      reinterpret_cast<const unsigned char*>(view_->action_bytes.data());
  uint32_t row = 0;
  for (const char byte : action_.text) {
    const uint32_t column = bytes[static_cast<unsigned char>(byte)];
    uint16_t next = 0;
    std::memcpy(&next, moves + size_t{row + column} * sizeof(next),
                sizeof(next));
    row = next;
  }
  return view_->action_states.At(row / columns);
}

void BoundRequest::BindAnew(const ProgramView& view) noexcept {
  view_ = &view;
  memo_ready_ = false;
  ranks_.Reset();
  row_ = nullptr;
  if (view.action_rows.size() == 0 || view.action_states.size() == 0) return;
  uint32_t action_class = 0;
  if (folded_bytes_ == 0 && action_.text.size() <= kMaxFolded &&
      view.action_names.size() > 0) {
    FoldAction();
  }
  if (folded_bytes_ == 0 || view.action_names.size() == 0 ||
      view.action_seeds.size() == 0 || !FindName(&action_class)) {
    if (!budget_->TakeText(action_.text.size())) return;
    action_class = RunAutomaton();
  }
  const size_t words = (size_t{view.action_sets.size()} + 63) / 64;
  row_ = view.action_rows.data() + action_class * words * sizeof(uint64_t);
}

bool BoundRequest::HoldsByList(uint32_t action_set) noexcept {
  const ActionSet set = view_->action_sets.At(action_set);
  for (uint32_t i = 0; i < set.actions.count; ++i) {
    if (!budget_->Step() || !budget_->TakeText(action_.text.size())) {
      return false;
    }
    const uint32_t pattern = view_->action_lists.At(set.actions.first + i);
    if (MatchAction(*view_, view_->action_patterns.At(pattern), action_)) {
      return set.negated == 0;
    }
  }
  return set.negated != 0;
}

Truth BoundRequest::TestAtom(uint32_t atom) noexcept {
  if (view_->atom_ranges.size() > 0) {
    const AtomRange range = view_->atom_ranges.At(atom);
    if (range.axis != kNoIndex) return ranks_.Test(*view_, range);
  }
  uint32_t& memo = atom_memo_[atom % kAtomMemo];
  if (memo >> 2 == atom) return static_cast<Truth>(memo & 3);
  const Truth truth =
      CompareOperands(*view_, view_->atoms.At(atom), context_, budget_);
  memo = atom << 2 | static_cast<uint32_t>(truth);
  return truth;
}

Truth BoundRequest::RunAnew(uint32_t condition) noexcept {
  if (!memo_ready_) {
    memo_.fill(kNoMemo);
    atom_memo_.fill(kNoMemo);
    memo_ready_ = true;
  }
  const Run code = view_->conditions.At(condition).code;
  const Truth truth = RunCondition(*view_, code, this, budget_);
  memo_[condition % kMemo] = condition << 2 | static_cast<uint32_t>(truth);
  return truth;
}

}  // namespace writ
