// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_DISPLAY_WIDTH_H_
#define WRIT_GRAMMAR_DISPLAY_WIDTH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace writ {

// How many cells of a terminal the code point takes: 2 for the wide characters
// of East Asia and pictures, 0 for marks that combine with the one before, else
// 1. Control characters count as 1.
size_t DisplayWidth(uint32_t code_point);

// The cells of valid UTF-8 without tabs.
size_t DisplayWidth(std::string_view text);

}  // namespace writ

#endif  // WRIT_GRAMMAR_DISPLAY_WIDTH_H_
