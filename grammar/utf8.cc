// SPDX-License-Identifier: Apache-2.0
#include "grammar/utf8.h"

#include <algorithm>

namespace writ {
namespace {

uint32_t ByteAt(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool IsContinuation(std::string_view text, size_t at) {
  return at < text.size() && (ByteAt(text, at) & 0xC0U) == 0x80U;
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text, size_t at) {
  const uint32_t first = ByteAt(text, at);
  if (first < 0x80) return {first, 1};
  const uint32_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t value = first & (0xFFU >> (size + 1));
  for (uint32_t i = 1; i < size; ++i) {
    value = (value << 6) | (ByteAt(text, at + i) & 0x3FU);
  }
  return {value, size};
}

void AppendUtf8(uint32_t value, std::string* out) {
  const auto put = [out](uint32_t byte) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0U | (value >> 6));
    put(0x80U | (value & 0x3FU));
  } else if (value < 0x10000) {
    put(0xE0U | (value >> 12));
    put(0x80U | ((value >> 6) & 0x3FU));
    put(0x80U | (value & 0x3FU));
  } else {
    put(0xF0U | (value >> 18));
    put(0x80U | ((value >> 12) & 0x3FU));
    put(0x80U | ((value >> 6) & 0x3FU));
    put(0x80U | (value & 0x3FU));
  }
}

std::optional<size_t> InvalidUtf8Offset(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const uint32_t first = ByteAt(text, i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first < 0xC2 || first > 0xF4) return i;
    const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (size_t k = 1; k < size; ++k) {
      if (!IsContinuation(text, i + k)) return i;
    }
    const uint32_t value = DecodeUtf8(text, i).value;
    const bool overlong = (size == 3 && value < 0x800) ||
                          (size == 4 && (value < 0x10000 || value > 0x10FFFF));
    if (overlong || (value >= 0xD800 && value < 0xE000)) return i;
    i += size;
  }
  return std::nullopt;
}

size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool IsBidiControl(uint32_t value) {
  return (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069) || value == 0x200E ||
         value == 0x200F || value == 0x061C;
}

std::string BidiControlName(uint32_t value) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string name = "U+";
  for (int shift = 12; shift >= 0; shift -= 4) {
    name.push_back(kHex[(value >> shift) & 15U]);
  }
  return name;
}

}  // namespace writ
