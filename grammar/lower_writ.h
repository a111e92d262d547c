// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_LOWER_WRIT_H_
#define WRIT_GRAMMAR_LOWER_WRIT_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "WritParser.h"
#include "base/source.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// Where the tokens stand: ANTLR counts code points, everyone else bytes.
class TokenPlaces {
 public:
  explicit TokenPlaces(std::string_view text);

  Span SpanOf(const antlr4::Token& token) const;
  Span SpanOf(const antlr4::ParserRuleContext& context) const;
  std::string_view TextOf(const antlr4::Token& token) const;

 private:
  uint32_t ByteOf(size_t code_point) const;

  std::string_view text_;
  // Byte offset of every code point; empty when the text is ASCII.
  std::vector<uint32_t> offsets_;
};

// Turns the parse tree of a file without errors of syntax into policies.
// Returns nothing when a finding says that the tree would be wrong.
std::optional<std::vector<ast::Policy>> LowerWrit(
    writ_antlr::WritParser::FileContext* file, const TokenPlaces& places,
    Diagnostics* diagnostics);

// Checks the escapes of a string token and reports the first bad one. `inner`
// is what stands between the quotes, at `offset` of the text.
bool CheckWritString(std::string_view inner, uint32_t offset,
                     Diagnostics* diagnostics);

// What an annotation says, in canonical spelling.
std::string AnnotationText(
    writ_antlr::WritParser::AnnotationContext* annotation,
    const TokenPlaces& places);

}  // namespace writ

#endif  // WRIT_GRAMMAR_LOWER_WRIT_H_
