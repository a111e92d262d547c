// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_STATEMENT_LIST_H_
#define WRIT_AUTHZ_STATEMENT_LIST_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "authz/decision.h"

namespace writ {

// The determining statements of a decision in storage that others own: the
// array of the Decision and the asker's. Finish makes them sorted and each
// once.
class StatementList {
 public:
  StatementList(std::span<StatementRef> first, std::span<StatementRef> all)
      : room_(all.size() > first.size() ? all : first),
        copy_(all.size() > first.size() ? first : all) {}

  // Keeps the smallest that fit. A statement that fits nowhere is counted each
  // time it is added.
  void Add(StatementRef ref) noexcept {
    if (used_ == room_.size()) return AddBeyondRoom(ref);
    sorted_ = sorted_ && (used_ == 0 || room_[used_ - 1] < ref);
    room_[used_++] = ref;
  }
  void Clear() {
    used_ = 0;
    dropped_ = 0;
    sorted_ = true;
  }
  // Sorts what was added, drops what was added twice and fills the smaller
  // storage. After it Add begins anew where it was.
  //
  // Returns  how many statements were added; more than fit when some were
  //          dropped
  // Cost     n log n for n statements that came in no order
  uint32_t Finish() noexcept;
  // Statements were dropped, so that one that is added twice may be counted
  // twice.
  bool overflowed() const { return dropped_ > 0; }

 private:
  void AddBeyondRoom(StatementRef ref) noexcept;
  void Sort() noexcept;

  const std::span<StatementRef> room_;  // the larger
  const std::span<StatementRef> copy_;
  size_t used_ = 0;
  uint32_t dropped_ = 0;
  bool sorted_ = true;  // strictly: the used part of room_
};

}  // namespace writ

#endif  // WRIT_AUTHZ_STATEMENT_LIST_H_
