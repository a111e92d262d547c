// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_CONDITION_H_
#define WRIT_PROVE_CONDITION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "grammar/ast.h"
#include "prove/diagram.h"
#include "prove/proof.h"
#include "prove/value_set.h"

// Conditions of the tree and code of the image as functions of what can be true
// of a request: for each key and reading, whether a value of it cannot be read;
// for each set of values, whether one of its values lies in it.
namespace writ::prove {

class ConditionProof {
 public:
  explicit ConditionProof(Proof* proof)
      : proof_(*proof), diagrams_(&proof->budget) {}

  // Shows that the block decides as the condition does. `condition` may be
  // null: always true.
  Status Compare(const std::string& place, const ast::Condition* condition,
                 Run code);
  // Shows that two blocks decide alike.
  Status CompareCode(const std::string& place, Run a, Run b);
  // Whether the block is true for every request.
  bool IsAlwaysTrue(Run code);

  // What an atom of the image tests.
  const ValueSet& SetOf(uint32_t atom);

 private:
  // A test: some value of the key lies in the set.
  struct Meaning {
    std::string key;  // as R10 folds it
    ValueSet set;
    auto operator<=>(const Meaning&) const = default;
  };
  struct Literal {
    const Meaning* meaning;
    bool negated;
  };
  // The variables of one comparison.
  struct Variable {
    const Meaning* meaning;
    bool unreadable;  // else: a value lies in the set
  };
  // What the machine holds where it gets to one instruction.
  struct Machine {
    Diagram reached;  // somewhere, where it gets there
    std::vector<Diagram> stack;
  };

  Status ReadCondition(const std::string& place,
                       const ast::Condition& condition,
                       std::vector<Literal>* literals);
  Status CollectAtoms(const std::string& place, Run code,
                      std::vector<const Meaning*>* meanings);
  Status MeaningOf(const std::string& place, uint32_t atom,
                   const Meaning** meaning);
  // A meaning of one comparison, however often it occurs.
  struct Distinct {
    const Meaning* meaning;
    uint32_t sides;  // bit 0: of the first side, bit 1: of the second
    size_t same;     // the first one with the same texts; else itself
  };
  Status NumberVariables(const std::string& place,
                         const std::vector<const Meaning*>& of_a,
                         const std::vector<const Meaning*>& of_b);
  // Finds equal languages of texts that are written differently.
  Status UniteTexts(const std::string& place, std::vector<Distinct>* distinct);
  Diagram Conjunction(const std::vector<Literal>& literals);
  Status RunCode(const std::string& place, Run code, Diagram* result);
  Status RunInstruction(const std::string& place, size_t pc, Machine* machine,
                        std::map<size_t, Machine>* landing, Diagram* result);
  void Join(const Machine& from, Machine* to);
  Status Agree(const std::string& place, Diagram wanted, Diagram found) const;

  Proof& proof_;
  Diagrams diagrams_;
  std::unordered_map<uint32_t, Meaning> atoms_;  // of the image
  std::vector<Meaning> tests_;                   // of the tree, of this time
  std::vector<Variable> variables_;
  std::map<const Meaning*, Diagram> functions_;
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_CONDITION_H_
