// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_EDIT_H_
#define WRIT_LINT_EDIT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/policy_file.h"

// Makes the edits that fixes consist of, in either language. Each returns
// nothing when the place is not plain text of the file itself (it came out of a
// set, a template or an import): then there is no fix.
namespace writ {

// Removes items of a list; what stays keeps its place and comments.
std::optional<std::vector<TextEdit>> RemoveItems(const PolicyFile& file,
                                                 const ast::Values& values,
                                                 std::span<const size_t> items);
// Adds patterns at the end of a list, in the layout that it has; one value
// becomes a list.
std::optional<TextEdit> AppendPatterns(const PolicyFile& file,
                                       const ast::Values& values,
                                       std::span<const std::string> texts);
// Writes `text` in the place of a pattern, or of a condition value. The shape
// (a scalar or an item of a list) stays.
std::optional<TextEdit> ReplacePattern(const PolicyFile& file,
                                       const ast::Value& value,
                                       std::string_view text);
std::optional<TextEdit> ReplaceLiteral(const PolicyFile& file,
                                       const ast::Value& value,
                                       std::string_view text);
std::optional<TextEdit> ReplaceKey(const PolicyFile& file, const ast::Text& key,
                                   std::string_view text);
// Removes a statement, with its label, annotations, the comma or semicolon and
// the line break.
std::optional<TextEdit> RemoveStatement(const PolicyFile& file,
                                        const ast::Policy& policy,
                                        size_t statement);

// Removes one test of a condition, with the operator or the whole condition
// when nothing else is left in it. `test` counts the tests of all operators in
// the order of the tree.
std::optional<TextEdit> RemoveTest(const PolicyFile& file,
                                   const ast::Statement& statement,
                                   size_t test);
// Removes a condition that asks for nothing.
std::optional<TextEdit> RemoveEmptyCondition(const PolicyFile& file,
                                             const ast::Statement& statement);

// The text after edits; nothing when they overlap or lie outside.
std::optional<std::string> ApplyEdits(std::string_view text,
                                      std::span<const TextEdit> edits);

}  // namespace writ

#endif  // WRIT_LINT_EDIT_H_
