// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_PARSE_JSON_H_
#define WRIT_GRAMMAR_PARSE_JSON_H_

#include <optional>

#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// Reads one RAM JSON policy document by a strict SAX reader: duplicate and
// unknown members, depth, numbers, UTF-8, NUL and lone surrogates are findings.
//
// Only syntax and shape are judged here (what holds for every kind of policy);
// CheckPolicy (compiler/check.h) judges the rest once the kind is known.
//
// source       borrowed for the call
// diagnostics  findings are added, each with span and JSON pointer
// Returns      the tree, or nothing when the text is not a JSON object with a
//              Statement list. A tree may come with errors; never compile one
//              whose diagnostics hold errors.
std::optional<ast::Policy> ParseJsonPolicy(const SourceText& source,
                                           Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_PARSE_JSON_H_
