// SPDX-License-Identifier: Apache-2.0
#include "grammar/format_writ_tokens.h"

#include <memory>
#include <string>
#include <utility>

#include "WritLexer.h"
#include "WritParser.h"
#include "antlr4-runtime.h"
#include "base/limits.h"
#include "grammar/lower_writ.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

using Lexer = writ_antlr::WritLexer;
using antlr4::Token;

// Collects tokens and gives each its comments.
class Collector {
 public:
  void Space(std::string_view text) {
    // \r\n is one line break, and so is \r alone.
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n' || (text[i] == '\r' && text.substr(i, 2) != "\r\n")) {
        ++line_breaks_;
      }
    }
  }

  void Comment(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(" \t") + 1);
    if (line_breaks_ == 0 && above_.empty() && !tokens_.empty()) {
      tokens_.back().behind = text;
    } else {
      above_.push_back({text, line_breaks_ > 1});
    }
    line_breaks_ = 0;
  }

  void Visible(size_t kind, std::string_view text) {
    FormatToken token;
    token.kind = kind;
    token.text = text;
    token.above = std::exchange(above_, {});
    token.blank_before = line_breaks_ > 1;
    line_breaks_ = 0;
    tokens_.push_back(std::move(token));
  }

  std::vector<FormatToken> Take() { return std::move(tokens_); }

 private:
  std::vector<FormatToken> tokens_;
  std::vector<FormatComment> above_;
  size_t line_breaks_ = 0;
};

// Moves the comments between the token before `at` and `at` behind `at`.
void MoveCommentsBehind(size_t at, std::vector<FormatToken>* tokens) {
  FormatToken& before = (*tokens)[at - 1];
  FormatToken& token = (*tokens)[at];
  std::vector<FormatComment> comments;
  if (!before.behind.empty()) comments.push_back({before.behind});
  const bool first_is_behind = !comments.empty() || token.above.empty();
  comments.insert(comments.end(), token.above.begin(), token.above.end());
  if (!token.behind.empty()) comments.push_back({token.behind});
  if (comments.empty()) return;

  before.behind = {};
  token.above.clear();
  token.behind = {};
  auto rest = comments.begin();
  if (first_is_behind) token.behind = (rest++)->text;
  FormatToken& after = (*tokens)[at + 1];
  after.above.insert(after.above.begin(), rest, comments.end());
}

void MoveComments(std::vector<FormatToken>* tokens) {
  // The end of the file is the last token, so that `i + 1` is one.
  for (size_t i = 1; i + 1 < tokens->size(); ++i) {
    const size_t kind = (*tokens)[i].kind;
    const bool own_line = !(*tokens)[i].above.empty();
    if (kind == Lexer::COMMA ||
        (!own_line && (kind == Lexer::SEMI || kind == Lexer::LBRACE ||
                       kind == Lexer::ARROW))) {
      MoveCommentsBehind(i, tokens);
    }
  }
}

}  // namespace

std::optional<std::vector<FormatToken>> ReadFormatTokens(
    std::string_view text) {
  // What ParseWrit refuses before it looks at tokens.
  if (InvalidUtf8Offset(text) || text.starts_with("\xEF\xBB\xBF") ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const TokenPlaces places(text);
  antlr4::ANTLRInputStream input{std::string(text)};
  Lexer lexer(&input);
  lexer.removeErrorListeners();
  std::vector<std::unique_ptr<Token>> antlr_tokens;
  Collector collector;
  for (bool end = false; !end;) {
    std::unique_ptr<Token> token = lexer.nextToken();
    const size_t kind = token->getType();
    end = kind == Token::EOF;
    if (antlr_tokens.size() >= kMaxDslTokens || kind == Lexer::STRAY ||
        kind == Lexer::UNCLOSED) {
      return std::nullopt;
    }
    if (kind == Lexer::SPACE) {
      collector.Space(places.TextOf(*token));
    } else if (kind == Lexer::COMMENT) {
      collector.Comment(places.TextOf(*token));
    } else {
      collector.Visible(kind, places.TextOf(*token));
    }
    antlr_tokens.push_back(std::move(token));
  }

  antlr4::ListTokenSource list(std::move(antlr_tokens));
  antlr4::CommonTokenStream stream(&list);
  writ_antlr::WritParser parser(&stream);
  parser.removeErrorListeners();
  parser.setBuildParseTree(false);
  parser.file();
  if (parser.getNumberOfSyntaxErrors() > 0) return std::nullopt;

  std::vector<FormatToken> tokens = collector.Take();
  MoveComments(&tokens);
  return tokens;
}

}  // namespace writ
