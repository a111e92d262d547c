// SPDX-License-Identifier: Apache-2.0
// Reads the Writ language with the parser that ANTLR makes from Writ.g4. The
// text is judged in four steps, each of which sees only what the one before
// let through: bytes, tokens, the parse tree, the policy tree (lower_writ.cc).
// A file is cut into segments at `;`, `{` and `}`; each segment gets at most
// one finding of syntax, because those after the first are guesses.
#include "grammar/parse_writ.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "WritLexer.h"
#include "WritParser.h"
#include "antlr4-runtime.h"
#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/lower_writ.h"
#include "grammar/members.h"
#include "grammar/operators.h"
#include "grammar/utf8.h"
#include "grammar/value.h"
#include "grammar/writ_expected.h"

namespace writ {
namespace {

using Lexer = writ_antlr::WritLexer;
using Parser = writ_antlr::WritParser;
using antlr4::Token;

// The tokens of a file and what is known about each before parsing.
class TokenList {
 public:
  explicit TokenList(std::string_view text)
      : text_(text), places_(text), input_(std::string(text)), lexer_(&input_) {
    lexer_.removeErrorListeners();
  }

  // Splits the text. False when there are too many tokens.
  bool Read(Diagnostics* diagnostics) {
    size_t segment = 0;
    while (true) {
      std::unique_ptr<Token> token = lexer_.nextToken();
      const bool end = token->getType() == Token::EOF;
      if (tokens_.size() >= kMaxDslTokens) {
        diagnostics->Add(Diagnose(DiagnosticId::kTooMany,
                                  places_.SpanOf(*token), "",
                                  {std::to_string(kMaxDslTokens), "tokens"}));
        return false;
      }
      kinds_.push_back(token->getType());
      spans_.push_back(places_.SpanOf(*token));
      segments_.push_back(segment);
      if (kinds_.back() == Lexer::SEMI || kinds_.back() == Lexer::LBRACE ||
          kinds_.back() == Lexer::RBRACE) {
        ++segment;
      }
      tokens_.push_back(std::move(token));
      if (end) break;
    }
    reported_.assign(segment + 1, false);
    return true;
  }

  size_t size() const { return kinds_.size(); }
  size_t Kind(size_t i) const { return kinds_[i]; }
  Span SpanOf(size_t i) const { return spans_[i]; }
  std::string_view Text(size_t i) const {
    return text_.substr(spans_[i].begin, spans_[i].end - spans_[i].begin);
  }
  bool IsVisible(size_t i) const {
    return kinds_[i] != Lexer::SPACE && kinds_[i] != Lexer::COMMENT;
  }
  const TokenPlaces& places() const { return places_; }

  // True for the first finding of the segment that token `i` lies in.
  bool MayReport(size_t i) {
    const size_t segment = segments_[std::min(i, segments_.size() - 1)];
    const bool first = !reported_[segment];
    reported_[segment] = true;
    return first;
  }

  // Keeps the token out of the parser's sight.
  void Hide(size_t i) { Writable(i)->setChannel(Token::HIDDEN_CHANNEL); }
  void Retype(size_t i, size_t kind) {
    Writable(i)->setType(kind);
    kinds_[i] = kind;
  }

  std::vector<std::unique_ptr<Token>> Take() { return std::move(tokens_); }

 private:
  antlr4::CommonToken* Writable(size_t i) {
    // The factory of the lexer makes no others.
    return static_cast<antlr4::CommonToken*>(tokens_[i].get());
  }

  const std::string_view text_;
  const TokenPlaces places_;
  antlr4::ANTLRInputStream input_;  // the tokens point into it
  Lexer lexer_;
  std::vector<std::unique_ptr<Token>> tokens_;
  std::vector<size_t> kinds_;
  std::vector<Span> spans_;
  std::vector<size_t> segments_;
  std::vector<bool> reported_;
};

// Findings that the tokens alone show.
class TokenCheck {
 public:
  TokenCheck(TokenList* tokens, Diagnostics* diagnostics)
      : tokens_(tokens), diagnostics_(diagnostics) {}

  // False when there was a finding.
  bool Run() {
    for (size_t i = 0; i < tokens_->size(); ++i) {
      if (!tokens_->IsVisible(i)) continue;
      switch (tokens_->Kind(i)) {
        case Lexer::UNCLOSED:
          Report(
              DiagnosticId::kWritString, i,
              {"this text is not closed on its line", "add the closing quote"});
          tokens_->Retype(i, Lexer::STRING);
          break;
        case Lexer::STRAY:
          Stray(i);
          break;
        case Lexer::LBRACE:
          ++depth_;
          at_item_ = true;
          break;
        case Lexer::RBRACE:
          depth_ -= depth_ > 0 ? 1 : 0;
          at_item_ = true;
          break;
        case Lexer::SEMI:
          at_item_ = true;
          break;
        case Lexer::WORD:
          if (at_item_) i = ItemWord(i);
          break;
        default:
          if (at_item_ && (IsMisplacedKeyword(tokens_->Kind(i)) ||
                           (tokens_->Kind(i) >= Lexer::IMPORT &&
                            tokens_->Kind(i) <= Lexer::BECAUSE))) {
            i = ItemWord(i);
          }
          at_item_ = false;
          break;
      }
    }
    return clean_;
  }

 private:
  void Report(DiagnosticId id, size_t token,
              std::initializer_list<std::string_view> parts) {
    clean_ = false;
    if (!tokens_->MayReport(token)) return;
    diagnostics_->Add(Diagnose(id, tokens_->SpanOf(token), "", parts));
  }

  void Stray(size_t i) {
    const std::string_view text = tokens_->Text(i);
    std::string_view help = "put text with such characters in double quotes";
    if (text == "'") {
      help = "text stands in double quotes";
    } else if (text == "#" || text == "/") {
      help = "comments begin with `//`";
    } else if (text == "|" || text == "&") {
      help = "tests are joined with `and`; several values stand in brackets";
    } else if (text == "!") {
      help = "write `!=`, `not like` or `not within`";
    }
    const std::string shown = "`" + Excerpt(text) + "`";
    Report(DiagnosticId::kWritCharacter, i, {shown, help});
    tokens_->Hide(i);
  }

  // Keywords other than these begin no item of a policy.
  bool IsMisplacedKeyword(size_t kind) const {
    return depth_ == 1 && kind >= Lexer::WRIT && kind <= Lexer::JSON &&
           kind != Lexer::ALLOW && kind != Lexer::DENY &&
           kind != Lexer::EXTRA && kind != Lexer::VERSION;
  }

  // A word where a policy or a statement should begin, and what comes of it.
  // The token becomes what was likely meant, so that the rest can be read.
  size_t ItemWord(size_t i) {
    const size_t end = SkipLater(i);
    if (at_item_ || NextKind(i) == Lexer::ARROW || depth_ > 1) return end;
    const std::string found = "`" + Excerpt(tokens_->Text(i)) + "`";
    if (depth_ == 1) {
      const Expectation wanted{"`allow` or `deny`", {"allow", "deny"}};
      Report(DiagnosticId::kWritUnexpected, i,
             {wanted.text, found, HelpFor(tokens_->Text(i), wanted)});
      tokens_->Retype(i, Lexer::ALLOW);
      return i;
    }
    const Expectation wanted{"`policy`", {"policy"}};
    const std::string help = HelpFor(tokens_->Text(i), wanted);
    Report(DiagnosticId::kWritUnexpected, i, {wanted.text, found, help});
    if (!help.empty()) {
      tokens_->Retype(i, Lexer::POLICY);
      return i;
    }
    at_item_ = true;
    return Skip(i, false);
  }

  // Constructs that the language will have: said so, and read over.
  size_t SkipLater(size_t i) {
    struct Later {
      std::string_view word;
      size_t depth;
      bool block;
      std::string_view what;
      std::string_view help;
    };
    constexpr Later kLater[] = {
        {"import", 0, false, "imports are", "copy what is needed"},
        {"let", 0, false, "constants are", "write the value where it is used"},
        {"set", 0, true, "sets are", "write the list where it is used"},
        {"template", 0, true, "templates are", "write the statements out"},
        {"test", 0, true, "tests inside a policy file are",
         "decide requests with `writ eval`"},
        {"use", 1, false, "templates are", "write the statements out"},
    };
    at_item_ = false;
    for (const Later& later : kLater) {
      if (later.word != tokens_->Text(i) || later.depth != depth_ ||
          NextKind(i) == Lexer::ARROW) {
        continue;
      }
      Report(DiagnosticId::kNotInThisVersion, i, {later.what, later.help});
      at_item_ = true;
      return Skip(i, later.block);
    }
    return i;
  }

  size_t NextKind(size_t i) const {
    do {
      ++i;
    } while (i < tokens_->size() && !tokens_->IsVisible(i));
    return i < tokens_->size() ? tokens_->Kind(i) : Token::EOF;
  }

  // Hides tokens up to the `;`, or to the end of a block in braces.
  size_t Skip(size_t i, bool block) {
    size_t depth = 0;
    for (;; ++i) {
      const size_t kind = tokens_->Kind(i);
      if (kind == Token::EOF) return i - 1;
      tokens_->Hide(i);
      if (kind == Lexer::LBRACE) ++depth;
      if (kind == Lexer::RBRACE && (depth == 0 || --depth == 0)) return i;
      if (kind == Lexer::SEMI && depth == 0 && !block) return i;
    }
  }

  TokenList* const tokens_;
  Diagnostics* const diagnostics_;
  size_t depth_ = 0;
  bool at_item_ = true;
  bool clean_ = true;
};

// Says what the parser did not understand.
class SyntaxListener final : public antlr4::BaseErrorListener {
 public:
  SyntaxListener(TokenList* tokens, Diagnostics* diagnostics)
      : tokens_(tokens), diagnostics_(diagnostics) {}

  void syntaxError(antlr4::Recognizer* recognizer, Token* offending,
                   size_t /*line*/, size_t /*column*/,
                   const std::string& /*message*/,
                   std::exception_ptr /*error*/) override {
    const size_t index = offending->getTokenIndex();
    if (!tokens_->MayReport(index)) return;
    const bool end = tokens_->Kind(index) == Token::EOF;
    const std::string found =
        end ? "the end of the file" : "`" + Excerpt(tokens_->Text(index)) + "`";
    const size_t before =
        index > 0 ? tokens_->Kind(PreviousVisible(index)) : size_t{Lexer::SEMI};
    // Behind `allow` a label could still follow, which is not what is missing.
    const Expectation wanted =
        before == Lexer::ALLOW || before == Lexer::DENY
            ? Expectation{"an action", {}}
            : ExpectedBy(static_cast<Parser*>(recognizer));
    Span span = tokens_->SpanOf(index);
    if (end && index > 0) {
      const Span last = tokens_->SpanOf(PreviousVisible(index));
      span = {last.end > last.begin ? last.end - 1 : last.begin, last.end};
    }
    diagnostics_->Add(
        Diagnose(DiagnosticId::kWritUnexpected, span, "",
                 {wanted.text, found, HelpFor(tokens_->Text(index), wanted)}));
  }

 private:
  size_t PreviousVisible(size_t i) const {
    while (i > 0) {
      --i;
      if (tokens_->IsVisible(i)) return i;
    }
    return 0;
  }

  TokenList* const tokens_;
  Diagnostics* const diagnostics_;
};

bool Preflight(std::string_view text, Diagnostics* diagnostics) {
  if (text.size() > kMaxPolicyTextBytes) {
    diagnostics->Add(Diagnose(
        DiagnosticId::kTextTooLarge, {0, 0}, "",
        {std::to_string(text.size()), std::to_string(kMaxPolicyTextBytes)}));
    return false;
  }
  if (const auto bad = FindInvalidUtf8(text)) {
    const uint32_t at = static_cast<uint32_t>(*bad);
    diagnostics->Add(
        Diagnose(DiagnosticId::kBadText, {at, at + 1}, "",
                 {"this byte is not UTF-8", "save the file as UTF-8"}));
    return false;
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    diagnostics->Add(Diagnose(DiagnosticId::kBadText, {0, 3}, "",
                              {"the text begins with a byte order mark",
                               "save the file as UTF-8 without BOM"}));
    return false;
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const uint32_t at = static_cast<uint32_t>(nul);
    diagnostics->Add(Diagnose(DiagnosticId::kBadText, {at, at + 1}, "",
                              {"a NUL character", "remove it"}));
    return false;
  }
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    if (IsBidiControl(point.value)) {
      const uint32_t at = static_cast<uint32_t>(i);
      diagnostics->Add(Diagnose(DiagnosticId::kBidiControl,
                                {at, at + point.size}, "",
                                {BidiControlName(point.value)}));
    }
    i += point.size;
  }
  return true;
}

// Comments, which the parse tree does not have.
std::vector<WritComment> CollectComments(const TokenList& tokens) {
  std::vector<WritComment> comments;
  bool own_line = true;  // nothing but space since the line began
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = tokens.Text(i);
    if (tokens.Kind(i) == Lexer::SPACE) {
      own_line = own_line || text.find('\n') != std::string_view::npos;
    } else if (tokens.Kind(i) == Lexer::COMMENT) {
      WritComment comment{std::string(text), tokens.SpanOf(i), own_line};
      comment.text.resize(comment.text.find_last_not_of(" \t") + 1);
      comments.push_back(std::move(comment));
    } else {
      own_line = false;
    }
  }
  return comments;
}

}  // namespace

bool IsBareWord(std::string_view text) {
  if (text == "*") return true;
  if (text.empty() || text.find_first_of(".:") == std::string_view::npos ||
      text.find("//") != std::string_view::npos) {
    return false;
  }
  const auto is_start = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '_' || c == '*' || c == '?';
  };
  return is_start(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_start(c) || std::string_view(".:/+%~@-").find(c) !=
                                     std::string_view::npos;
         });
}

bool IsWritName(std::string_view text) {
  if (text.empty() || text[0] == '-' || FindInvalidUtf8(text)) return false;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    const char c = static_cast<char>(point.value < 0x80 ? point.value : 'a');
    if (point.value > 0xFFFF || IsBidiControl(point.value) ||
        !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
          (c >= 'A' && c <= 'Z') || c == '_' || c == '-')) {
      return false;
    }
    i += point.size;
  }
  return true;
}

std::optional<WritFile> ParseWrit(SourceText* source,
                                  const WritImportReader& /*read*/,
                                  Diagnostics* diagnostics) {
  if (!Preflight(source->text(), diagnostics)) return std::nullopt;
  TokenList tokens(source->text());
  if (!tokens.Read(diagnostics)) return std::nullopt;
  const bool tokens_are_clean = TokenCheck(&tokens, diagnostics).Run();

  antlr4::ListTokenSource list(tokens.Take());
  antlr4::CommonTokenStream stream(&list);
  Parser parser(&stream);
  SyntaxListener listener(&tokens, diagnostics);
  parser.removeErrorListeners();
  parser.addErrorListener(&listener);
  Parser::FileContext* tree = parser.file();
  // After an error the tree may lack what the grammar promises.
  if (!tokens_are_clean || parser.getNumberOfSyntaxErrors() > 0) {
    return std::nullopt;
  }

  WritFile file;
  std::optional<std::vector<ast::Policy>> policies =
      LowerWrit(tree, tokens.places(), diagnostics);
  if (!policies) return std::nullopt;
  file.policies = *std::move(policies);
  file.own_policies = file.policies.size();
  if (tree->header() != nullptr) {
    file.header = tokens.places().SpanOf(*tree->header());
  }
  file.comments = CollectComments(tokens);
  return file;
}

}  // namespace writ
