// SPDX-License-Identifier: Apache-2.0
#include "authz/indexed_unit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "authz/program/program.h"
#include "authz/walk.h"

namespace writ {
namespace {

// One unit and one request; made for one call.
class IndexedUnit {
 public:
  IndexedUnit(const UnitQuestion& question, const Attachment& attachment,
              uint32_t first, bool keep_allows, BoundRequest* request,
              UnitOutcome* outcome)
      : question_(question),
        attachment_(attachment),
        view_(attachment.program->view()),
        unit_(view_.units.At(attachment.unit)),
        first_(first),
        keep_allows_(keep_allows),
        request_(request),
        outcome_(outcome) {}

  void Run() {
    Visit();
    if (!WantsAllows()) return;
    if (!waiting_overflowed_) {
      for (uint32_t i = 0; i < waiting_count_ && WantsAllows(); ++i) {
        AskCells(waiting_[i].cells, waiting_[i].pattern, waiting_[i].verify);
      }
      return;
    }
    waiting_count_ = 0;
    allows_now_ = true;
    Visit();
  }

 private:
  // Ends with Allow cells, which wait until no Deny has matched.
  static constexpr uint32_t kMaxWaiting = 24;
  struct Waiting {
    writ::Run cells;
    uint32_t pattern;
    bool verify;
  };
  // Fragments found already: a text may hold one many times.
  static constexpr uint32_t kSeenEnds = 32;
  // Fewer cells are looked at one by one.
  static constexpr uint32_t kManyCells = 16;

  bool exhausted() const { return question_.budget->exhausted(); }
  bool WantsAllows() const {
    return !exhausted() && outcome_->verdict != Verdict::kExplicitDeny &&
           (keep_allows_ || outcome_->verdict != Verdict::kAllow);
  }

  // Every end that the request comes to.
  void Visit() {
    if (unit_.anywhere != kNoIndex)
      AskEnd(view_.ends.At(unit_.anywhere), false);
    if (question_.resource.any) return;
    if (question_.resource.fold_bytes > 0) {
      WalkTrie<true>(unit_.roles);
    } else {
      WalkTrie<false>(unit_.resources);
    }
  }

  template <bool kFold>
  void WalkTrie(uint32_t root) {
    if (root == kNoIndex) return;
    bool fragments_seen = false;
    ResourceWalk<kFold> walk(view_, question_.resource.subject,
                             question_.budget);
    walk.Run(root, [&](uint32_t end, EndPlace place) {
      if (place == EndPlace::kFragment) {
        if (!fragments_seen) seen_.fill(kNoIndex);
        fragments_seen = true;
        uint32_t& seen = seen_[end % kSeenEnds];
        if (seen == end) return;
        seen = end;
      }
      const EndRecord record = view_.ends.At(end);
      const auto kind = static_cast<EndKind>(record.kind);
      if (kind == EndKind::kExact && place != EndPlace::kWhole) return;
      AskEnd(record, kind == EndKind::kVerify);
    });
  }

  void AskEnd(const EndRecord& end, bool verify) {
    if (!question_.budget->Step()) return;
    if (end.deny_count == kNoIndex) {
      // Deny and Allow cells together: one visit asks them all.
      if (!allows_now_) {
        AskCells({end.first_cell, end.allow_count}, end.pattern, verify, true);
      }
      return;
    }
    if (end.deny_count > 0 && !allows_now_) {
      AskCells({end.first_cell, end.deny_count}, end.pattern, verify);
    }
    if (end.allow_count == 0 || !WantsAllows()) return;
    const Waiting allows = {{end.first_cell + end.deny_count, end.allow_count},
                            end.pattern,
                            verify};
    if (allows_now_) return AskCells(allows.cells, allows.pattern, verify);
    if (waiting_count_ == kMaxWaiting) {
      waiting_overflowed_ = true;
      return;
    }
    __builtin_prefetch(view_.cells.data() +
                       size_t{allows.cells.first} * sizeof(CellRecord));
    waiting_[waiting_count_++] = allows;
  }

  // Asks the cells whose action set holds the action.
  //
  // mixed  a set may have two cells: one of each effect
  void AskCells(writ::Run cells, uint32_t pattern, bool verify,
                bool mixed = false) {
    if (!mixed && request_->row() != nullptr && cells.count > kManyCells &&
        RowIsSmaller(cells.count)) {
      return AskCellsByRow(cells, pattern, verify);
    }
    for (uint32_t i = 0; i < cells.count; ++i) {
      const CellRecord cell = view_.cells.At(cells.first + i);
      if (!request_->Holds(cell.action_set)) continue;
      if (!AskCell(cell, pattern, &verify)) return;
    }
    question_.budget->Take(cells.count);
  }

  // Whether it pays to look for the action's sets among `cells` cells.
  bool RowIsSmaller(uint32_t cells) {
    if (row_sets_ == kNoIndex) {
      row_sets_ = 0;
      ForEachWord([&](uint32_t, uint64_t word) {
        row_sets_ += static_cast<uint32_t>(std::popcount(word));
        return true;
      });
    }
    const uint64_t words = view_.action_sets.size() / 64;
    return words + uint64_t{row_sets_} * std::bit_width(cells) < cells;
  }

  // Calls `next(first set, word)` for the words of the action's row, until it
  // returns false.
  template <typename Next>
  void ForEachWord(Next next) const {
    const char* row = request_->row();
    const uint32_t sets = view_.action_sets.size();
    for (uint32_t set = 0; set < sets; set += 64, row += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, row, sizeof(word));
      if (word != 0 && !next(set, word)) return;
    }
  }

  // The cells ascend by action set, each once.
  void AskCellsByRow(writ::Run cells, uint32_t pattern, bool verify) {
    const uint32_t sets = view_.action_sets.size();
    uint32_t next = 0;  // cells before it are of smaller sets
    ForEachWord([&](uint32_t first_set, uint64_t word) {
      for (; word != 0; word &= word - 1) {
        const uint32_t set =
            first_set + static_cast<uint32_t>(std::countr_zero(word));
        // As many cells lie before the set's at most as there are smaller sets,
        // and behind it as there are larger ones.
        const uint32_t behind = sets - 1 - set;
        uint32_t low = cells.count > behind + 1 ? cells.count - behind - 1 : 0;
        low = std::max(low, next);
        uint32_t high = std::min(cells.count, set + 1);
        while (low < high) {
          const uint32_t middle = low + (high - low) / 2;
          if (view_.cells.At(cells.first + middle).action_set < set) {
            low = middle + 1;
          } else {
            high = middle;
          }
        }
        next = low;
        if (next == cells.count) return false;
        const CellRecord cell = view_.cells.At(cells.first + next);
        if (cell.action_set != set) continue;
        if (!question_.budget->Step()) return false;
        ++next;
        if (!AskCell(cell, pattern, &verify)) return false;
      }
      return true;
    });
  }

  // Returns false when nothing more of the end need be asked.
  bool AskCell(const CellRecord& cell, uint32_t pattern, bool* verify) {
    const bool denies = (cell.count_and_effect & CellRecord::kDeny) != 0;
    if (!denies && !WantsAllows()) return !exhausted();
    if (*verify) {
      if (!question_.budget->Step() ||
          !question_.budget->TakeText(question_.resource.subject.size()) ||
          !MatchResource(view_, view_.resource_patterns.At(pattern),
                         question_.resource)) {
        return false;
      }
      *verify = false;
    }
    const uint32_t end = cell.first_posting + cell.count_and_effect / 2;
    for (uint32_t i = cell.first_posting; i < end; ++i) {
      if (!question_.budget->Step()) return false;
      AskPosting(view_.postings.At(i), denies, pattern);
      if (exhausted()) return false;
      if (!denies && !WantsAllows()) break;
    }
    return true;
  }

  void AskPosting(const PostingRecord& posting, bool denies, uint32_t pattern) {
    Truth truth = Truth::kTrue;
    const uint32_t ordinal = posting.ordinal & ~PostingRecord::kCheckRest;
    const bool check_rest = ordinal != posting.ordinal;
    // The cheaper question first; a condition is remembered.
    if (posting.condition != kNoIndex) {
      truth = request_->Condition(posting.condition);
      if (truth == Truth::kFalse) return;
    }
    StatementRef place = {0, ordinal};
    uint32_t policy = kNoIndex;  // in the program
    if (unit_.policies.count > 1 || check_rest || question_.each_once) {
      FindPolicy(ordinal, &place, &policy);
    }
    if (!Counts(place)) return;
    if (check_rest || question_.each_once) {
      const StatementRecord row = view_.statements.At(
          view_.policies.At(policy).statements.first + place.statement);
      if (check_rest && !RestApplies(question_, view_, row)) return;
      if (question_.each_once && !IsFirstMatch(row, pattern)) return;
    }
    AddMatch(question_, {first_ + place.policy, place.statement}, denies,
             truth == Truth::kUnreadable, keep_allows_, outcome_);
  }

  // The policy of the unit that the ordinal lies in.
  void FindPolicy(uint32_t ordinal, StatementRef* place, uint32_t* policy) {
    const writ::Run members = unit_.policies;
    uint32_t low = 0;
    uint32_t high = members.count;
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      if (view_.unit_policies.At(members.first + middle).first_ordinal <=
          ordinal) {
        low = middle;
      } else {
        high = middle;
      }
    }
    const UnitPolicy member = view_.unit_policies.At(members.first + low);
    *place = {low, ordinal - member.first_ordinal};
    *policy = member.policy;
  }

  // Not left out of the attachment.
  bool Counts(StatementRef place) const {
    return (attachment_.without.empty() ||
            !std::ranges::binary_search(attachment_.without, place.policy)) &&
           (attachment_.without_statements.empty() ||
            !std::ranges::binary_search(attachment_.without_statements, place));
  }

  // Whether `pattern`, which matches, is the first of the statement's that
  // does: the others lead to the statement again.
  bool IsFirstMatch(const StatementRecord& row, uint32_t pattern) const {
    if (pattern == kNoIndex) return true;
    for (uint32_t i = 0; i < row.resources.count; ++i) {
      const uint32_t other = view_.resource_lists.At(row.resources.first + i);
      if (other == pattern) return true;
      if (!question_.budget->Step() ||
          !question_.budget->TakeText(question_.resource.subject.size()) ||
          MatchResource(view_, view_.resource_patterns.At(other),
                        question_.resource)) {
        return false;
      }
    }
    return true;
  }

  const UnitQuestion& question_;
  const Attachment& attachment_;
  const ProgramView& view_;
  const UnitRecord unit_;
  const uint32_t first_;
  const bool keep_allows_;
  BoundRequest* const request_;
  UnitOutcome* const outcome_;

  bool allows_now_ = false;  // the second visit, for Allow cells alone
  bool waiting_overflowed_ = false;
  uint32_t waiting_count_ = 0;
  uint32_t row_sets_ = kNoIndex;  // sets that hold the action, once counted
  std::array<Waiting, kMaxWaiting> waiting_;
  std::array<uint32_t, kSeenEnds> seen_;
};

}  // namespace

void AddIndexed(const UnitQuestion& question, const Attachment& attachment,
                uint32_t first, bool keep_allows, BoundRequest* request,
                UnitOutcome* outcome) noexcept {
  IndexedUnit(question, attachment, first, keep_allows, request, outcome).Run();
}

}  // namespace writ
