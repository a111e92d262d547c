// SPDX-License-Identifier: Apache-2.0
#include "grammar/display_width.h"

#include <algorithm>
#include <iterator>

#include "grammar/utf8.h"

namespace writ {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Ascending. Blocks rather than single characters: a caret that is one cell off
// under a rare sign does no harm.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
};
constexpr Range kCombining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},   {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

template <size_t kSize>
bool Holds(const Range (&ranges)[kSize], uint32_t value) {
  const Range* at =
      std::upper_bound(std::begin(ranges), std::end(ranges), value,
                       [](uint32_t v, const Range& r) { return v < r.first; });
  return at != std::begin(ranges) && value <= (at - 1)->last;
}

}  // namespace

size_t DisplayWidth(uint32_t code_point) {
  if (code_point < 0x300) return 1;
  if (Holds(kCombining, code_point)) return 0;
  return Holds(kWide, code_point) ? 2 : 1;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    width += DisplayWidth(point.value);
    i += point.size;
  }
  return width;
}

}  // namespace writ
