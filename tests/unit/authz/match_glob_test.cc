// SPDX-License-Identifier: Apache-2.0
#include "authz/match_glob.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/utf8.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(MatchGlob, KnowsStarAndQuestionMarkOnly) {
  const struct {
    std::string_view pattern;
    std::string_view subject;
    bool matches;
  } kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"?", "", false},
      {"*?", "", false},
      {"**", "", true},
      {"a*", "a", true},
      {"*a", "ba", true},
      {"a*b*c", "aXbYc", true},
      {"a*b*c", "aXcYb", false},
      {"*ab", "aab", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"[a]", "a", false},
      {"\\*", "*", false},
      {"A", "a", false},
      {"*", "a/b:c", true},
      {"?", "\xe4\xb8\xad", true},
      {"??", "\xe4\xb8\xad", false},
      {"*??", "\xe4\xb8\xad", false},
      {"???", "\xe4\xb8\xad\xff", false},
      {"??", "\xe4\xb8\xad\xff", true},
      {"?", "\xff", true},
      {"??", "\xc0\x80", true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(MatchGlob(c.pattern, c.subject), c.matches)
        << c.pattern << " on " << c.subject;
  }
}

TEST(MatchGlob, FoldsAsFarAsItIsTold) {
  EXPECT_TRUE(MatchGlob("ABc", "abC", kFoldEverything));
  EXPECT_TRUE(MatchGlob("role/ADM*/S", "role/admin/S", 10));
  EXPECT_FALSE(MatchGlob("role/ADM*/s", "role/admin/S", 10));
  EXPECT_FALSE(MatchGlob("\xc3\x89", "\xc3\xa9", kFoldEverything));
}

// Every way of matching, tried in turn: the definition, not the algorithm.
bool MatchByTable(std::string_view pattern, std::string_view subject) {
  std::vector<size_t> starts;
  for (size_t at = 0; at < subject.size(); at += CharacterBytes(subject, at)) {
    starts.push_back(at);
  }
  starts.push_back(subject.size());
  const size_t count = starts.size();
  // reach[i]: the pattern read so far can have consumed i characters.
  std::vector<bool> reach(count, false);
  reach[0] = true;
  for (const char byte : pattern) {
    std::vector<bool> next(count, false);
    for (size_t i = 0; i < count; ++i) {
      if (byte == '*') {
        next[i] = reach[i] || (i > 0 && next[i - 1]);
      } else if (i > 0) {
        next[i] =
            reach[i - 1] && (byte == '?' || subject[starts[i - 1]] == byte);
      }
    }
    reach = next;
  }
  return reach[count - 1];
}

TEST(MatchGlob, AgreesWithTheDefinitionOnSmallAlphabets) {
  std::mt19937 random(20261121);
  const auto draw = [&](std::string_view alphabet, size_t most) {
    std::string text;
    for (size_t left = random() % (most + 1); left > 0; --left) {
      text += alphabet[random() % alphabet.size()];
    }
    return text;
  };
  int matched = 0;
  for (int i = 0; i < 200000; ++i) {
    const std::string pattern = draw("ab*?", 8);
    const std::string subject = draw("ab", 10);
    const bool expected = MatchByTable(pattern, subject);
    matched += expected ? 1 : 0;
    ASSERT_EQ(MatchGlob(pattern, subject), expected)
        << pattern << " on " << subject;
  }
  EXPECT_GT(matched, 10000);
}

TEST(MatchGlob, StaysLinearOnThePatternThatBlowsUpBacktracking) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "b";
  const std::string subject(1 << 20, 'a');
  EXPECT_FALSE(MatchGlob(pattern, subject));
}

}  // namespace
}  // namespace writ
