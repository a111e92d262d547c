// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(SourceText, LocatesLinesAndColumnsFromOne) {
  const SourceText text("f", "ab\ncd\n");
  EXPECT_EQ(text.Locate(0).line, 1u);
  EXPECT_EQ(text.Locate(0).column, 1u);
  EXPECT_EQ(text.Locate(2).column, 3u);
  EXPECT_EQ(text.Locate(3).line, 2u);
  EXPECT_EQ(text.Locate(4).column, 2u);
  EXPECT_EQ(text.Locate(999).line, 3u);
  EXPECT_EQ(text.line_count(), 3u);
}

TEST(SourceText, CountsCodePointsAndNotBytes) {
  const SourceText text("f", "é→x");
  EXPECT_EQ(text.Locate(2).column, 2u);
  EXPECT_EQ(text.Locate(5).column, 3u);
  // Every offset of a long line, whatever its letters' bytes are beside.
  std::string line;
  std::vector<uint32_t> offsets;
  for (uint32_t i = 0; i < 40; ++i) {
    for (const char* letter : {"a", "é", "→", "𝄞"}) {
      offsets.push_back(static_cast<uint32_t>(line.size()));
      line += letter;
    }
  }
  const SourceText all("f", line);
  for (uint32_t i = 0; i < offsets.size(); ++i) {
    EXPECT_EQ(all.Locate(offsets[i]).column, i + 1);
  }
}

TEST(SourceText, LinesComeWithoutTheirBreaks) {
  const SourceText text("f", "a\r\n\nlast");
  EXPECT_EQ(text.Line(1), "a");
  EXPECT_EQ(text.Line(2), "");
  EXPECT_EQ(text.Line(3), "last");
  EXPECT_EQ(text.Line(0), "");
  EXPECT_EQ(text.Line(4), "");
}

}  // namespace
}  // namespace writ
