// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_FORMAT_WRIT_H_
#define WRIT_GRAMMAR_FORMAT_WRIT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "base/source.h"
#include "grammar/diagnostic.h"

namespace writ {

// Brings a text of the Writ language into canonical form: the author's words,
// comments and order, our white space and line breaks. Works on the tokens, so
// that nothing is written out and no comment is lost, wherever it stands.
// Formatting twice is formatting once, and the formatted text means the same.
//
// source       imports are not read
// width        columns at which lines are broken where they can be
// diagnostics  findings of syntax, as ParseWrit makes them
// Returns      the text, or nothing when it has findings of syntax
std::optional<std::string> FormatWrit(const SourceText& source, size_t width,
                                      Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_FORMAT_WRIT_H_
