// SPDX-License-Identifier: Apache-2.0
#include "cli/text_diff.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/request_generator.h"

namespace writ {
namespace {

// What `patch` does: the text after, from the text before and the diff.
std::string Applied(const std::string& before, const std::string& diff) {
  const auto lines_of = [](const std::string& text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
      lines.push_back(text.substr(at, end - at));
      at = end;
    }
    return lines;
  };
  const std::vector<std::string> old = lines_of(before);
  std::string out;
  size_t at = 0;
  std::string* last = nullptr;
  std::string scratch;
  for (const std::string& line : lines_of(diff)) {
    const std::string rest = line.substr(1);
    if (line.starts_with("--- ") || line.starts_with("+++ ")) continue;
    if (line.starts_with("@@ -")) {
      const size_t comma = line.find_first_of(", ", 4);
      size_t begin = std::stoul(line.substr(4));
      const bool empty = line.substr(comma, 3) == ",0 ";
      if (!empty) --begin;
      while (at < begin) out += old[at++];
    } else if (line[0] == ' ') {
      EXPECT_EQ(old.at(at).substr(0, rest.size() - 1),
                rest.substr(0, rest.size() - 1));
      out += old[at++];
      last = &scratch;
    } else if (line[0] == '-') {
      ++at;
      last = &scratch;
    } else if (line[0] == '+') {
      out += rest;
      last = &out;
    } else if (line[0] == '\\' && last == &out) {
      out.pop_back();
    }
  }
  while (at < old.size()) out += old[at++];
  return out;
}

TEST(UnifiedDiff, ShowsEveryChangeWithThreeLinesAroundIt) {
  EXPECT_EQ(UnifiedDiff("p.writ", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
                        "1\n2\nthree\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n"),
            "--- p.writ\n"
            "+++ p.writ\n"
            "@@ -1,6 +1,6 @@\n"
            " 1\n 2\n-3\n+three\n 4\n 5\n 6\n"
            "@@ -10,3 +10,4 @@\n"
            " 10\n 11\n 12\n+13\n");
}

TEST(UnifiedDiff, JoinsChangesWhoseContextTouches) {
  const std::string diff =
      UnifiedDiff("p", "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n");
  EXPECT_NE(diff.find("@@ -1,8 +1,8 @@\n"), std::string::npos) << diff;
}

TEST(UnifiedDiff, SaysThatTheLastLineIsOpen) {
  EXPECT_EQ(UnifiedDiff("p", "a", "a\n"),
            "--- p\n+++ p\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n"
            "+a\n");
  EXPECT_EQ(UnifiedDiff("p", "", "a\n"), "--- p\n+++ p\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(UnifiedDiff("p", "a\n", ""), "--- p\n+++ p\n@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(UnifiedDiff("p", "same\n", "same\n"), "");
}

TEST(UnifiedDiff, MakesTheSecondTextOfTheFirst) {
  reference::Random random(20261202);
  const auto text = [&random] {
    std::string out;
    for (size_t i = random.Below(40); i > 0; --i) {
      out.push_back(static_cast<char>('a' + random.Below(4)));
      out.push_back('\n');
    }
    if (!out.empty() && random.Percent(20)) out.pop_back();
    return out;
  };
  for (int i = 0; i < 3000 && !::testing::Test::HasFailure(); ++i) {
    const std::string before = text();
    const std::string after = text();
    const std::string diff = UnifiedDiff("p", before, after);
    ASSERT_EQ(Applied(before, diff), after) << before << "\n---\n" << diff;
  }
}

TEST(UnifiedDiff, TakesTextsThatHaveNothingInCommon) {
  std::string before;
  std::string after;
  for (int i = 0; i < 200000; ++i) {
    before += "before " + std::to_string(i) + "\n";
    after += "after " + std::to_string(i) + "\n";
  }
  const std::string diff = UnifiedDiff("p", before, after);
  EXPECT_NE(diff.find("@@ -1,200000 +1,200000 @@\n"), std::string::npos);
  EXPECT_EQ(Applied(before, diff), after);
}

TEST(UnifiedDiff, KeepsControlCharactersOutOfThePath) {
  EXPECT_EQ(UnifiedDiff("\x1b[31m", "a\n", "b\n").find('\x1b'),
            std::string::npos);
}

}  // namespace
}  // namespace writ
