// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_AGREEMENT_H_
#define WRIT_LINT_AGREEMENT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authz/request.h"
#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// A request that owns its texts.
struct SampleRequest {
  std::string principal;
  std::string principal_id;
  std::string action;
  std::string resource;
  struct Entry {
    std::string key;
    std::vector<std::string> values;
  };
  std::vector<Entry> context;
};

// Requests that together reach every atom of the policies: for every pattern a
// text it matches and near misses, for every condition value one that equals
// it, its neighbours on both sides, one of another type and an absent key; for
// every statement a request that matches it whole, and for each of its clauses
// one that fails in that clause alone. Deterministic.
//
// most  at most so many; the whole-match and single-failure requests go first
std::vector<SampleRequest> SampleRequests(
    std::span<const ast::Policy* const> policies, ast::PolicyKind kind,
    size_t most);

// Whether two policies of one kind decide alike on SampleRequests of both: the
// compiled programs give the same verdict for each.
struct Agreement {
  bool same = false;
  size_t requests = 0;
  std::optional<SampleRequest> witness;  // of a difference
};
// Errors   as CompileProgram: a policy with errors has no meaning
Result<Agreement> CompareDecisions(const ast::Policy& before,
                                   const ast::Policy& after,
                                   ast::PolicyKind kind);

}  // namespace writ

#endif  // WRIT_LINT_AGREEMENT_H_
