// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_SAMPLE_VALUES_H_
#define WRIT_LINT_SAMPLE_VALUES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/ast.h"
#include "grammar/operators.h"
#include "lint/pattern.h"

// Texts at which a part of a policy may begin or cease to hold. Deterministic.
namespace writ {

// Texts that a pattern matches, with its wildcards filled in several ways.
std::vector<std::string> PatternInstances(PatternKind kind,
                                          std::string_view pattern);

// Texts that differ from `text` by one character, or in case.
std::vector<std::string> NearMisses(std::string_view text);

// Request values around one value of a test: equal to it, its neighbours on
// both sides, and one that cannot be read.
std::vector<std::string> ValueSamples(const OperatorInfo& op,
                                      std::string_view value);

// Whether a request with these values passes the test, plainly (R39): false for
// a value that cannot be read. No values: the key is absent.
bool TestHolds(const OperatorInfo& op, const ast::Values& wanted,
               std::span<const std::string> values);

}  // namespace writ

#endif  // WRIT_LINT_SAMPLE_VALUES_H_
