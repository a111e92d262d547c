// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_TRIE_H_
#define WRIT_PROVE_TRIE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/format.h"
#include "base/status.h"
#include "prove/proof.h"

// Reads the resource tries back: which patterns they find.
namespace writ::prove {

// How a walk came to an end: the text read before the place, and in which trie
// the place is.
enum class TriePart : uint8_t { kForwards, kSuffixes, kFragments };

// An end and the pattern at it.
struct TrieEnd {
  uint32_t end;
  uint32_t pattern;
};

class TrieReader {
 public:
  // folded  a trie of roles: labels in lower case, every pattern is matched
  //         once more
  TrieReader(Proof* proof, bool folded) : proof_(*proof), folded_(folded) {}

  // Visits every node below the root and shows of each end that the walk comes
  // to it with every resource that its pattern matches, and, unless the pattern
  // is matched once more, with no other. Appends the ends.
  Status Read(const std::string& place, uint32_t root,
              std::vector<TrieEnd>* ends);

 private:
  // A symbol of a path: a byte, or a segment that is skipped.
  using Path = std::vector<uint16_t>;
  static constexpr uint16_t kSkip = 256;
  static constexpr size_t kNone = SIZE_MAX;

  struct Frame {
    uint32_t node;
    uint32_t parent;
    size_t path_bytes;  // symbols of the path before the node
    size_t branch;      // where the path of a further trie begins
    TriePart part;
    int first_byte;  // of the label; -1: any
    bool skip;       // the node follows a skipped segment
  };

  Status ReadNode(const std::string& place, const Frame& frame,
                  std::vector<TrieEnd>* ends);
  Status CheckEnd(const std::string& place, uint32_t index, const Frame& frame,
                  std::vector<TrieEnd>* ends) const;
  // How many bytes of the pattern the path spells; kNone if it does not. With
  // `exactly` a skipped segment is `*`, else any one.
  size_t Spelled(std::string_view pattern, size_t relative, size_t path_end,
                 bool exactly) const;
  bool EndsWith(std::string_view rest, size_t branch) const;
  bool Holds(std::string_view rest, size_t branch) const;
  bool IsLiteral(char pattern, uint16_t symbol) const;

  Proof& proof_;
  const bool folded_;
  Path path_;
  std::vector<Frame> frames_;
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_TRIE_H_
