// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_PLACEMENT_H_
#define WRIT_RUNTIME_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace writ {

// One node as placement sees it. Borrowed for the call.
struct NodeView {
  std::string_view id;
  bool alive = false;
  uint32_t free_slots = 0;  // instances that may still be started there
};

// Which node gets the next instance of a function: every function prefers the
// nodes in an order of its own (rendezvous hashing), so that its code is where
// it ran before and a node that goes away moves only its own functions. The
// first in that order with a free slot is taken.
//
// Returns  an index into `nodes`; nothing when no living node has a free slot
// Cost     one hash a node; pure
std::optional<size_t> PlaceInstance(std::span<const NodeView> nodes,
                                    std::string_view account,
                                    std::string_view function_name);

}  // namespace writ

#endif  // WRIT_RUNTIME_PLACEMENT_H_
