// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_TOKENS_H_
#define WRIT_GRAMMAR_WRIT_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "WritLexer.h"
#include "antlr4-runtime.h"
#include "base/source.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// Where the tokens stand: ANTLR counts code points of one text, everyone else
// bytes of a SourceText.
class TokenPlaces {
 public:
  // text  borrowed
  // base  offset of the text in its SourceText
  explicit TokenPlaces(std::string_view text, uint32_t base = 0);

  Span SpanOf(const antlr4::Token& token) const;
  Span SpanOf(const antlr4::ParserRuleContext& context) const;
  std::string_view TextOf(const antlr4::Token& token) const;
  std::string_view TextAt(Span span) const;

 private:
  uint32_t ByteOf(size_t code_point) const;

  std::string_view text_;
  uint32_t base_;
  // Byte offset of every code point; empty when the text is ASCII.
  std::vector<uint32_t> offsets_;
};

// The tokens of one text, white space and comments included, and the end of
// the file as the last one.
class TokenList {
 public:
  // text  borrowed; valid UTF-8
  TokenList(std::string_view text, uint32_t base);

  // Splits the text and reports what is no token. False when there are too
  // many tokens.
  bool Read(Diagnostics* diagnostics);

  // Read said that something is no token.
  bool has_findings() const { return has_findings_; }
  size_t size() const { return kinds_.size(); }
  size_t Kind(size_t i) const { return kinds_[i]; }
  Span SpanOf(size_t i) const { return spans_[i]; }
  std::string_view Text(size_t i) const {
    return text_.substr(spans_[i].begin - base_,
                        spans_[i].end - spans_[i].begin);
  }
  const TokenPlaces& places() const { return places_; }

  // True for the first finding of the segment that token `i` lies in. A text
  // is cut into segments at `;`, `{` and `}`; findings of syntax behind the
  // first of a segment are guesses.
  bool MayReport(size_t i);

  // The tokens that the parser sees, as indices.
  std::vector<uint32_t> Visible() const;

  std::vector<WritComment> Comments() const;

  // Gives the tokens away; everything else stays.
  std::vector<std::unique_ptr<antlr4::Token>> Take() {
    return std::move(tokens_);
  }

 private:
  bool Add(std::unique_ptr<antlr4::Token> token, Diagnostics* diagnostics);
  bool SplitsSet(const antlr4::Token& token) const;
  void CutUnclosed(antlr4::CommonToken* token);
  void Stray(size_t i, Diagnostics* diagnostics);
  void Report(DiagnosticId id, size_t token, Diagnostics* diagnostics,
              std::initializer_list<std::string_view> parts);

  const std::string_view text_;
  const uint32_t base_;
  const TokenPlaces places_;
  antlr4::ANTLRInputStream input_;  // the tokens point into it
  writ_antlr::WritLexer lexer_;
  std::vector<std::unique_ptr<antlr4::Token>> tokens_;
  std::vector<size_t> kinds_;
  std::vector<Span> spans_;
  std::vector<uint32_t> segments_;
  std::vector<bool> reported_;
  uint32_t segment_ = 0;
  // Kinds of the last three visible tokens, the newest first.
  size_t last_[3] = {};
  bool has_findings_ = false;
};

// Reports what no text of the language may hold: too many bytes, invalid UTF-8,
// a byte order mark, NUL, and (without refusing the text) invisible direction
// marks. False when the text cannot be split into tokens.
bool CheckWritBytes(std::string_view text, uint32_t base,
                    Diagnostics* diagnostics);

// Checks the escapes of a string token and reports the first bad one. `inner`
// is what stands between the quotes, at `offset` of the source.
bool CheckWritString(std::string_view inner, uint32_t offset,
                     Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_TOKENS_H_
