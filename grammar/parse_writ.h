// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_PARSE_WRIT_H_
#define WRIT_GRAMMAR_PARSE_WRIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// A comment or an annotation: text that belongs to a .writ file and never
// reaches JSON.
struct WritNote {
  enum class Kind : uint8_t {
    kComment,     // `// …` on a line of its own
    kTrailing,    // `// …` behind something on the same line
    kAnnotation,  // `@name(…)`
  };
  Kind kind = Kind::kComment;
  std::string text;  // canonical: `// …` or `@name("…")`
  Span span;
  // Stands between two items or behind one, where `fmt` can keep it.
  bool between_items = true;
};

// What a .writ file says.
struct WritFile {
  std::vector<ast::Policy> policies;
  std::vector<WritNote> notes;  // in the order of the text
  // Where `writ 1;` stands; {0, 0} if the file has none.
  Span header;
  // Where the first token after an empty line begins, ascending.
  std::vector<uint32_t> paragraphs;
};

// Whether `text` reads as one bare word of the language in the place of an
// action, a resource, a principal or a key, and looks like one.
bool IsBareWord(std::string_view text);

// Whether `text` can name a policy or a statement: letters, digits, `_`, `-`.
bool IsWritName(std::string_view text);

// Reads a file of the Writ language, version 1 (docs/language.md).
//
// source       borrowed for the call
// diagnostics  findings are added; one per place where the text goes wrong
// Returns      the file, or nothing when it has findings of syntax. A policy
//              may have other errors; CheckPolicy (compiler/check.h) judges it
//              once the kind is known.
// Threads      any number may read at once
std::optional<WritFile> ParseWrit(const SourceText& source,
                                  Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_PARSE_WRIT_H_
