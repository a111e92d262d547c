// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_PROVE_H_
#define WRIT_PROVE_PROVE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "authz/program/format.h"
#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// A policy of an image and the tree that it should have come from.
struct ProofInput {
  const ast::Policy* policy;
  ast::PolicyKind kind;
};

// What a proof showed, for people and for logs.
struct Certificate {
  uint32_t statements = 0;     // compared with the tree
  uint32_t units = 0;          // that find their statements as they should
  uint32_t atoms = 0;          // whose meaning was compared
  uint32_t diagram_nodes = 0;  // of the decision diagrams
  uint32_t automata_states = 0;
  uint32_t obligations = 0;  // equalities shown
  uint64_t steps = 0;        // work, of at most kMaxProofSteps
};

// Shows that a verified image decides as its trees do, statement for statement
// and index for index (translation validation). Reads the image by its format
// alone.
//
// inputs   inputs[i] belongs to policy i of the image
// units    what the units of its index should be, lists of policies; empty: a
//          unit for each policy
// Errors   kInternal           they differ; the message has the place and, if
//                              one was found, a request that shows it
//          kResourceExhausted  not settled within the budget: unknown
Result<Certificate> ProveProgram(
    std::span<const ProofInput> inputs, const ProgramView& view,
    std::span<const std::vector<uint32_t>> units = {});

}  // namespace writ

#endif  // WRIT_PROVE_PROVE_H_
