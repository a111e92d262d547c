// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_HASH_H_
#define WRIT_BASE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace writ {

// Mixes two words into one: both halves of their 128-bit product.
constexpr uint64_t HashMix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A hash of bytes for tables. It stands in program images (the perfect hash of
// known actions), so it never changes: another one needs another format. Not
// for secrets, and not proof against somebody who chooses the keys: a table
// that holds keys of strangers bounds its probes.
//
// Cost  about one multiplication for 8 bytes
inline uint64_t HashBytes(std::string_view bytes, uint64_t seed = 0) {
  constexpr uint64_t kWord = 0x9e3779b97f4a7c15u;
  constexpr uint64_t kTail = 0xd6e8feb86659fd93u;
  uint64_t hash = seed ^ (bytes.size() * kWord) ^ kTail;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    hash = HashMix(hash ^ word, kWord);
    at += sizeof(word);
  }
  // The last bytes as a little-endian number, by loads of a fixed size.
  uint64_t tail = 0;
  if (left >= sizeof(uint32_t)) {
    uint32_t low = 0;
    uint32_t high = 0;
    std::memcpy(&low, at, sizeof(low));
    std::memcpy(&high, at + left - sizeof(high), sizeof(high));
    tail = low | uint64_t{high} << (8 * (left - sizeof(high)));
  } else if (left > 0) {
    const auto byte = [at](size_t i) {
      return uint64_t{static_cast<unsigned char>(at[i])};
    };
    tail = byte(0) | byte(left / 2) << (8 * (left / 2)) |
           byte(left - 1) << (8 * (left - 1));
  }
  return HashMix(hash ^ tail ^ (uint64_t{left} << 56), kTail);
}

}  // namespace writ

#endif  // WRIT_BASE_HASH_H_
