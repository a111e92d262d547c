// SPDX-License-Identifier: Apache-2.0
// Places and texts of single tokens of the Writ language.
#include <algorithm>
#include <string>
#include <vector>

#include "grammar/json_string.h"
#include "grammar/lower_writ.h"
#include "grammar/utf8.h"

namespace writ {

TokenPlaces::TokenPlaces(std::string_view text) : text_(text) {
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

Span TokenPlaces::SpanOf(const antlr4::Token& token) const {
  if (token.getType() == antlr4::Token::EOF) {
    const uint32_t end = static_cast<uint32_t>(text_.size());
    return {end, end};
  }
  return {ByteOf(token.getStartIndex()), ByteOf(token.getStopIndex() + 1)};
}

Span TokenPlaces::SpanOf(const antlr4::ParserRuleContext& context) const {
  // getStart and getStop do not change the context; ANTLR forgot to say so.
  auto& open = const_cast<antlr4::ParserRuleContext&>(context);
  const antlr4::Token* start = open.getStart();
  const antlr4::Token* stop = open.getStop();
  const Span first = SpanOf(*start);
  return {first.begin, stop == nullptr ? first.end : SpanOf(*stop).end};
}

std::string_view TokenPlaces::TextOf(const antlr4::Token& token) const {
  const Span span = SpanOf(token);
  return text_.substr(span.begin, span.end - span.begin);
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

std::string AnnotationText(
    writ_antlr::WritParser::AnnotationContext* annotation,
    const TokenPlaces& places) {
  std::string out =
      "@" + std::string(places.TextOf(*annotation->name()->getStart()));
  if (annotation->LPAREN() == nullptr) return out;
  out += "(";
  const std::vector<writ_antlr::WritParser::ValueContext*> values =
      annotation->value();
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    if (values[i]->JSON() != nullptr) out += "json ";
    out += places.TextOf(*values[i]->getStop());
  }
  return out + ")";
}

}  // namespace writ
