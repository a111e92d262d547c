// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_TEXT_H_
#define WRIT_AUTHZ_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

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
