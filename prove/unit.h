// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_UNIT_H_
#define WRIT_PROVE_UNIT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "prove/condition.h"
#include "prove/proof.h"
#include "prove/statement.h"
#include "prove/trie.h"

namespace writ::prove {

// Shows that the units of the index find every statement of their policies for
// every resource it names, and say of each what its row says.
class UnitProof {
 public:
  UnitProof(Proof* proof, ConditionProof* conditions,
            StatementProof* statements)
      : proof_(*proof), conditions_(*conditions), statements_(*statements) {}

  // units  what the units should be; empty: a unit for each policy
  Status Run(std::span<const std::vector<uint32_t>> units);

 private:
  // A statement under one of its patterns.
  using Pair = uint64_t;
  static constexpr Pair PairOf(uint32_t ordinal, uint32_t pattern) {
    return Pair{ordinal} << 32 | pattern;
  }

  Status CheckMembers(const std::string& place, const UnitRecord& unit,
                      std::span<const uint32_t> members);
  Status CheckUnit(const std::string& place, const UnitRecord& unit);
  Status CheckAnywhere(const std::string& place, uint32_t end);
  // Reads a trie and appends the pairs that it finds.
  Status ReadTrie(const std::string& place, uint32_t root, bool folded,
                  std::vector<Pair>* found);
  Status CheckFound(const std::string& place, const char* trie,
                    std::vector<Pair> wanted, std::vector<Pair> allowed,
                    std::vector<Pair> found) const;
  // Shows that the cells of an end say what the rows of their statements say.
  // Appends the ordinals.
  Status CheckCells(const std::string& place, const EndRecord& end,
                    std::vector<uint32_t>* ordinals);
  Status CheckPosting(const std::string& place, const CellRecord& cell,
                      const PostingRecord& posting);
  Status CheckActionSet(const std::string& place, uint32_t set,
                        const StatementRecord& row);
  // Whether a request for a role may match the pattern.
  bool MayBeRole(uint32_t pattern);
  StatementRecord RowOf(uint32_t ordinal) const {
    return proof_.view.statements[rows_[ordinal]];
  }

  Proof& proof_;
  ConditionProof& conditions_;
  StatementProof& statements_;
  std::vector<uint32_t> rows_;       // of the unit: statement by ordinal
  std::vector<bool> anywhere_;       // of the unit: found for every resource
  std::vector<int8_t> may_be_role_;  // by pattern; -1: not known yet
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_UNIT_H_
