// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_JSON_STRING_H_
#define WRIT_GRAMMAR_JSON_STRING_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace writ {

// The four hex digits at `at` as a number, or -1.
int HexQuad(std::string_view text, size_t at);

// What a JSON string (without its quotes) means. Escapes that are no escapes
// stand for themselves, a lone surrogate becomes U+FFFD: the readers report
// both before they ask.
std::string UnescapeJson(std::string_view inner);

// Appends `text` as a JSON string in double quotes. Everything stays readable
// but control characters and the invisible direction marks.
void AppendJsonString(std::string_view text, std::string* out);

// JSON's number grammar.
bool IsJsonNumber(std::string_view text);

}  // namespace writ

#endif  // WRIT_GRAMMAR_JSON_STRING_H_
