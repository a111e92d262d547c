// SPDX-License-Identifier: Apache-2.0
//
// The sets of actions, the automaton that tells which of them hold an action,
// and the perfect hash in front of it.
#include <algorithm>

#include "authz/program/verify_parts.h"

namespace writ::verify {
namespace {

constexpr uint32_t kBytes = 256;
constexpr uint32_t kSetsPerWord = 64;

Status CheckSets(const ProgramView& view) {
  for (uint32_t i = 0; i < view.action_sets.size(); ++i) {
    const ActionSet set = view.action_sets[i];
    if (!view.action_lists.Holds(set.actions) || set.actions.count == 0 ||
        set.negated > 1) {
      return Refuse("action sets", i, "bad list");
    }
  }
  return OkStatus();
}

// Returns the number of columns, or 0 when the table is not one.
uint32_t Columns(const ImageTable<uint8_t>& bytes) {
  if (bytes.size() != kBytes) return 0;
  uint32_t last = 0;
  for (uint32_t byte = 0; byte < kBytes; ++byte) {
    last = std::max<uint32_t>(last, bytes[byte]);
  }
  // An action is folded by reading it.
  for (uint32_t byte = 'a'; byte <= 'z'; ++byte) {
    if (bytes[byte] != bytes[byte - 'a' + 'A']) return 0;
  }
  return last + 1;
}

// Automaton and rows. *classes receives how many classes there are.
Status CheckAutomaton(const ProgramView& view, uint32_t* classes) {
  const uint32_t columns = Columns(view.action_bytes);
  if (columns == 0) return Refuse("action bytes", 0, "no table of columns");
  const uint32_t words =
      (view.action_sets.size() + kSetsPerWord - 1) / kSetsPerWord;
  if (words == 0 || view.action_rows.size() % words != 0) {
    return Refuse("action rows", 0, "not a number of rows");
  }
  *classes = view.action_rows.size() / words;
  const uint32_t states = view.action_states.size();
  if (states == 0 || view.action_moves.size() != uint64_t{states} * columns) {
    return Refuse("action moves", 0, "not a row for each state");
  }
  for (uint32_t i = 0; i < view.action_moves.size(); ++i) {
    const uint32_t row = view.action_moves[i];
    if (row >= view.action_moves.size() || row % columns != 0) {
      return Refuse("action moves", i, "not the row of a state");
    }
  }
  for (uint32_t i = 0; i < states; ++i) {
    if (view.action_states[i] >= *classes) {
      return Refuse("action states", i, "class out of range");
    }
  }
  const uint32_t used = view.action_sets.size() % kSetsPerWord;
  const uint64_t beyond = used == 0 ? 0 : ~uint64_t{0} << used;
  for (uint32_t i = words - 1; i < view.action_rows.size(); i += words) {
    if ((view.action_rows[i] & beyond) != 0) {
      return Refuse("action rows", i, "set out of range");
    }
  }
  return OkStatus();
}

Status CheckNames(const ProgramView& view, uint32_t classes) {
  if ((view.action_names.size() > 0) != (view.action_seeds.size() > 0)) {
    return Refuse("action names", 0, "slots and seeds go together");
  }
  for (uint32_t i = 0; i < view.action_seeds.size(); ++i) {
    // The seed zero is that of the buckets.
    if (view.action_seeds[i] == 0) return Refuse("action seeds", i, "zero");
  }
  for (uint32_t i = 0; i < view.action_names.size(); ++i) {
    const ActionName name = view.action_names[i];
    if (!RefIsText(view.strings, name.text) || name.action_class >= classes) {
      return Refuse("action names", i, "bad text or class");
    }
  }
  return OkStatus();
}

}  // namespace

Status CheckActions(const ProgramView& view) {
  WRIT_RETURN_IF_ERROR(CheckSets(view));
  if (view.action_rows.size() == 0) {
    if (view.action_bytes.size() + uint64_t{view.action_moves.size()} +
            view.action_states.size() + view.action_names.size() +
            view.action_seeds.size() >
        0) {
      return Refuse("action rows", 0, "missing, and other tables need them");
    }
    return OkStatus();
  }
  uint32_t classes = 0;
  WRIT_RETURN_IF_ERROR(CheckAutomaton(view, &classes));
  return CheckNames(view, classes);
}

}  // namespace writ::verify
