// SPDX-License-Identifier: Apache-2.0
// The grammar is flat enough that an item can be laid out from its tokens: a
// statement is cut into clauses at its keywords, and a clause holds at most one
// list that can be broken. Where a comment stands, a line ends; a clause that
// has one inside is laid out as if it did not fit.
#include "grammar/format_writ.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "WritLexer.h"
#include "grammar/format_writ_tokens.h"
#include "grammar/parse_writ.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

using Lexer = writ_antlr::WritLexer;

// What is inside something, or goes on from the line before, stands further to
// the right.
constexpr size_t kMore = 2;

// Tokens [begin, end).
struct Range {
  size_t begin;
  size_t end;
};

// What stands above a line.
enum class Blank {
  kNone,
  kKeep,   // an empty line where the author left one
  kForce,  // an empty line
};

bool IsCloser(size_t kind) {
  return kind == Lexer::RBRACKET || kind == Lexer::RPAREN ||
         kind == Lexer::RBRACE;
}

class Formatter {
 public:
  Formatter(std::vector<FormatToken> tokens, size_t width)
      : tokens_(std::move(tokens)), width_(width) {}

  std::string Run() {
    const size_t last = tokens_.size() - 1;  // the end of the file
    bool was_block = true;
    while (at_ < last) {
      const Range head{at_, SkipAnnotations(at_)};
      const size_t kind = KindAt(head.end);
      const bool is_block = kind == Lexer::POLICY || kind == Lexer::TEMPLATE ||
                            kind == Lexer::TEST;
      const Blank above = is_block || was_block ? Blank::kForce : Blank::kKeep;
      Annotations(head, 0, above);
      TopItem(is_block, above);
      was_block = is_block || kind == Lexer::WRIT;
    }
    Comments(last, 0, Blank::kKeep, Blank::kKeep);
    NewLine(0, false);
    return std::move(out_);
  }

 private:
  size_t KindAt(size_t i) const {
    return tokens_[std::min(i, tokens_.size() - 1)].kind;
  }
  // The first token of that kind from `i` on, or the last token of all.
  size_t Find(size_t i, size_t kind) const {
    while (i + 1 < tokens_.size() && tokens_[i].kind != kind) ++i;
    return i;
  }
  // Behind it; no further than the end of the file.
  size_t Behind(size_t i, size_t kind) const {
    return std::min(Find(i, kind) + 1, tokens_.size() - 1);
  }
  size_t SkipAnnotations(size_t i) const {
    while (KindAt(i) == Lexer::AT) {
      i += 2;
      if (KindAt(i) == Lexer::LPAREN) i = Behind(i, Lexer::RPAREN);
    }
    return i;
  }

  // ---- items ----

  // An annotation stands on a line of its own.
  void Annotations(Range head, size_t indent, Blank above) {
    while (head.begin < head.end) {
      size_t end = head.begin + 2;
      if (KindAt(end) == Lexer::LPAREN) end = Behind(end, Lexer::RPAREN);
      Line(head.begin, indent, AboveItem(above));
      Clause({head.begin, end}, Lexer::LPAREN, indent, indent);
      head.begin = end;
    }
    at_ = head.end;
  }

  // The blank line above an item stands above its first line, be that an
  // annotation or a label.
  Blank AboveItem(Blank above) {
    return std::exchange(item_began_, true) ? Blank::kNone : above;
  }

  void TopItem(bool is_block, Blank above) {
    Line(at_, 0, AboveItem(above));
    const size_t kind = KindAt(at_);
    if (is_block) {
      const Range head{at_, Behind(at_, Lexer::LBRACE)};
      Clause(head, Lexer::LPAREN, 0, 0);
      at_ = head.end;
      Block();
    } else {
      const size_t end =
          Behind(at_, kind == Lexer::SET ? Lexer::RBRACE : Lexer::SEMI);
      Clause({at_, end}, Lexer::LBRACE, 0, 0);
      at_ = end;
    }
    item_began_ = false;
  }

  void Block() {
    Blank above = Blank::kNone;
    while (KindAt(at_) != Lexer::RBRACE && at_ + 1 < tokens_.size()) {
      Annotations({at_, SkipAnnotations(at_)}, kMore, above);
      if (KindAt(at_ + 1) == Lexer::ARROW) {
        Line(at_, kMore, AboveItem(above));
        Clause({at_, at_ + 2}, Lexer::LBRACKET, kMore, kMore);
        at_ += 2;
      }
      const Range item{at_, Behind(at_, Lexer::SEMI)};
      Line(at_, kMore, AboveItem(above));
      BlockItem(item, kMore);
      at_ = item.end;
      item_began_ = false;
      above = Blank::kKeep;
    }
    Comments(at_, kMore, above, Blank::kKeep);
    NewLine(0, false);
    Text(at_++);
  }

  void BlockItem(Range item, size_t indent) {
    switch (KindAt(item.begin)) {
      case Lexer::ALLOW:
      case Lexer::DENY:
        Clauses(item, StatementClauses(item), indent);
        break;
      case Lexer::EXPECT:
        Clauses(item, ExpectationClauses(item), indent);
        break;
      case Lexer::USE:
        Clause(item, Lexer::LPAREN, indent, indent);
        break;
      default:
        Clause(item, Lexer::LBRACKET, indent, indent);
        break;
    }
  }

  // ---- clauses ----

  struct ClausePart {
    Range tokens;
    size_t indent;  // behind the indentation of the item
    size_t close;   // where the closing bracket of a broken list goes
  };

  // Where the clauses of a statement begin. No value is a keyword.
  std::vector<ClausePart> StatementClauses(Range item) {
    std::vector<ClausePart> parts = {{{item.begin, item.begin}, 0, 0}};
    const auto begin_part = [&](size_t at, size_t indent, size_t close) {
      parts.back().tokens.end = at;
      parts.push_back({{at, at}, indent, close});
    };
    tests_ = 0;
    bool in_principals = false;
    size_t depth = 0;
    for (size_t i = item.begin; i < item.end; ++i) {
      switch (KindAt(i)) {
        case Lexer::LBRACKET:
          ++depth;
          break;
        case Lexer::RBRACKET:
          --depth;
          break;
        case Lexer::TO:
          begin_part(i, 2, 2);
          in_principals = true;
          break;
        case Lexer::WHEN:
        case Lexer::ON:
        case Lexer::EXTRA:
        case Lexer::SID:
          begin_part(i, 2, 2);
          in_principals = false;
          tests_ += KindAt(i) == Lexer::WHEN ? 1 : 0;
          break;
        case Lexer::AND:
          begin_part(i, 3, 2);
          ++tests_;
          break;
        case Lexer::COMMA:
          // One type of principals on a line, the types below each other.
          if (in_principals && depth == 0) begin_part(i + 1, 5, 5);
          break;
        default:
          break;
      }
    }
    parts.back().tokens.end = item.end;
    return parts;
  }

  std::vector<ClausePart> ExpectationClauses(Range item) {
    std::vector<ClausePart> parts = {{{item.begin, item.begin}, 0, 0}};
    const auto begin_part = [&](size_t at, size_t indent) {
      parts.back().tokens.end = at;
      parts.push_back({{at, at}, indent, indent});
    };
    tests_ = 0;
    for (size_t i = item.begin; i < item.end; ++i) {
      if (KindAt(i) == Lexer::ON) begin_part(i, 2);
      if (KindAt(i) == Lexer::BECAUSE) {
        begin_part(i, 2);
        break;  // what follows are names, and a name may be any keyword
      }
    }
    parts.back().tokens.end = item.end;
    const Range because = parts.back().tokens;
    constexpr size_t kIndent = 4;
    if (KindAt(because.begin) == Lexer::BECAUSE && !Fits(because, kIndent)) {
      for (size_t i = because.begin; i < because.end; ++i) {
        if (KindAt(i) == Lexer::COMMA) begin_part(i + 1, 10);
      }
      parts.back().tokens.end = item.end;
    }
    return parts;
  }

  // On one line when that is short and has at most one test, else a line for
  // every clause.
  void Clauses(Range item, const std::vector<ClausePart>& parts,
               size_t indent) {
    if (tests_ <= 1 && Fits(item, indent)) {
      Flat(item, indent);
      return;
    }
    for (const ClausePart& part : parts) {
      if (part.tokens.begin > item.begin) {
        Line(part.tokens.begin, indent + part.indent, Blank::kNone);
      }
      Clause(part.tokens, Lexer::LBRACKET, indent + part.indent,
             indent + part.close);
    }
  }

  // A clause whose first token is on its line already. `opener` begins the list
  // that may be broken; its items are indented from `close`.
  void Clause(Range clause, size_t opener, size_t column, size_t close) {
    size_t open = clause.begin;
    while (open < clause.end && KindAt(open) != opener) ++open;
    // The `{` of a block begins no list.
    const bool has_list =
        open + 1 < clause.end &&
        (!IsCloser(KindAt(open + 1)) || !tokens_[open].behind.empty() ||
         !tokens_[open + 1].above.empty());
    if (!has_list || Fits(clause, column)) {
      Flat(clause, close);
      return;
    }
    Flat({clause.begin, open + 1}, close);
    const size_t items = close + kMore;
    bool at_item = true;
    Blank above = Blank::kNone;
    size_t i = open + 1;
    for (; !IsCloser(KindAt(i)); ++i) {
      if (KindAt(i) == Lexer::COMMA) {
        Text(i);
        at_item = true;
        continue;
      }
      if (at_item) {
        Line(i, items, above);
        Text(i);
      } else {
        Next(i, items + kMore);
      }
      at_item = false;
      above = Blank::kKeep;
    }
    // The comma goes before a comment behind the last item.
    if (!at_item) out_ += ",";
    Comments(i, items, above, Blank::kKeep);
    NewLine(close, false);
    Text(i);
    for (++i; i < clause.end; ++i) Next(i, close + kMore);
  }

  // Tokens on one line, but for comments. `indent` is that of the clause.
  void Flat(Range range, size_t indent) {
    for (size_t i = range.begin; i < range.end; ++i) {
      if (IsDroppedComma(i)) continue;
      if (i == range.begin) {
        Text(i);
      } else {
        Next(i, indent + kMore);
      }
    }
  }

  // A comma before the closing bracket belongs to broken lists only.
  bool IsDroppedComma(size_t i) const {
    return KindAt(i) == Lexer::COMMA && IsCloser(KindAt(i + 1)) &&
           tokens_[i].behind.empty() && tokens_[i + 1].above.empty();
  }

  // ---- measuring ----

  bool HasSpaceBefore(size_t i) const {
    const size_t kind = KindAt(i);
    const size_t before = KindAt(i - 1);
    // `{ a, b }`, but `[a, b]` and `{}`.
    if (kind == Lexer::RBRACE) return before != Lexer::LBRACE;
    if (kind == Lexer::COMMA || kind == Lexer::SEMI || IsCloser(kind) ||
        kind == Lexer::LPAREN) {
      return false;
    }
    return before != Lexer::LBRACKET && before != Lexer::LPAREN &&
           before != Lexer::AT;
  }

  // Whether the tokens have no comment between them and fit on a line that
  // begins at `column`, with a column for the comma or semicolon at the end.
  bool Fits(Range range, size_t column) const {
    size_t last = range.end - 1;
    if (KindAt(last) == Lexer::COMMA || KindAt(last) == Lexer::SEMI) {
      if (!tokens_[last].above.empty()) return false;
      --last;
    }
    size_t used = column;
    for (size_t i = range.begin; i <= last && used < width_; ++i) {
      if (i > range.begin) {
        if (!tokens_[i].above.empty() || !tokens_[i - 1].behind.empty()) {
          return false;
        }
        used += HasSpaceBefore(i) ? 1 : 0;
      }
      if (!IsDroppedComma(i)) used += CountCodePoints(tokens_[i].text);
    }
    return used < width_;
  }

  // ---- writing ----

  void NewLine(size_t indent, bool blank) {
    if (!pending_.empty()) {
      out_ += " ";
      out_ += pending_;
      pending_ = {};
    }
    if (out_.empty()) return;
    out_ += blank ? "\n\n" : "\n";
    out_.append(indent, ' ');
  }

  // The comments above token `i`, each on a line of its own.
  void Comments(size_t i, size_t indent, Blank first, Blank rest) {
    for (const FormatComment& comment : tokens_[i].above) {
      NewLine(indent, first == Blank::kForce ||
                          (first == Blank::kKeep && comment.blank_before));
      out_ += comment.text;
      first = rest;
    }
  }

  // Begins the line of token `i`, with the comments above it.
  void Line(size_t i, size_t indent, Blank above) {
    const bool has_comments = !tokens_[i].above.empty();
    Comments(i, indent, above, Blank::kKeep);
    if (has_comments) above = Blank::kKeep;
    NewLine(indent, above == Blank::kForce ||
                        (above == Blank::kKeep && tokens_[i].blank_before));
  }

  // Token `i` behind what is there; a line of its own if comments ask for it.
  void Next(size_t i, size_t indent) {
    if (!tokens_[i].above.empty() || !pending_.empty()) {
      Comments(i, indent, Blank::kNone, Blank::kNone);
      NewLine(indent, false);
    } else if (HasSpaceBefore(i)) {
      out_ += " ";
    }
    Text(i);
  }

  void Text(size_t i) {
    out_ += tokens_[i].text;
    pending_ = tokens_[i].behind;
  }

  const std::vector<FormatToken> tokens_;
  const size_t width_;
  size_t at_ = 0;
  size_t tests_ = 0;          // of the statement at hand
  bool item_began_ = false;   // its first line is out
  std::string_view pending_;  // the comment to end this line with
  std::string out_;
};

}  // namespace

std::optional<std::string> FormatWrit(const SourceText& source, size_t width,
                                      Diagnostics* diagnostics) {
  std::optional<std::vector<FormatToken>> tokens =
      ReadFormatTokens(source.text());
  if (!tokens) {
    SourceText copy = source;
    ParseWrit(&copy, {}, diagnostics);
    return std::nullopt;
  }
  return Formatter(*std::move(tokens), width).Run();
}

}  // namespace writ
