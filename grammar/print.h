// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_PRINT_H_
#define WRIT_GRAMMAR_PRINT_H_

#include <span>
#include <string>
#include <string_view>

#include "grammar/ast.h"
#include "grammar/json_tree.h"

namespace writ {

enum class JsonLayout { kPretty, kMinified };

// Prints RAM JSON: members in canonical order, one value or a list as the tree
// has it, the order of lists kept. Pretty: two spaces, a list of scalars on one
// line when it fits in 80 columns. No final newline.
std::string PrintJson(const ast::Policy& policy, JsonLayout layout);

// Prints JSON text as it was read, members in the author's order.
std::string PrintJson(const JsonTree& tree, JsonLayout layout);

// Prints the canonical text of one policy in the Writ language, at most 100
// columns where a line can be broken, with `writ 1;` before it and a newline
// at the end. Every tree can be printed, foreign constructs included; reading
// the text again gives the same policy.
std::string PrintWrit(const ast::Policy& policy);

// The same for several policies, with one `writ 1;` before them.
std::string PrintWrit(std::span<const ast::Policy> policies);

// The same, with a `set` for every list of at least three values that stands in
// several places of the policies.
std::string PrintWritWithSets(std::span<const ast::Policy> policies);

// One value as the Writ language writes it: a bare word where it can be one,
// else a quoted text, or `json …`.
std::string PrintWritPattern(const ast::Value& value);  // action, resource, key
std::string PrintWritLiteral(const ast::Value& value);  // behind an operator

}  // namespace writ

#endif  // WRIT_GRAMMAR_PRINT_H_
