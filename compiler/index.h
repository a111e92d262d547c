// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_INDEX_H_
#define WRIT_COMPILER_INDEX_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "compiler/compile.h"
#include "compiler/image.h"

// The passes that make the index sections of an image (minor version 1) from
// its tables. They see no tree: any image with tables can be given an index.
// Each adds sections to `image` and changes none.
namespace writ {

// Work that the passes of one compilation may still do. Not thread-safe.
class CompileMeter {
 public:
  explicit CompileMeter(const CompileBudget& budget)
      : budget_(budget),
        steps_left_(budget.steps),
        states_left_(budget.matcher_states) {}

  // False once there are none left: return Exhausted().
  bool Step(uint64_t steps = 1) {
    if (steps > steps_left_) {
      steps_left_ = 0;
      return false;
    }
    steps_left_ -= steps;
    return true;
  }
  // False once there are none left: return Exhausted().
  bool State(uint32_t states = 1) {
    if (states > states_left_) {
      states_left_ = 0;
      states_exhausted_ = true;
      return false;
    }
    states_left_ -= states;
    return true;
  }

  // The kResourceExhausted that names the limit which Step or State has met.
  Status Exhausted() const;

 private:
  const CompileBudget budget_;
  uint64_t steps_left_;
  uint32_t states_left_;
  bool states_exhausted_ = false;
};

// What the worst request costs a unit, but for its lists of actions: those are
// compared only when the image has no rows of sets.
struct UnitCost {
  uint64_t steps = 0;
  uint64_t action_steps = 0;
};

// Units, ends, cells, postings, conditions, action sets; the tries of nodes
// when Pass::kResourceTries runs, else every statement is an `anywhere` one
// that must be checked whole. Orders cells for Pass::kDenyFirst.
//
// Errors   kInvalidArgument    options.units: a number out of range, kinds
//                              mixed, or no number at all
//          kResourceExhausted  the meter, or the size of the image
Status BuildUnits(const CompileOptions& options, CompileMeter* meter,
                  std::vector<UnitCost>* costs, Image* image);

// Writes UnitRecord::max_steps. To be called when all other passes are done.
//
// Errors   kResourceExhausted  a unit takes more than the budget's decide_steps
Status BoundUnits(const CompileOptions& options,
                  std::span<const UnitCost> costs, Image* image);

// Columns, moves and classes of the automaton of actions, and the rows of
// sets; nothing when they would pass their bound (then lists are compared).
// Reads action_sets.
Status BuildActionClasses(const CompileOptions& options, CompileMeter* meter,
                          Image* image);

// The perfect hash of options.known_actions and of every action that a pattern
// spells out. Reads the automaton.
Status BuildKnownActions(const CompileOptions& options, CompileMeter* meter,
                         Image* image);

// Axes, points and the ranges of atoms.
Status BuildIntervals(const CompileOptions& options, CompileMeter* meter,
                      Image* image);

}  // namespace writ

#endif  // WRIT_COMPILER_INDEX_H_
