// SPDX-License-Identifier: Apache-2.0
#include "lint/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/request_generator.h"

namespace writ {
namespace {

using reference::Random;

constexpr PatternKind kAction = PatternKind::kAction;
constexpr PatternKind kResource = PatternKind::kResource;
constexpr PatternKind kText = PatternKind::kText;

// Every text over `alphabet` of at most `longest` letters.
std::vector<std::string> AllTexts(std::string_view alphabet, size_t longest) {
  std::vector<std::string> all = {""};
  size_t from = 0;
  for (size_t length = 1; length <= longest; ++length) {
    const size_t to = all.size();
    for (size_t i = from; i < to; ++i) {
      for (const char letter : alphabet) all.push_back(all[i] + letter);
    }
    from = to;
  }
  return all;
}

std::string RandomText(Random* random, std::string_view alphabet,
                       size_t longest) {
  std::string text;
  for (size_t left = random->Below(longest + 1); left > 0; --left) {
    text += alphabet[random->Below(alphabet.size())];
  }
  return text;
}

// What a brute-force look at `texts` says.
struct Relation {
  bool first_only = false;
  bool both = false;
};
Relation Look(PatternKind kind, std::string_view a, std::string_view b,
              const std::vector<std::string>& texts) {
  Relation relation;
  for (const std::string& text : texts) {
    if (!PatternMatches(kind, a, text)) continue;
    (PatternMatches(kind, b, text) ? relation.both : relation.first_only) =
        true;
  }
  return relation;
}

// The patterns are so short that the texts hold a witness if there is one.
void ExpectAgreement(PatternKind kind, const std::string& a,
                     const std::string& b,
                     const std::vector<std::string>& texts) {
  const Relation seen = Look(kind, a, b, texts);
  EXPECT_EQ(PatternCovers(kind, b, a), !seen.first_only)
      << "`" << b << "` covers `" << a << "`";
  EXPECT_EQ(PatternsIntersect(kind, a, b), seen.both)
      << "`" << a << "` meets `" << b << "`";
}

TEST(PatternTest, TextRelationsAreThoseOfEveryShortText) {
  const std::vector<std::string> texts = AllTexts("abx", 7);
  Random random(1);
  for (int i = 0; i < 400; ++i) {
    ExpectAgreement(kText, RandomText(&random, "ab*?", 4),
                    RandomText(&random, "ab*?", 4), texts);
  }
}

TEST(PatternTest, ActionRelationsAreThoseOfEveryShortAction) {
  const std::vector<std::string> halves = AllTexts("aAx", 4);
  std::vector<std::string> texts;
  for (const std::string& service : halves) {
    for (const std::string& name : halves)
      texts.push_back(service + ":" + name);
  }
  Random random(2);
  for (int i = 0; i < 60; ++i) {
    const auto make = [&]() -> std::string {
      if (random.Percent(10)) return "*";
      return "a" + RandomText(&random, "aA*?", 1) + ":" +
             RandomText(&random, "aA*?", 1) + "*";
    };
    ExpectAgreement(kAction, make(), make(), texts);
  }
}

TEST(PatternTest, ResourceRelationsAreThoseOfManyResources) {
  std::vector<std::string> texts = {"*"};
  for (const std::string_view service : {"ram", "oss", "raM", "r", ""}) {
    for (const std::string_view account : {"", "1", "12"}) {
      for (const std::string_view beginning :
           {"", "role/", "ROLE/", "Role/", "role"}) {
        for (const std::string& id : AllTexts("aA/:", 4)) {
          texts.push_back("acs:" + std::string(service) +
                          "::" + std::string(account) + ":" +
                          std::string(beginning) + id);
        }
      }
    }
  }
  Random random(3);
  const std::string_view services[] = {"ram", "oss", "*", "ra?", "r*"};
  const std::string_view accounts[] = {"", "1", "*", "1?"};
  const std::string_view beginnings[] = {"", "role/", "ROLE/", "*/", "role"};
  for (int i = 0; i < 250; ++i) {
    const auto make = [&]() -> std::string {
      if (random.Percent(5)) return "*";
      return "acs:" + std::string(random.Pick(services)) +
             ":*:" + std::string(random.Pick(accounts)) + ":" +
             std::string(random.Pick(beginnings)) +
             RandomText(&random, "aA/*?", 2);
    };
    ExpectAgreement(kResource, make(), make(), texts);
  }
}

TEST(PatternTest, OnlyTheBareStarCoversTheBareStar) {
  EXPECT_TRUE(PatternCovers(kResource, "*", "acs:*:*:*:*"));
  EXPECT_FALSE(PatternCovers(kResource, "acs:*:*:*:*", "*"));
  EXPECT_TRUE(PatternsIntersect(kResource, "acs:*:*:*:*", "*"));
  EXPECT_FALSE(PatternMatches(kResource, "acs:*:*:*:*", "*"));
  EXPECT_TRUE(PatternCovers(kAction, "*:*", "*"));
}

TEST(PatternTest, RoleNamesAreFoldedAndSessionsAreNot) {
  const std::string_view lower = "acs:ram:*:1:role/admin";
  EXPECT_TRUE(PatternCovers(kResource, lower, "acs:ram:*:1:role/Admin"));
  EXPECT_FALSE(PatternCovers(kResource, "acs:ram:*:1:role/admin/a",
                             "acs:ram:*:1:role/Admin/A"));
  EXPECT_FALSE(PatternCovers(kResource, "acs:ram:*:1:user/admin",
                             "acs:ram:*:1:user/Admin"));
  // Another service's `role/` is an ordinary name.
  EXPECT_FALSE(PatternCovers(kResource, "acs:r*:*:1:role/admin",
                             "acs:r*:*:1:role/Admin"));
}

TEST(PatternTest, AStarStaysInItsSegment) {
  EXPECT_FALSE(PatternMatches(kResource, "acs:*:*:1:b", "acs:a:b:c:1:b"));
  EXPECT_FALSE(PatternsIntersect(kResource, "acs:*:*:1:b", "acs:*:*:2:*"));
  EXPECT_TRUE(PatternMatches(kResource, "acs:o:*:1:*", "acs:o::1:a:b/c"));
}

TEST(PatternTest, AQuestionMarkIsOneCodePoint) {
  EXPECT_TRUE(PatternMatches(kText, "?", "\xC3\xA9"));
  EXPECT_TRUE(PatternCovers(kText, "a?", "a\xC3\xA9"));
  EXPECT_FALSE(PatternCovers(kText, "a?", "a\xC3\xA9z"));
  EXPECT_FALSE(PatternCovers(kText, "\xC3\xA9*", "\xC3\x89*"));
}

TEST(PatternTest, LongHostilePatternsGetTheCautiousAnswer) {
  std::string a = "*";
  std::string b = "*";
  for (int i = 0; i < 40; ++i) {
    a += "a??????????????????????????????*b";
    b += "a?????????????????????????????*b?";
  }
  EXPECT_FALSE(PatternCovers(kText, a, b));
  EXPECT_TRUE(PatternsIntersect(kText, a, b));
}

TEST(PatternTest, ANegatedListMeansTheRest) {
  ast::PatternList list;
  list.negated = true;
  list.values.items = {{ast::Value::Kind::kString, "oss:Get*", {}},
                       {ast::Value::Kind::kString, "ram:*", {}}};
  EXPECT_FALSE(ListReaches(kAction, list, "oss:GetObject"));
  EXPECT_TRUE(ListReaches(kAction, list, "oss:*"));
  EXPECT_FALSE(ListCovers(kAction, list, "oss:*"));
  EXPECT_TRUE(ListCovers(kAction, list, "oss:Put*"));
  list.negated = false;
  EXPECT_TRUE(ListReaches(kAction, list, "oss:*"));
  EXPECT_FALSE(ListReaches(kAction, list, "oss:Put*"));
  EXPECT_TRUE(ListCovers(kAction, list, "RAM:CreateUser"));
}

}  // namespace
}  // namespace writ
