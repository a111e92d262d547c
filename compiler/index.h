// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_INDEX_H_
#define WRIT_COMPILER_INDEX_H_

#include "base/status.h"
#include "compiler/compile.h"
#include "compiler/image.h"

// The passes that make the index sections of an image (minor version 1) from
// its tables. They see no tree: any image with tables can be given an index.
// Each adds sections to `image` and changes none.
namespace writ {

// Work that the passes of one compilation may still do.
class CompileMeter {
 public:
  explicit CompileMeter(const CompileBudget& budget)
      : steps_left_(budget.steps), states_left_(budget.matcher_states) {}

  // False once there is none left.
  bool Step(uint64_t steps = 1) {
    steps_left_ = steps > steps_left_ ? 0 : steps_left_ - steps;
    return steps_left_ > 0;
  }
  bool State(uint32_t states = 1) {
    states_left_ = states > states_left_ ? 0 : states_left_ - states;
    return states_left_ > 0;
  }

 private:
  uint64_t steps_left_;
  uint32_t states_left_;
};

// Units, ends, cells, postings, conditions, action sets; the tries of nodes
// when Pass::kResourceTries runs, else every statement is an `anywhere` one
// that must be checked whole. Orders cells for Pass::kDenyFirst.
//
// Errors   kInvalidArgument    options.units: a number out of range, or kinds
//                              mixed
//          kResourceExhausted  the meter
Status BuildUnits(const CompileOptions& options, CompileMeter* meter,
                  Image* image);

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
