// SPDX-License-Identifier: Apache-2.0
#include "authz/text.h"

#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(FoldAsciiWord, FoldsEachByteLikeFoldAscii) {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t place = 0; place < 8; ++place) {
      char text[8] = {'Z', '\x7f', '@', '\xff', '[', 'a', '\x80', 'A'};
      text[place] = static_cast<char>(byte);
      const uint64_t folded = FoldAsciiWord(LoadWord<uint64_t>(text));
      char got[8];
      std::memcpy(got, &folded, sizeof(got));
      for (size_t i = 0; i < 8; ++i) {
        ASSERT_EQ(got[i], FoldAscii(text[i])) << byte << " at " << place;
      }
    }
  }
}

// Every length up to where memcmp takes over, and a difference in every place.
TEST(EqualBytes, SeesEveryByte) {
  for (size_t size = 0; size <= 80; ++size) {
    const std::string text(size, 'K');
    EXPECT_TRUE(EqualBytes(text, std::string(size, 'K')));
    EXPECT_TRUE(EqualFolded(text, std::string(size, 'k')));
    for (size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = 'k';
      EXPECT_FALSE(EqualBytes(text, other)) << size << " at " << i;
      other[i] = 'l';
      EXPECT_FALSE(EqualFolded(text, other)) << size << " at " << i;
    }
  }
}

}  // namespace
}  // namespace writ
