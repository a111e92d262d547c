// SPDX-License-Identifier: Apache-2.0
// Bytes and tokens of the Writ language: what stands where, and what is no
// token at all.
#include "grammar/writ_tokens.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/utf8.h"

namespace writ {

using Lexer = writ_antlr::WritLexer;
using antlr4::Token;

TokenPlaces::TokenPlaces(std::string_view text, uint32_t base)
    : text_(text), base_(base) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0x80U) == 0;
  });
  if (ascii) return;
  for (size_t i = 0; i < text.size(); i += DecodeUtf8(text, i).size) {
    offsets_.push_back(static_cast<uint32_t>(i));
  }
}

uint32_t TokenPlaces::ByteOf(size_t code_point) const {
  const uint32_t end = static_cast<uint32_t>(text_.size());
  if (offsets_.empty()) {
    return code_point < end ? static_cast<uint32_t>(code_point) : end;
  }
  return code_point < offsets_.size() ? offsets_[code_point] : end;
}

Span TokenPlaces::SpanOf(const Token& token) const {
  if (token.getType() == Token::EOF) {
    const uint32_t end = base_ + static_cast<uint32_t>(text_.size());
    return {end, end};
  }
  return {base_ + ByteOf(token.getStartIndex()),
          base_ + ByteOf(token.getStopIndex() + 1)};
}

Span TokenPlaces::SpanOf(const antlr4::ParserRuleContext& context) const {
  // getStart and getStop do not change the context; ANTLR forgot to say so.
  auto& open = const_cast<antlr4::ParserRuleContext&>(context);
  const Token* start = open.getStart();
  const Token* stop = open.getStop();
  const Span first = SpanOf(*start);
  return {first.begin, stop == nullptr ? first.end : SpanOf(*stop).end};
}

std::string_view TokenPlaces::TextOf(const Token& token) const {
  return TextAt(SpanOf(token));
}

std::string_view TokenPlaces::TextAt(Span span) const {
  return text_.substr(span.begin - base_, span.end - span.begin);
}

TokenList::TokenList(std::string_view text, uint32_t base)
    : text_(text),
      base_(base),
      places_(text, base),
      input_(std::string(text)),
      lexer_(&input_) {
  lexer_.removeErrorListeners();
}

bool TokenList::Read(Diagnostics* diagnostics) {
  while (true) {
    std::unique_ptr<Token> token = lexer_.nextToken();
    const bool end = token->getType() == Token::EOF;
    if (token->getType() == Lexer::UNCLOSED) {
      // The factory of the lexer makes no others.
      CutUnclosed(static_cast<antlr4::CommonToken*>(token.get()));
    }
    if (SplitsSet(*token)) {
      const size_t first = token->getStartIndex();
      const size_t last = token->getStopIndex();
      const auto part = [&token](size_t kind, size_t begin, size_t stop) {
        auto made = std::make_unique<antlr4::CommonToken>(token.get());
        made->setType(kind);
        made->setStartIndex(begin);
        made->setStopIndex(stop);
        return made;
      };
      if (!Add(part(Lexer::LBRACE, first, first), diagnostics) ||
          !Add(part(Lexer::WORD, first + 1, last - 1), diagnostics) ||
          !Add(part(Lexer::RBRACE, last, last), diagnostics)) {
        return false;
      }
      continue;
    }
    if (!Add(std::move(token), diagnostics)) return false;
    if (end) break;
  }
  return true;
}

bool TokenList::Add(std::unique_ptr<Token> token, Diagnostics* diagnostics) {
  const size_t i = kinds_.size();
  const size_t kind = token->getType();
  if (i >= kMaxDslTokens) {
    diagnostics->Add(Diagnose(DiagnosticId::kTooMany, places_.SpanOf(*token),
                              "", {std::to_string(kMaxDslTokens), "tokens"}));
    return false;
  }
  kinds_.push_back(kind);
  spans_.push_back(places_.SpanOf(*token));
  segments_.push_back(segment_);
  reported_.resize(segment_ + 1);
  if (kind == Lexer::SEMI || kind == Lexer::LBRACE || kind == Lexer::RBRACE) {
    ++segment_;
  }
  if (kind == Lexer::UNCLOSED) {
    Report(DiagnosticId::kWritString, i, diagnostics,
           {"this text is not closed on its line", "add the closing quote"});
    static_cast<antlr4::CommonToken*>(token.get())->setType(Lexer::STRING);
    kinds_[i] = Lexer::STRING;
  } else if (kind == Lexer::STRAY) {
    Stray(i, diagnostics);
    static_cast<antlr4::CommonToken*>(token.get())
        ->setChannel(Token::HIDDEN_CHANNEL);
  } else if (kind != Lexer::SPACE && kind != Lexer::COMMENT) {
    last_[2] = last_[1];
    last_[1] = last_[0];
    last_[0] = kind;
  }
  tokens_.push_back(std::move(token));
  return true;
}

// `set Name = {team}` is a set of one.
bool TokenList::SplitsSet(const Token& token) const {
  if (token.getType() != Lexer::WORD || last_[0] != Lexer::ASSIGN ||
      last_[2] != Lexer::SET) {
    return false;
  }
  const std::string_view text = places_.TextOf(token);
  return text.front() == '{' && text.find('}') == text.size() - 1;
}

// Of `"oss:Get on *;` only `"oss:Get` was likely meant: what follows is read
// as if the quote stood there, so that it makes no findings of its own.
void TokenList::CutUnclosed(antlr4::CommonToken* token) {
  const std::string_view text = places_.TextOf(*token);
  const size_t cut = text.find_first_of(" \t,;])", 1);
  if (cut == std::string_view::npos) return;
  const size_t points = CountCodePoints(text.substr(0, cut));
  token->setStopIndex(token->getStartIndex() + points - 1);
  input_.seek(token->getStopIndex() + 1);
}

void TokenList::Report(DiagnosticId id, size_t token, Diagnostics* diagnostics,
                       std::initializer_list<std::string_view> parts) {
  has_findings_ = true;
  if (!MayReport(token)) return;
  diagnostics->Add(Diagnose(id, spans_[token], "", parts));
}

void TokenList::Stray(size_t i, Diagnostics* diagnostics) {
  const std::string_view text = Text(i);
  std::string_view help = "put text with such characters in double quotes";
  if (text == "'") {
    help = "text stands in double quotes";
  } else if (text == "#" || text == "/") {
    help = "comments begin with `//`";
  } else if (text == "|" || text == "&") {
    help = "tests are joined with `and`; several values stand in brackets";
  } else if (text == "!") {
    help = "write `!=`, `not like` or `not within`";
  } else if (text == "$") {
    help = "a set is called by its name: `$Name`";
  }
  const std::string shown = "`" + Excerpt(text) + "`";
  Report(DiagnosticId::kWritCharacter, i, diagnostics, {shown, help});
}

bool TokenList::MayReport(size_t i) {
  const size_t segment = segments_[std::min(i, segments_.size() - 1)];
  const bool first = !reported_[segment];
  reported_[segment] = true;
  return first;
}

std::vector<uint32_t> TokenList::Visible() const {
  std::vector<uint32_t> visible;
  for (size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] != Lexer::SPACE && kinds_[i] != Lexer::COMMENT &&
        kinds_[i] != Lexer::STRAY) {
      visible.push_back(static_cast<uint32_t>(i));
    }
  }
  return visible;
}

std::vector<WritComment> TokenList::Comments() const {
  std::vector<WritComment> comments;
  bool own_line = true;  // nothing but space since the line began
  for (size_t i = 0; i < size(); ++i) {
    const std::string_view text = Text(i);
    if (Kind(i) == Lexer::SPACE) {
      own_line = own_line || text.find('\n') != std::string_view::npos;
    } else if (Kind(i) == Lexer::COMMENT) {
      WritComment comment{std::string(text), SpanOf(i), own_line};
      comment.text.resize(comment.text.find_last_not_of(" \t") + 1);
      comments.push_back(std::move(comment));
    } else {
      own_line = false;
    }
  }
  return comments;
}

bool CheckWritBytes(std::string_view text, uint32_t base,
                    Diagnostics* diagnostics) {
  const auto refuse = [&](DiagnosticId id, size_t at, uint32_t size,
                          std::initializer_list<std::string_view> parts) {
    const uint32_t begin = base + static_cast<uint32_t>(at);
    diagnostics->Add(Diagnose(id, {begin, begin + size}, "", parts));
    return false;
  };
  if (text.size() > kMaxPolicyTextBytes) {
    return refuse(
        DiagnosticId::kTextTooLarge, 0, 0,
        {std::to_string(text.size()), std::to_string(kMaxPolicyTextBytes)});
  }
  if (const auto bad = InvalidUtf8Offset(text)) {
    return refuse(DiagnosticId::kBadText, *bad, 1,
                  {"this byte is not UTF-8", "save the file as UTF-8"});
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return refuse(DiagnosticId::kBadText, 0, 3,
                  {"the text begins with a byte order mark",
                   "save the file as UTF-8 without BOM"});
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return refuse(DiagnosticId::kBadText, nul, 1,
                  {"a NUL character", "remove it"});
  }
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    if (IsBidiControl(point.value)) {
      refuse(DiagnosticId::kBidiControl, i, point.size,
             {BidiControlName(point.value)});
    }
    i += point.size;
  }
  return true;
}

bool CheckWritString(std::string_view inner, uint32_t offset,
                     Diagnostics* diagnostics) {
  const auto fail = [&](size_t begin, size_t end, std::string_view what,
                        std::string_view help) {
    diagnostics->Add(Diagnose(DiagnosticId::kWritString,
                              {offset + static_cast<uint32_t>(begin),
                               offset + static_cast<uint32_t>(end)},
                              "", {what, help}));
    return false;
  };
  for (size_t i = 0; i < inner.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(inner[i]);
    if (c < 0x20) {
      return fail(i, i + 1, "a control character in a text",
                  "write \\t for a tab; others do not belong into a policy");
    }
    if (c != '\\') continue;
    const size_t begin = i++;
    const char escape = i < inner.size() ? inner[i] : '\0';
    if (std::string_view("\"\\/bfnrt").find(escape) != std::string_view::npos &&
        escape != '\0') {
      continue;
    }
    const int unit = escape == 'u' ? HexQuad(inner, i + 1) : -1;
    if (unit < 0) {
      return fail(begin, std::min(i + 1, inner.size()),
                  "an escape that the language does not know",
                  "there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX");
    }
    i += 4;
    if (unit == 0) {
      return fail(begin, i + 1, "a NUL character in a text", "remove it");
    }
    if (unit < 0xD800 || unit >= 0xE000) continue;
    const int second = unit < 0xDC00 && inner.substr(i + 1, 2) == "\\u"
                           ? HexQuad(inner, i + 3)
                           : -1;
    if (second < 0xDC00 || second >= 0xE000) {
      return fail(begin, i + 1, "half of a surrogate pair",
                  "write the character itself");
    }
    i += 6;
  }
  return true;
}

}  // namespace writ
