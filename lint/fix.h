// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_FIX_H_
#define WRIT_LINT_FIX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/agreement.h"
#include "lint/policy_file.h"

namespace writ {

struct FixOptions {
  // Also fixes that change what a policy means.
  bool with_proposed = false;
  // Rules by code or slug; empty: every rule.
  std::vector<std::string> rules;
};

// A change that was made.
struct AppliedFix {
  DiagnosticId id;
  uint32_t line = 1;  // where it stood, at the time
  std::string title;  // "remove `oss:GetObject`"
  bool automatic = false;
};

// A change that was not made, though it was asked for.
struct RefusedFix {
  DiagnosticId id;
  uint32_t line = 1;
  std::string title;
  std::string reason;
  // A request that the policy would decide otherwise.
  std::optional<SampleRequest> witness;
};

struct FixOutcome {
  // The file after the fixes, judged; as it was when there are none.
  PolicyFile file;
  std::vector<AppliedFix> applied;
  std::vector<RefusedFix> refused;
  // Requests on which the policies before and after agreed, all rounds.
  uint64_t requests = 0;
  bool changed() const { return !applied.empty(); }
};

// Applies the fixes of the file's findings until nothing is left to apply.
//
// An automatic fix is applied only when the text after it reads, has no new
// error, and every policy decides alike before and after (CompareDecisions).
// Where the text before it was invalid there is nothing to compare: then the
// statements that could be read must be the same, and an error less. Several
// fixes are tried at once and taken apart when that fails.
//
// file   read and judged
// judge  reads and judges a changed text of the file, as `file` was
FixOutcome FixFile(PolicyFile file, const FixOptions& options,
                   const std::function<PolicyFile(std::string text)>& judge);

}  // namespace writ

#endif  // WRIT_LINT_FIX_H_
