// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_FORMAT_WRIT_TOKENS_H_
#define WRIT_GRAMMAR_FORMAT_WRIT_TOKENS_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

// Inside grammar/ only: the words and signs of a text as the formatter sees
// them.
namespace writ {

struct FormatComment {
  std::string_view text;      // the slashes included, no white space at the end
  bool blank_before = false;  // the author left an empty line above it
};

// A visible token with the comments that belong to it: those on lines of their
// own above it, and one behind it on its line.
struct FormatToken {
  size_t kind = 0;  // of WritLexer
  std::string_view text;
  std::vector<FormatComment> above;
  std::string_view behind;    // empty: none
  bool blank_before = false;  // an empty line between it and what is above
};

// Splits `text`, which is borrowed; the last token is the end of the file. A
// comment in front of `,` or `;` or an opening `{` or `=>` moves behind it.
// Returns nothing when the text does not follow the grammar.
std::optional<std::vector<FormatToken>> ReadFormatTokens(std::string_view text);

}  // namespace writ

#endif  // WRIT_GRAMMAR_FORMAT_WRIT_TOKENS_H_
