// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_SYNTAX_H_
#define WRIT_GRAMMAR_WRIT_SYNTAX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "WritParser.h"
#include "antlr4-runtime.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// Kinds of tokens; bit 0 stands for the end of the file.
class KindSet {
 public:
  // A kind as ANTLR counts them; its end of file is the greatest number.
  static size_t BitOf(size_t kind) {
    return kind == antlr4::Token::EOF ? 0 : kind;
  }
  bool Has(size_t kind) const {
    const size_t bit = BitOf(kind);
    return (words_[bit / 64] >> (bit % 64) & 1U) != 0;
  }
  void Add(size_t kind) {
    const size_t bit = BitOf(kind);
    words_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  void Remove(size_t kind) {
    const size_t bit = BitOf(kind);
    words_[bit / 64] &= ~(uint64_t{1} << (bit % 64));
  }
  void AddAll(const KindSet& other) {
    words_[0] |= other.words_[0];
    words_[1] |= other.words_[1];
  }

 private:
  uint64_t words_[2] = {};
};

// What may stand at one place of a text.
struct ExpectedKinds {
  KindSet kinds;
  // The rules of the grammar that a value (WORD, STRING, `[`) would stand in,
  // the innermost first; of anything else when no value may.
  std::vector<size_t> rules;
};

// A token as the search for slips sees it.
struct SyntaxToken {
  size_t kind = 0;
  std::string_view text;
};

// One place where a text is not of the language, and the smallest change after
// which it reads on.
struct SyntaxSlip {
  enum class Change : uint8_t {
    kInsert,   // `wanted` is missing before `token`
    kRemove,   // `token` is too much
    kReplace,  // `token` should be a `wanted`
  };
  Change change = Change::kRemove;
  size_t token = 0;      // index into the tokens
  size_t wanted = 0;     // kind
  bool is_typo = false;  // kReplace by a keyword that is spelled nearly so
  ExpectedKinds expected;
};

// Reads tokens by the grammar that ANTLR wrote down for its parser. No rule of
// Writ.g4 calls itself, so the language is regular: the grammar is one finite
// automaton, and the slips of a text are the shortest way through it that
// changes few tokens. A single token too much, too few or misspelled is
// therefore one slip by construction, however far the rest has to be read
// differently.
class SyntaxReader {
 public:
  explicit SyntaxReader(const writ_antlr::WritParser& parser);

  // The slips of a whole text, in its order; none when the parser takes it.
  //
  // tokens  the visible ones; the last is the end of the file
  // most    stops after so many, or when the text is too far off to tell
  // Cost    linear in the tokens, plus a bounded search for each slip
  std::vector<SyntaxSlip> FindSlips(std::span<const SyntaxToken> tokens,
                                    size_t most);

 private:
  using StateId = uint32_t;
  static constexpr StateId kNowhere = 0;  // nothing can follow

  // A state of ANTLR's network and the rules to return to.
  struct Node {
    const antlr4::atn::ATNState* state;
    uint32_t stack;
    bool operator<(const Node& other) const {
      return std::pair(state->stateNumber, stack) <
             std::pair(other.state->stateNumber, other.stack);
    }
  };
  struct Frame {
    const antlr4::atn::ATNState* follow;
    uint32_t below;
  };
  struct Edge {
    KindSet kinds;
    uint32_t from;  // node before the token, for messages
    uint32_t to;
  };
  // A set of nodes: everything the text may be in after some tokens.
  struct State {
    std::vector<uint32_t> nodes;
    KindSet kinds;
    std::vector<StateId> next;  // by bit of the kind; kUnknown until asked
  };
  struct Visit;

  uint32_t NodeOf(const antlr4::atn::ATNState* state, uint32_t stack);
  uint32_t Push(const antlr4::atn::ATNState* follow, uint32_t below);
  const std::vector<Edge>& EdgesOf(uint32_t node);
  StateId StateOf(std::vector<uint32_t> nodes);
  StateId Next(StateId state, size_t kind);
  ExpectedKinds ExpectedIn(StateId state);
  uint32_t ReplaceCost(const SyntaxToken& token, size_t wanted) const;
  // Finds the cheapest change that lets tokens[stuck] be read, not before
  // `floor`. `states` has the state before every token up to it, and is brought
  // up to the token at which reading goes on, which is returned.
  size_t Mend(std::span<const SyntaxToken> tokens, size_t floor, size_t stuck,
              std::vector<StateId>* states, std::vector<SyntaxSlip>* slips);

  size_t visits_left_ = 0;  // steps that searches may still take
  const antlr4::atn::ATN& grammar_;
  std::vector<std::string> spellings_;  // of kinds that have one
  std::vector<Node> nodes_;
  std::map<Node, uint32_t> node_ids_;
  std::vector<Frame> frames_;
  std::map<std::pair<size_t, uint32_t>, uint32_t> frame_ids_;
  std::vector<std::vector<Edge>> edges_;
  std::vector<bool> has_edges_;
  std::vector<State> states_;
  std::map<std::vector<uint32_t>, StateId> state_ids_;
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_SYNTAX_H_
