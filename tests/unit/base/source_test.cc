// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

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
