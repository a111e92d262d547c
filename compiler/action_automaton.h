// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_ACTION_AUTOMATON_H_
#define WRIT_COMPILER_ACTION_AUTOMATON_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace writ {

// What an automaton may cost. Beyond it there is none.
struct AutomatonBounds {
  uint32_t states;
  uint64_t steps;  // places of patterns moved
};

// Reads an action byte by byte and knows at every place which patterns match
// what it has read.
struct ActionAutomaton {
  std::array<uint8_t, 256> bytes;  // byte to column; the case of ASCII is gone
  uint32_t columns = 0;
  std::vector<uint16_t> moves;  // states times columns; state 0 is the start
  // For each state an index of accepts.
  std::vector<uint32_t> states;
  // Lists of indices of the patterns, ascending, each list once; the first is
  // the empty one.
  std::vector<std::vector<uint32_t>> accepts;
};

// Subset construction over all patterns at once. Which texts that are no
// actions (R46) it takes for matched means nothing.
//
// patterns  in lower case, of the form service:Name, no bare `*`
// Returns   nothing when a bound would be passed
// Cost      as bounded: states times the places that one of them stands for
std::optional<ActionAutomaton> MakeActionAutomaton(
    std::span<const std::string_view> patterns, const AutomatonBounds& bounds);

// Makes one of states that have the same entry in `states` and move alike.
// Finds those whose moves differ at most in states found equal before: most of
// what there is, in one pass.
void MergeStates(ActionAutomaton* automaton);

}  // namespace writ

#endif  // WRIT_COMPILER_ACTION_AUTOMATON_H_
