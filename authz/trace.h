// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_TRACE_H_
#define WRIT_AUTHZ_TRACE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "authz/decision.h"

namespace writ {

// One attachment that a decision asked, and what was known after it.
struct TraceStep {
  uint32_t resource;    // of the request
  Layer layer;          // in which it was asked
  uint32_t attachment;  // of those handed to Decide
  Verdict verdict;      // of the unit so far
  bool unreadable;      // R39 had a part in it
};

// What one decision did, in order. Filled by the very evaluation that decides
// (DecideTraced), so it cannot tell another story. Allocates; a plain Decide
// has none.
class DecisionTrace {
 public:
  void Add(const TraceStep& step) { steps_.push_back(step); }
  std::span<const TraceStep> steps() const { return steps_; }

 private:
  std::vector<TraceStep> steps_;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_TRACE_H_
