// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_ACTION_H_
#define WRIT_PROVE_ACTION_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "prove/pattern.h"
#include "prove/proof.h"

namespace writ::prove {

// Shows that the automaton of actions and its rows, and the classes of known
// actions, say of every action which sets hold it: a walk through automaton and
// patterns together, byte by byte, visits all that any action can bring them
// to.
class ActionProof {
 public:
  explicit ActionProof(Proof* proof) : proof_(*proof), walk_(Domain::kAction) {}

  Status Run();

 private:
  using Places = PatternAutomaton::Places;

  // Where a text brings all of them.
  struct State {
    uint32_t automaton;
    uint32_t places;   // index in sets_of_places_
    uint32_t pending;  // bytes of a code point begun, the first one highest
    uint8_t walk;
    bool operator==(const State&) const = default;
  };
  struct HashState {
    size_t operator()(const State& state) const;
  };
  struct Visited {
    State state;
    uint32_t from;
    uint8_t by;
  };
  // Patterns and where they are while a text is read.
  struct Reading {
    uint32_t places;
    uint32_t pending;
    uint8_t walk;
  };

  Status ReadPatterns();
  Status CheckShape() const;
  void MakeSamples();
  Status WalkAutomaton();
  Status CheckState(uint32_t index);
  Status CheckNames();

  // Reads one byte; false if no action goes on so.
  bool ReadByte(uint8_t byte, Reading* reading);
  bool ReadSymbol(Symbol c, Reading* reading);
  // Takes the bytes of a code point that never became whole.
  bool Flush(Reading* reading);
  uint32_t Intern(Places places);
  // The row that an action at these places must have.
  const std::vector<uint64_t>& WantedRow(uint32_t places);
  Status CompareRow(const std::string& place, uint32_t action_class,
                    uint32_t places, const std::string& action);
  std::string TextOf(uint32_t index) const;

  Proof& proof_;
  const DomainWalk walk_;
  PatternAutomaton patterns_;
  bool by_character_ = false;                // some pattern has a `?`
  std::vector<std::vector<uint32_t>> sets_;  // that have a pattern
  std::vector<uint64_t> base_row_;           // of an action that matches none
  std::vector<uint8_t> samples_;             // a byte for all that are alike
  std::map<Places, uint32_t> numbers_;
  std::vector<const Places*> sets_of_places_;
  std::unordered_map<uint64_t, uint32_t> steps_;  // by places and symbol
  std::unordered_map<uint32_t, std::vector<uint64_t>> wanted_;  // by places
  std::unordered_map<uint64_t, bool> compared_;  // by class and places
  std::unordered_map<State, uint32_t, HashState> known_;
  std::vector<Visited> order_;
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_ACTION_H_
