// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_UTF8_H_
#define WRIT_AUTHZ_PROGRAM_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace writ {

// Whether `byte` can only stand inside a code point, never at its start.
constexpr bool IsUtf8Tail(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// The size of the well-formed code point at `at` (neither overlong nor a
// surrogate nor past U+10FFFF), or 0 when the bytes there are not one.
//
// at  less than text.size()
constexpr size_t Utf8CodePointBytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  // The second byte's range is what rules out the ill-formed values.
  unsigned low = 0x80;
  unsigned high = 0xbf;
  size_t size = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

// The offset of the first byte that is not well-formed UTF-8, or npos.
inline size_t FindInvalidUtf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes of it at once.
    uint64_t word = kHighBits;
    if (text.size() - at >= sizeof(word)) {
      std::memcpy(&word, text.data() + at, sizeof(word));
    }
    if ((word & kHighBits) == 0) {
      at += sizeof(word);
      continue;
    }
    const size_t size = Utf8CodePointBytes(text, at);
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

// What `?` stands for at `at` (R42): a well-formed code point, else one byte.
constexpr size_t CharacterBytes(std::string_view text, size_t at) {
  const size_t size = Utf8CodePointBytes(text, at);
  return size == 0 ? 1 : size;
}

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_UTF8_H_
