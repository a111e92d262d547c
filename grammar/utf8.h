// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_UTF8_H_
#define WRIT_GRAMMAR_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace writ {

struct CodePoint {
  uint32_t value;
  uint32_t size;  // bytes, 1 to 4
};

// The code point at `at`; the text must be valid UTF-8 and `at` on a boundary.
CodePoint DecodeUtf8(std::string_view text, size_t at);

void AppendUtf8(uint32_t value, std::string* out);

// The offset of the first byte that is not part of well-formed UTF-8 (no
// overlong forms, no surrogates, nothing above U+10FFFF), if any.
std::optional<size_t> InvalidUtf8Offset(std::string_view text);

// Code points of valid UTF-8.
size_t CountCodePoints(std::string_view text);

// The invisible characters that change the direction in which text is shown.
bool IsBidiControl(uint32_t value);
// "U+202E".
std::string BidiControlName(uint32_t value);

}  // namespace writ

#endif  // WRIT_GRAMMAR_UTF8_H_
