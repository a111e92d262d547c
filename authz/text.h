// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_TEXT_H_
#define WRIT_AUTHZ_TEXT_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace writ {

// 'A' to 'Z' become lower case; every other byte is itself (R42).
constexpr char FoldAscii(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a')
                                    : byte;
}

// FoldAscii of the eight bytes of a word.
constexpr uint64_t FoldAsciiWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighs = 0x80 * kOnes;
  const uint64_t sevens = word & ~kHighs;
  // The high bit of a byte says: not below 'A', above 'Z'. Neither sum carries
  // into the next byte.
  const uint64_t from_a = sevens + (0x80 - 'A') * kOnes;
  const uint64_t past_z = sevens + (0x7f - 'Z') * kOnes;
  const uint64_t upper = (from_a ^ past_z) & ~word & kHighs;
  return word | (upper >> 2);
}

// The bytes from `at`, as many as a Word has.
template <typename Word>
Word LoadWord(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof(Word));
  return word;
}

// Which of the eight bytes of a word are `byte`: their high bits. Exact for the
// lowest of them, which is what an asker may look at.
constexpr uint64_t BytesThatAre(uint64_t word, char byte) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighs = 0x80 * kOnes;
  const uint64_t other = word ^ kOnes * static_cast<unsigned char>(byte);
  return (other - kOnes) & ~other & kHighs;
}

// Where `byte` stands in `text` from `from` on, or npos. Eight bytes at a time
// and without a call: for bytes that are near.
inline size_t FindNear(std::string_view text, char byte, size_t from) {
  size_t at = from;
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t found =
        BytesThatAre(LoadWord<uint64_t>(text.data() + at), byte);
    if (found != 0) {
      return at + static_cast<size_t>(std::countr_zero(found)) / 8;
    }
  }
  if (at < text.size() && text.size() >= 8) {
    // The last eight bytes; those before `at` do not count.
    const size_t last = text.size() - 8;
    const uint64_t found = BytesThatAre(
        LoadWord<uint64_t>(text.data() + last) >> 8 * (at - last), byte);
    const size_t place = at + static_cast<size_t>(std::countr_zero(found)) / 8;
    // Zeros were shifted in behind the text.
    return found != 0 && place < text.size() ? place : std::string_view::npos;
  }
  for (; at < text.size(); ++at) {
    if (text[at] == byte) return at;
  }
  return std::string_view::npos;
}

// Bit i is set when text[i] is `byte`, for the first 64 bytes.
inline uint64_t PlacesOf(std::string_view text, char byte) {
  const size_t size = text.size() < 64 ? text.size() : 64;
  uint64_t places = 0;
  size_t at = 0;
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi8(byte);
  const auto sixteen = [&](size_t from) {
    __m128i bytes;
    std::memcpy(&bytes, text.data() + from, sizeof(bytes));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
    places |= uint64_t{static_cast<uint32_t>(found)} << from;
  };
  for (; at + 16 <= size; at += 16) sixteen(at);
  if (at < size && size >= 16) {
    sixteen(size - 16);
    at = size;
  }
#endif
  for (; at < size; ++at) {
    if (text[at] == byte) places |= uint64_t{1} << at;
  }
  return places;
}

// Whether `size` bytes are the same. For the short texts of keys and labels,
// which memcmp's call would cost more than the comparison.
inline bool EqualBytes(const char* a, const char* b, size_t size) {
  if (size >= 64) return std::memcmp(a, b, size) == 0;
  if (size >= 8) {
    size_t at = 0;
    for (; at + 8 < size; at += 8) {
      if (LoadWord<uint64_t>(a + at) != LoadWord<uint64_t>(b + at)) {
        return false;
      }
    }
    return LoadWord<uint64_t>(a + size - 8) == LoadWord<uint64_t>(b + size - 8);
  }
  if (size >= 4) {
    return LoadWord<uint32_t>(a) == LoadWord<uint32_t>(b) &&
           LoadWord<uint32_t>(a + size - 4) == LoadWord<uint32_t>(b + size - 4);
  }
  for (size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}
inline bool EqualBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && EqualBytes(a.data(), b.data(), a.size());
}

// Equal but for ASCII case.
inline bool EqualFolded(std::string_view a, std::string_view b) {
  const size_t size = a.size();
  if (size != b.size()) return false;
  if (size < 8) {
    for (size_t i = 0; i < size; ++i) {
      if (FoldAscii(a[i]) != FoldAscii(b[i])) return false;
    }
    return true;
  }
  const auto same = [&](size_t at) {
    return FoldAsciiWord(LoadWord<uint64_t>(a.data() + at)) ==
           FoldAsciiWord(LoadWord<uint64_t>(b.data() + at));
  };
  for (size_t at = 0; at + 8 < size; at += 8) {
    if (!same(at)) return false;
  }
  return same(size - 8);
}

}  // namespace writ

#endif  // WRIT_AUTHZ_TEXT_H_
