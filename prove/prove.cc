// SPDX-License-Identifier: Apache-2.0
#include "prove/prove.h"

#include "prove/action.h"
#include "prove/axis.h"
#include "prove/condition.h"
#include "prove/proof.h"
#include "prove/statement.h"
#include "prove/unit.h"

namespace writ {
namespace {

ProgramPolicyKind KindOf(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return ProgramPolicyKind::kIdentity;
    case ast::PolicyKind::kResource:
      return ProgramPolicyKind::kResource;
    case ast::PolicyKind::kTrust:
      return ProgramPolicyKind::kTrust;
    case ast::PolicyKind::kSession:
      return ProgramPolicyKind::kSession;
    case ast::PolicyKind::kControl:
      break;
  }
  return ProgramPolicyKind::kControl;
}

// Policies and statements, one after the other.
Status ProveTables(std::span<const ProofInput> inputs,
                   prove::StatementProof* statements, prove::Proof* proof) {
  const ProgramView& view = proof->view;
  if (view.policies.size() != inputs.size()) {
    return prove::Differ("program",
                         "it has " + std::to_string(view.policies.size()) +
                             " policies, not " + std::to_string(inputs.size()));
  }
  for (uint32_t i = 0; i < view.policies.size(); ++i) {
    const std::string policy = "policy " + std::to_string(i);
    const PolicyRecord row = view.policies[i];
    const std::vector<ast::Statement>& tree = inputs[i].policy->statements;
    if (row.kind != static_cast<uint32_t>(KindOf(inputs[i].kind))) {
      return prove::Differ(policy, "it is of another kind");
    }
    if (row.statements.count != tree.size()) {
      return prove::Differ(
          policy, "it has " + std::to_string(row.statements.count) +
                      " statements, not " + std::to_string(tree.size()));
    }
    for (uint32_t k = 0; k < row.statements.count; ++k) {
      WRIT_RETURN_IF_ERROR(statements->Compare(
          policy + ", statement " + std::to_string(k), tree[k],
          view.statements[row.statements.first + k]));
    }
  }
  return OkStatus();
}

}  // namespace

Result<Certificate> ProveProgram(std::span<const ProofInput> inputs,
                                 const ProgramView& view,
                                 std::span<const std::vector<uint32_t>> units) {
  prove::Proof proof(view);
  prove::ConditionProof conditions(&proof);
  prove::StatementProof statements(&proof, &conditions);
  WRIT_RETURN_IF_ERROR(ProveTables(inputs, &statements, &proof));
  if (view.units.size() > 0 || !units.empty()) {
    WRIT_RETURN_IF_ERROR(
        prove::UnitProof(&proof, &conditions, &statements).Run(units));
    WRIT_RETURN_IF_ERROR(prove::ActionProof(&proof).Run());
  }
  // Ranges need no units.
  WRIT_RETURN_IF_ERROR(prove::ProveRanges(&proof, &conditions));
  proof.certificate.steps = proof.budget.spent();
  return proof.certificate;
}

}  // namespace writ
