// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_DIAGRAM_H_
#define WRIT_PROVE_DIAGRAM_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "prove/pattern.h"

// Decision diagrams: functions from the truth of variables to a value of the
// machine. Ordered, reduced and shared, so two functions are equal exactly when
// their numbers are.
namespace writ::prove {

using Diagram = uint32_t;

// The constant functions, and the values of all others.
inline constexpr Diagram kFalse = 0;
inline constexpr Diagram kTrue = 1;
inline constexpr Diagram kUnreadable = 2;
inline constexpr Diagram kNowhere = 3;  // of what is not reached

class Diagrams {
 public:
  enum class Op : uint8_t {
    kAnd,          // a AND b as R39 says
    kNot,          // NOT a; b is a
    kWhenFalse,    // b where a is false, else nowhere
    kUnlessFalse,  // b where a is true or unreadable, else nowhere
    kWhere,        // b where a is somewhere
    kJoin,         // a where it is somewhere, else b
  };

  explicit Diagrams(Budget* budget) : budget_(budget) { Clear(); }

  // Forgets every function but the constants.
  void Clear();

  // `high` where the variable is true, else `low`; both ask later variables
  // only.
  Diagram Choose(uint32_t variable, Diagram high, Diagram low);
  // Meaningless once the budget is exhausted.
  Diagram Apply(Op op, Diagram a, Diagram b);
  Diagram Not(Diagram a) { return Apply(Op::kNot, a, a); }

  // Variables, the first ones first, under which two different functions
  // differ.
  struct Choice {
    uint32_t variable;
    bool truth;
  };
  std::vector<Choice> Difference(Diagram a, Diagram b, Diagram* value_of_a,
                                 Diagram* value_of_b) const;

  uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }

 private:
  struct Node {
    uint32_t variable;
    Diagram low;
    Diagram high;
    bool operator==(const Node&) const = default;
  };
  struct HashNode {
    size_t operator()(const Node& node) const;
  };
  struct Frame {
    Diagram a;
    Diagram b;
    uint32_t variable = 0;
    Diagram low = 0;
    uint8_t step = 0;
  };

  Diagram Low(Diagram of, uint32_t variable) const;
  Diagram High(Diagram of, uint32_t variable) const;

  Budget* const budget_;
  std::vector<Node> nodes_;
  std::unordered_map<Node, Diagram, HashNode> known_;
  std::unordered_map<uint64_t, Diagram> applied_;
  std::vector<Frame> stack_;
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_DIAGRAM_H_
