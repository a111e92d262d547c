// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

namespace writ {
namespace {

// What the hash is by definition: words, then the last bytes as a number.
uint64_t Plain(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kWord = 0x9e3779b97f4a7c15u;
  constexpr uint64_t kTail = 0xd6e8feb86659fd93u;
  uint64_t hash = seed ^ (bytes.size() * kWord) ^ kTail;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    hash = HashMix(hash ^ word, kWord);
  }
  uint64_t tail = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    tail |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return HashMix(hash ^ tail ^ (uint64_t{bytes.size()} << 56), kTail);
}

// Images hold it, so it may never change.
TEST(HashBytes, IsWhatImagesHold) {
  std::string text;
  std::set<uint64_t> seen;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(HashBytes(text), Plain(text, 0)) << i;
    EXPECT_EQ(HashBytes(text, 77), Plain(text, 77)) << i;
    seen.insert(HashBytes(text));
    text += static_cast<char>(0xe0 + i % 30);
  }
  EXPECT_EQ(seen.size(), 40u);
  EXPECT_EQ(HashBytes("fc:invokefunction"), 14106670066928974378u);
}

}  // namespace
}  // namespace writ
