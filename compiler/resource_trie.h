// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_RESOURCE_TRIE_H_
#define WRIT_COMPILER_RESOURCE_TRIE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/format.h"
#include "base/status.h"
#include "compiler/index.h"

// The tries that find resource patterns by walking the requested resource once
// (format.h, NodeHead). Knows patterns; knows nothing of statements.
namespace writ {

// Stands in PatternPlace::path for a segment that is `*`. No text holds it.
inline constexpr char kWholeSegment = '\0';

// Where a pattern stands in a trie.
struct PatternPlace {
  uint32_t pattern = 0;  // of resource_patterns
  EndKind kind = EndKind::kVerify;
  // The text behind `acs:` up to the first wildcard that is no whole segment.
  std::string_view path = {};
  // The text behind the last wildcard, last byte first; of kSuffix and kVerify.
  std::string_view ending = {};
  // The longest text between two wildcards; of kVerify.
  std::string_view fragment = {};
};

// The places of all patterns of an image, sorted as a trie needs them. A
// number in this order is a rank. Not thread-safe while being made.
class PatternPlaces {
 public:
  enum class Trie : uint8_t { kResources, kRoles };

  // Reads every pattern that can stand in such a trie: none is the bare `*`;
  // of kRoles those that could match some RAM role, in lower case (R11).
  //
  // view  borrowed as long as this object
  PatternPlaces(const ProgramView& view, Trie trie);
  PatternPlaces(const PatternPlaces&) = delete;
  PatternPlaces& operator=(const PatternPlaces&) = delete;

  // By rank.
  std::span<const PatternPlace> places() const { return places_; }
  // The rank of a pattern; kNoIndex when it stands in no such trie.
  uint32_t RankOf(uint32_t pattern) const { return ranks_[pattern]; }

 private:
  std::string bytes_;  // what the views of places_ look at
  std::vector<PatternPlace> places_;
  std::vector<uint32_t> ranks_;
};

// An end of a trie, in the order in which its nodes name them.
struct TrieEnd {
  EndKind kind;
  uint32_t rank;
};

// Appends the trie of some patterns to `nodes`, parents before children, what
// hangs together close together.
//
// places     by rank
// trie       kRoles: every end is kVerify
// ranks      ascending, each once; not empty
// first_end  the number of the first end appended to `ends`
// nodes      a multiple of 4 bytes
// Returns    how many nodes; the root lies where `nodes` ended
// Errors     kResourceExhausted  the meter
// Cost       the text of the patterns, and what sorting takes
Result<uint32_t> WriteTrie(std::span<const PatternPlace> places,
                           PatternPlaces::Trie trie,
                           std::span<const uint32_t> ranks, uint32_t first_end,
                           CompileMeter* meter, std::string* nodes,
                           std::vector<TrieEnd>* ends);

}  // namespace writ

#endif  // WRIT_COMPILER_RESOURCE_TRIE_H_
