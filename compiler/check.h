// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_CHECK_H_
#define WRIT_COMPILER_CHECK_H_

#include <cstdint>

#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// Judges a tree as a policy of `kind`: the rules of ram.md part 10 that need
// the kind (principal, resource, trust), patterns (R19, R43, R46), typed
// condition values (R26, R27, R44, R09), duplicates (R10), empty lists (R18),
// foreign constructs (R03, R04, R05, R15) and size limits (R40).
//
// source  the text the spans of `policy` point into; its size is what R40
//         counts
void CheckPolicy(const SourceText& source, const ast::Policy& policy,
                 ast::PolicyKind kind, Diagnostics* diagnostics);

// How long a policy of that kind may be, in code points without the white space
// outside strings.
// Source   R40
uint64_t MaxPolicyChars(ast::PolicyKind kind);

}  // namespace writ

#endif  // WRIT_COMPILER_CHECK_H_
