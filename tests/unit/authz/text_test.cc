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

// Texts of every length with the byte in every place, beside bytes that differ
// from it by one bit; what lies behind the text must not be seen.
TEST(FindNear, FindsWhatFindFinds) {
  for (size_t size = 0; size <= 40; ++size) {
    for (size_t place = 0; place <= size; ++place) {
      std::string text(size, ';');
      if (place < size) text[place] = ':';
      const std::string longer = text + "::::::::";
      const std::string_view view(longer.data(), size);
      for (size_t from = 0; from <= size; ++from) {
        ASSERT_EQ(FindNear(view, ':', from), view.find(':', from))
            << size << " " << place << " " << from;
      }
    }
  }
  EXPECT_EQ(FindNear(std::string_view("abcdefgh\0x", 10), '\0', 0), 8u);
  EXPECT_EQ(FindNear("abcdefghij", '\0', 0), std::string_view::npos);
}

TEST(PlacesOf, HasABitForEachPlaceOfTheFirst64) {
  for (size_t size = 0; size <= 70; ++size) {
    for (size_t place = 0; place <= size; ++place) {
      std::string text(size, 'x');
      if (place < size) text[place] = ':';
      if (size > 3) text[size / 2] = ':';
      uint64_t expected = 0;
      for (size_t i = 0; i < size && i < 64; ++i) {
        if (text[i] == ':') expected |= uint64_t{1} << i;
      }
      ASSERT_EQ(PlacesOf(text, ':'), expected) << text;
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
