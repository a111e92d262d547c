// SPDX-License-Identifier: Apache-2.0
#include "prove/diagram.h"

#include <algorithm>
#include <array>

#include "base/hash.h"

namespace writ::prove {
namespace {

constexpr uint32_t kNoVariable = UINT32_MAX;
constexpr Diagram kConstants = 4;
constexpr uint64_t kNodeSteps = 64;

using Row = std::array<Diagram, kConstants>;
using Table = std::array<Row, kConstants>;

// By operation, value of a, value of b.
constexpr Diagram F = kFalse;
constexpr Diagram T = kTrue;
constexpr Diagram U = kUnreadable;
constexpr Diagram N = kNowhere;
constexpr Table kTables[] = {
    /* kAnd */ {{{F, F, F, N}, {F, T, U, N}, {F, U, U, N}, {N, N, N, N}}},
    /* kNot */ {{{T, T, T, T}, {F, F, F, F}, {U, U, U, U}, {N, N, N, N}}},
    /* kWhenFalse */ {{{F, T, U, N}, {N, N, N, N}, {N, N, N, N}, {N, N, N, N}}},
    /* kUnlessFalse */
    {{{N, N, N, N}, {F, T, U, N}, {F, T, U, N}, {N, N, N, N}}},
    /* kWhere */ {{{F, T, U, N}, {F, T, U, N}, {F, T, U, N}, {N, N, N, N}}},
    /* kJoin */ {{{F, F, F, F}, {T, T, T, T}, {U, U, U, U}, {F, T, U, N}}},
};

}  // namespace

size_t Diagrams::HashNode::operator()(const Node& node) const {
  return HashMix(uint64_t{node.variable} << 32 | node.low,
                 node.high ^ 0x9e3779b97f4a7c15u);
}

void Diagrams::Clear() {
  nodes_.assign(kConstants, Node{kNoVariable, 0, 0});
  known_.clear();
  applied_.clear();
}

Diagram Diagrams::Choose(uint32_t variable, Diagram high, Diagram low) {
  if (low == high) return low;
  const auto [at, fresh] =
      known_.try_emplace(Node{variable, low, high}, size());
  if (fresh) nodes_.push_back({variable, low, high});
  return at->second;
}

Diagram Diagrams::Low(Diagram of, uint32_t variable) const {
  return nodes_[of].variable == variable ? nodes_[of].low : of;
}

Diagram Diagrams::High(Diagram of, uint32_t variable) const {
  return nodes_[of].variable == variable ? nodes_[of].high : of;
}

Diagram Diagrams::Apply(Op op, Diagram left, Diagram right) {
  const Table& table = kTables[static_cast<size_t>(op)];
  const auto key = [op](Diagram a, Diagram b) {
    constexpr int kBits = 30;
    return static_cast<uint64_t>(op) << 2 * kBits | uint64_t{a} << kBits | b;
  };
  Diagram result = kNowhere;
  stack_.assign(1, {left, right});
  while (!stack_.empty()) {
    Frame& frame = stack_.back();
    if (frame.step == 0) {
      if (!budget_->Spend(1)) return kNowhere;
      if (frame.a < kConstants && frame.b < kConstants) {
        result = table[frame.a][frame.b];
        stack_.pop_back();
        continue;
      }
      const auto at = applied_.find(key(frame.a, frame.b));
      if (at != applied_.end()) {
        result = at->second;
        stack_.pop_back();
        continue;
      }
      // A node takes memory too.
      if (!budget_->Spend(kNodeSteps)) return kNowhere;
      frame.variable =
          std::min(nodes_[frame.a].variable, nodes_[frame.b].variable);
      frame.step = 1;
      const Frame next = {Low(frame.a, frame.variable),
                          Low(frame.b, frame.variable)};
      stack_.push_back(next);
    } else if (frame.step == 1) {
      frame.low = result;
      frame.step = 2;
      const Frame next = {High(frame.a, frame.variable),
                          High(frame.b, frame.variable)};
      stack_.push_back(next);
    } else {
      result = Choose(frame.variable, result, frame.low);
      applied_.emplace(key(frame.a, frame.b), result);
      stack_.pop_back();
    }
  }
  return result;
}

std::vector<Diagrams::Choice> Diagrams::Difference(Diagram a, Diagram b,
                                                   Diagram* value_of_a,
                                                   Diagram* value_of_b) const {
  std::vector<Choice> way;
  while (a >= kConstants || b >= kConstants) {
    const uint32_t variable = std::min(nodes_[a].variable, nodes_[b].variable);
    // One side differs, or the functions would be the same.
    const bool truth = Low(a, variable) == Low(b, variable);
    way.push_back({variable, truth});
    a = truth ? High(a, variable) : Low(a, variable);
    b = truth ? High(b, variable) : Low(b, variable);
  }
  *value_of_a = a;
  *value_of_b = b;
  return way;
}

}  // namespace writ::prove
