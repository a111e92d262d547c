// SPDX-License-Identifier: Apache-2.0
//
// Inclusion of patterns against a matcher that anyone can read: what is said to
// hold holds for every short text, and a witness is one.
#include "prove/pattern.h"

#include <string>
#include <string_view>
#include <vector>

#include "grammar/value.h"
#include "gtest/gtest.h"
#include "tests/support/request_generator.h"

namespace writ::prove {
namespace {

using reference::Random;

// By the rules, character by character; ASCII only.
bool Matches(std::string_view pattern, std::string_view text, bool fold) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (size_t i = 0; i <= text.size(); ++i) {
      if (Matches(pattern.substr(1), text.substr(i), fold)) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  const bool same =
      pattern[0] == '?' || pattern[0] == text[0] ||
      (fold && EqualsIgnoreCase(pattern.substr(0, 1), text.substr(0, 1)));
  return same && Matches(pattern.substr(1), text.substr(1), fold);
}

bool MatchesAction(std::string_view pattern, std::string_view action) {
  if (pattern == "*") return true;
  const size_t p = pattern.find(':');
  const size_t a = action.find(':');
  return Matches(pattern.substr(0, p), action.substr(0, a), true) &&
         Matches(pattern.substr(p + 1), action.substr(a + 1), true);
}

// Both behind `acs:`. Folding as R11 says, up to the name's end.
bool MatchesResource(std::string_view pattern, std::string_view resource) {
  const bool ram = resource.starts_with("ram:");
  for (int i = 0; i < 3; ++i) {
    const size_t p = pattern.find(':');
    const size_t r = resource.find(':');
    if (!Matches(pattern.substr(0, p), resource.substr(0, r), false)) {
      return false;
    }
    pattern.remove_prefix(p + 1);
    resource.remove_prefix(r + 1);
  }
  if (!ram || !resource.starts_with("role/")) {
    return Matches(pattern, resource, false);
  }
  const size_t slash = resource.find('/', 5);
  const std::string_view name = resource.substr(0, slash);
  const std::string_view session = resource.substr(name.size());
  // Some part of the pattern matches the name, the rest what follows; a star
  // may stand in both.
  for (size_t i = 0; i <= pattern.size(); ++i) {
    const bool star = i < pattern.size() && pattern[i] == '*';
    if (Matches(pattern.substr(0, i + (star ? 1 : 0)), name, true) &&
        Matches(pattern.substr(i), session, false)) {
      return true;
    }
  }
  return false;
}

std::string Word(std::string_view alphabet, size_t longest, Random* random) {
  std::string text;
  for (size_t i = random->Below(longest + 1); i > 0; --i) {
    text += random->Pick(alphabet);
  }
  return text;
}

// All texts of these characters up to a length.
std::vector<std::string> Texts(std::string_view alphabet, size_t longest) {
  std::vector<std::string> texts = {""};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == longest) continue;
    for (const char c : alphabet) texts.push_back(texts[i] + c);
  }
  return texts;
}

TEST(PatternInclusion, AgreesWithMatchingEveryShortText) {
  Random random(1);
  const std::vector<std::string> texts = Texts("abx", 6);
  size_t held = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string inner = Word("ab*?*", 5, &random);
    std::vector<std::string> outer;
    for (size_t k = 1 + random.Below(3); k > 0; --k) {
      outer.push_back(Word("ab*?*", 5, &random));
    }
    std::vector<Pattern> read;
    for (const std::string& text : outer) read.push_back(ReadText(text));
    const auto in_outer = [&](std::string_view text) {
      for (const std::string& one : outer) {
        if (Matches(one, text, false)) return true;
      }
      return false;
    };
    Budget budget(1 << 20);
    const Inclusion found =
        Includes(read, ReadText(inner), Domain::kText, &budget);
    ASSERT_NE(found.verdict, Verdict::kUnknown) << inner;
    if (found.verdict == Verdict::kFails) {
      EXPECT_TRUE(Matches(inner, found.witness, false) &&
                  !in_outer(found.witness))
          << inner << " " << found.witness;
      continue;
    }
    ++held;
    for (const std::string& text : texts) {
      EXPECT_FALSE(Matches(inner, text, false) && !in_outer(text))
          << inner << " in " << outer[0] << ": " << text;
    }
  }
  EXPECT_GT(held, 300u);
}

TEST(PatternInclusion, OfActionsKeepsTheColonAndForgetsCase) {
  struct Row {
    std::string_view outer;
    std::string_view inner;
    bool holds;
  };
  constexpr Row kRows[] = {
      {"*", "fc:Get*", true},    {"*:*", "*", true},
      {"fc:*", "FC:Get?", true}, {"fc*:get", "fc:*", false},
      {"*c:*", "fc:a*", true},   {"?*:?*", "*", true},
      {"fc:?", "fc:*", false},   {"fc:??*", "fc:a*b", true},
      {"f*:*", "*c:*", false},   {"fc:Get*", "fc:*", false},
  };
  for (const Row& row : kRows) {
    const Pattern outer[] = {ReadAction(row.outer)};
    Budget budget(1 << 20);
    const Inclusion found =
        Includes(outer, ReadAction(row.inner), Domain::kAction, &budget);
    EXPECT_EQ(found.verdict, row.holds ? Verdict::kHolds : Verdict::kFails)
        << row.outer << " " << row.inner;
    if (found.verdict != Verdict::kFails) continue;
    EXPECT_TRUE(MatchesAction(row.inner, found.witness)) << found.witness;
    EXPECT_FALSE(MatchesAction(row.outer, found.witness)) << found.witness;
  }
}

TEST(PatternInclusion, OfResourcesKeepsSegmentsAndFoldsRoles) {
  Random random(2);
  const std::vector<std::string> names = Texts("aA/", 3);
  size_t held = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto make = [&] {
      constexpr std::string_view kServices[] = {"ram", "*", "r?m", "oss"};
      constexpr std::string_view kStarts[] = {"role/", "ROLE/", "*", "role",
                                              "user/"};
      return std::string("acs:") + std::string(random.Pick(kServices)) + ":" +
             Word("*?", 1, &random) + ":" + Word("*1", 2, &random) + ":" +
             std::string(random.Pick(kStarts)) + Word("aA/*?", 3, &random);
    };
    const std::string inner = make();
    const std::string outer[] = {make(), make()};
    const Pattern read[] = {ReadResource(outer[0]), ReadResource(outer[1])};
    Budget budget(1 << 22);
    const Inclusion found =
        IncludesResource(read, ReadResource(inner), &budget);
    ASSERT_NE(found.verdict, Verdict::kUnknown);
    const auto only_inner = [&](const std::string& text) {
      return MatchesResource(inner.substr(4), text) &&
             !MatchesResource(outer[0].substr(4), text) &&
             !MatchesResource(outer[1].substr(4), text);
    };
    if (found.verdict == Verdict::kFails) {
      EXPECT_TRUE(only_inner(found.witness.substr(4)))
          << inner << ": " << found.witness;
      continue;
    }
    ++held;
    for (const std::string_view service : {"ram", "oss"}) {
      for (const std::string_view start : {"role/", "ROLE/", "user/", ""}) {
        for (const std::string& name : names) {
          const std::string text =
              std::string(service) + "::1:" + std::string(start) + name;
          EXPECT_FALSE(only_inner(text)) << inner << ": " << text;
        }
      }
    }
  }
  EXPECT_GT(held, 50u);
}

TEST(PatternInclusion, CountsCodePoints) {
  Budget budget(1 << 20);
  const Pattern two[] = {ReadText("??")};
  const Inclusion one =
      Includes(two, ReadLiteral("\u4e2d", false), Domain::kText, &budget);
  EXPECT_EQ(one.verdict, Verdict::kFails);
  EXPECT_EQ(one.witness, "\u4e2d");
  EXPECT_EQ(Includes(two, ReadText("\u4e2d?"), Domain::kText, &budget).verdict,
            Verdict::kHolds);
}

TEST(PatternInclusion, GivesUpWithinItsBudget) {
  Budget budget(1000);
  // Every way to spread twenty letters is a state.
  const Pattern far = ReadText("*a????????????????????");
  const Pattern outer[] = {far};
  EXPECT_EQ(Includes(outer, far, Domain::kText, &budget).verdict,
            Verdict::kUnknown);
}

TEST(PatternMatchesSomeRole, KnowsWhichPatternsDo) {
  const auto meets = [](std::string_view pattern) {
    return MatchesSomeRole(ReadResource(pattern));
  };
  EXPECT_TRUE(meets("acs:ram:*:*:role/x"));
  EXPECT_TRUE(meets("acs:*:*:*:ROLE/x"));
  EXPECT_TRUE(meets("acs:r?m:::*"));
  EXPECT_TRUE(meets("acs:*:*:*:*a" + std::string(200, '?')));
  EXPECT_FALSE(meets("acs:oss:*:*:role/x"));
  EXPECT_FALSE(meets("acs:ram:*:*:user/x"));
  EXPECT_FALSE(meets("acs:ram:*:*:rol"));
  EXPECT_FALSE(meets("acs:RAM:*:*:role/x"));
}

}  // namespace
}  // namespace writ::prove
