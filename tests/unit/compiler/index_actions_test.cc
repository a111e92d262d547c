// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "authz/match_action.h"
#include "base/hash.h"
#include "base/limits.h"
#include "compiler/emit.h"
#include "compiler/index.h"
#include "compiler/ir.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using Lists = std::vector<ir::PatternSet>;

// An image with a statement for each list, indexed up to its action sets.
Image MakeImage(const Lists& lists, const CompileOptions& options = {}) {
  ir::Program program;
  ir::Policy policy;
  for (const ir::PatternSet& list : lists) {
    ir::Statement statement;
    statement.actions = list;
    statement.resources.patterns = {"*"};
    policy.statements.push_back(statement);
  }
  program.policies.push_back(policy);
  Image image;
  const CompileBudget budget;
  EXPECT_TRUE(
      EmitTables(program, budget.image_bytes, budget.decide_steps, &image)
          .ok());
  CompileMeter meter(budget);
  std::vector<UnitCost> costs;
  EXPECT_TRUE(BuildUnits(options, &meter, &costs, &image).ok());
  return image;
}

Image MakeActionImage(const Lists& lists, const CompileOptions& options = {}) {
  Image image = MakeImage(lists, options);
  CompileMeter meter(options.budget);
  EXPECT_TRUE(BuildActionClasses(options, &meter, &image).ok());
  EXPECT_TRUE(BuildKnownActions(options, &meter, &image).ok());
  return image;
}

uint32_t ColumnsOf(const ProgramView& view) {
  return view.action_moves.size() / view.action_states.size();
}

uint32_t ClassByAutomaton(const ProgramView& view, std::string_view action) {
  uint32_t row = 0;
  for (const char byte : action) {
    row =
        view.action_moves[row + view.action_bytes[static_cast<uint8_t>(byte)]];
  }
  return view.action_states[row / ColumnsOf(view)];
}

// The class by the perfect hash; kNoIndex if the action is not known.
uint32_t ClassByName(const ProgramView& view, std::string_view folded) {
  if (view.action_seeds.size() == 0) return kNoIndex;
  const uint32_t seed = view.action_seeds[static_cast<uint32_t>(
      HashBytes(folded) % view.action_seeds.size())];
  const ActionName name = view.action_names[static_cast<uint32_t>(
      HashBytes(folded, seed) % view.action_names.size())];
  return view.Text(name.text) == folded ? name.action_class : kNoIndex;
}

bool RowHolds(const ProgramView& view, uint32_t action_class, uint32_t set) {
  const uint32_t words = (view.action_sets.size() + 63) / 64;
  return (view.action_rows[action_class * words + set / 64] >> (set % 64) &
          1) != 0;
}

// What the patterns say.
bool SetHolds(const ProgramView& view, uint32_t set,
              const RequestAction& action) {
  const ActionSet record = view.action_sets[set];
  bool any = false;
  for (uint32_t i = 0; i < record.actions.count; ++i) {
    const uint32_t pattern = view.action_lists[record.actions.first + i];
    any = any || MatchAction(view, view.action_patterns[pattern], action);
  }
  return any != (record.negated != 0);
}

void ExpectClassesAgree(const ProgramView& view, const std::string& action) {
  RequestAction read;
  if (!ReadAction(action, &read)) return;
  const uint32_t action_class = ClassByAutomaton(view, action);
  for (uint32_t set = 0; set < view.action_sets.size(); ++set) {
    ASSERT_EQ(RowHolds(view, action_class, set), SetHolds(view, set, read))
        << "set " << set << " action " << action;
  }
}

std::string RandomText(std::mt19937* random, std::string_view alphabet,
                       size_t max_size) {
  std::string text;
  const size_t size = 1 + (*random)() % max_size;
  for (size_t i = 0; i < size; ++i) {
    text += alphabet[(*random)() % alphabet.size()];
  }
  return text;
}

TEST(ActionClasses, RowsSayWhatTheListsSay) {
  const Image image =
      MakeActionImage({{false, {"fc:*function", "fc:get*", "oss:*"}},
                       {true, {"fc:*function"}},
                       {false, {"*"}},
                       {true, {"*", "fc:get*"}},
                       {false, {"fc:getfunction"}},
                       {false, {"f*:*a*a*b", "*:list??"}}});
  const ProgramView view = image.View();
  ASSERT_GT(view.action_states.size(), 0u);
  for (const char* action :
       {"fc:GetFunction", "FC:GETFUNCTION", "fc:getfunctions", "fc:g", "oss:x",
        "ram:List12", "ram:List1", "fcx:function", "f:aab", "f:ab",
        "foo:xaxaxb", "fc:functionfunction", "fc:getfunctio", "x:y"}) {
    ExpectClassesAgree(view, action);
  }
}

// Few letters, so that patterns overlap; `?` and stars beside characters of
// several bytes and bytes that are none.
TEST(ActionClasses, RandomPatternsAreReadAsTheyMatch) {
  std::mt19937 random(20261122);
  constexpr std::string_view kPlain = "abc**";
  constexpr std::string_view kMarked = "aabb*?";
  const std::vector<std::string> parts = {"a",
                                          "b",
                                          "A",
                                          "\xc3\xa9",
                                          "\xe2\x82\xac",
                                          "\xc3",
                                          "\x82\xac",
                                          "\xf0\x9f\x98",
                                          "\xf0\x9f\x98\x80",
                                          "\xe0\x80",
                                          "\xed\xa0\x80",
                                          "\xff",
                                          "\xa9"};
  int given_up = 0;
  for (int round = 0; round < 300; ++round) {
    Lists lists(1 + random() % 6);
    for (ir::PatternSet& list : lists) {
      list.negated = random() % 4 == 0;
      const size_t count = 1 + random() % 3;
      for (size_t i = 0; i < count; ++i) {
        const std::string_view alphabet = round % 2 == 0 ? kPlain : kMarked;
        std::string name = RandomText(&random, alphabet, 6);
        if (random() % 4 == 0) name += "\xc3\xa9";
        if (random() % 8 == 0) name += "\xe2\x82\xac*";
        list.patterns.push_back(RandomText(&random, alphabet, 3) + ":" + name);
      }
    }
    const Image image = MakeActionImage(lists);
    const ProgramView view = image.View();
    if (view.action_states.size() == 0) {
      ++given_up;
      continue;
    }
    for (int i = 0; i < 200; ++i) {
      std::string action = RandomText(&random, "abAc", 3) + ":";
      const size_t count = 1 + random() % 5;
      for (size_t j = 0; j < count; ++j) {
        action += parts[random() % (random() % 2 == 0 ? 3 : parts.size())];
      }
      ExpectClassesAgree(view, action);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_LT(given_up, 75) << "too many states for `?` at every place";
}

TEST(ActionClasses, StatesThatMoveAlikeAreOne) {
  // What follows the service is read by the same states, and so is what
  // follows `get`; the second service adds its own letter's state at most.
  const Image one = MakeActionImage({{false, {"a:get*"}}});
  const Image two = MakeActionImage({{false, {"a:get*", "b:get*"}}});
  EXPECT_EQ(two.View().action_states.size(), one.View().action_states.size());
}

TEST(ActionClasses, TooManyStatesLeaveTheListsToBeCompared) {
  Lists lists;
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    lists.push_back({false, {"s:" + RandomText(&random, "abcdefgh", 12)}});
  }
  const Image image = MakeActionImage(lists);
  EXPECT_EQ(image.View().action_states.size(), 0u);
  EXPECT_EQ(image.View().action_rows.size(), 0u);
  EXPECT_EQ(image.View().action_names.size(), 0u);
}

TEST(ActionClasses, HostileWildcardsStayWithinTheirBounds) {
  Lists lists;
  std::mt19937 random(2);
  for (int i = 0; i < 60; ++i) {
    std::string pattern = "a:";
    for (int j = 0; j < 50; ++j) pattern += "*" + RandomText(&random, "ab", 2);
    lists.push_back({false, {pattern}});
  }
  const Image image = MakeActionImage(lists);
  EXPECT_LE(image.View().action_states.size(), kMaxActionStates);
}

// Every list another one: rows would grow with the square of the statements.
TEST(ActionClasses, RowsThatWouldPassTheirBoundAreLeftOut) {
  Lists lists;
  for (int i = 0; i < 2000; ++i) {
    std::string name = "s:";
    for (const int digit : {i / 400, i / 20 % 20, i % 20}) {
      name += static_cast<char>('a' + digit);
    }
    lists.push_back({false, {name}});
  }
  const Image few = MakeActionImage(Lists(lists.begin(), lists.begin() + 300));
  EXPECT_GT(few.View().action_rows.size(), 0u);
  const Image many = MakeActionImage(lists);
  EXPECT_EQ(many.View().action_rows.size(), 0u);
  EXPECT_EQ(many.View().action_moves.size(), 0u);
}

TEST(ActionClasses, ABudgetOfStatesIsKept) {
  CompileOptions options;
  options.budget.matcher_states = 3;
  Image image = MakeImage({{false, {"fc:getfunction"}}});
  CompileMeter meter(options.budget);
  EXPECT_EQ(BuildActionClasses(options, &meter, &image).code(),
            StatusCode::kResourceExhausted);
}

TEST(KnownActions, SpelledOutAndCatalogueNamesHaveTheirClass) {
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) texts.push_back("fc:Act" + std::to_string(i));
  const std::vector<std::string_view> known(texts.begin(), texts.end());
  CompileOptions options;
  options.known_actions = known;
  const Image image = MakeActionImage(
      {{false, {"fc:act1*", "oss:getobject"}}, {true, {"fc:*9"}}}, options);
  const ProgramView view = image.View();
  EXPECT_EQ(ClassByName(view, "oss:getobject"),
            ClassByAutomaton(view, "oss:getobject"));
  size_t found = 0;
  for (const std::string& text : texts) {
    std::string folded = text;
    folded[3] = 'a';
    const uint32_t by_name = ClassByName(view, folded);
    if (by_name == kNoIndex) {
      // Only what no pattern treats apart is left out.
      EXPECT_EQ(ClassByAutomaton(view, folded), ClassByAutomaton(view, ""));
      continue;
    }
    ++found;
    EXPECT_EQ(by_name, ClassByAutomaton(view, folded)) << folded;
  }
  EXPECT_GT(found, 100u);
  EXPECT_EQ(ClassByName(view, "oss:putobject"), kNoIndex);
}

TEST(KnownActions, FewNamesAmongWildcardsAreNotLookedUp) {
  const Image few =
      MakeActionImage({{false, {"fc:get*", "fc:list*", "oss:getobject"}}});
  EXPECT_EQ(few.View().action_names.size(), 0u);
  const Image most =
      MakeActionImage({{false, {"fc:get*", "oss:getobject", "oss:putobject"}}});
  EXPECT_NE(ClassByName(most.View(), "oss:getobject"), kNoIndex);
}

TEST(KnownActions, NamesThatAreNoActionsAreLeftOut) {
  const std::string_view known[] = {"fc", "fc:", "a:b:c", "fc:\xff", ""};
  CompileOptions options;
  options.known_actions = known;
  const Image image = MakeActionImage({{false, {"fc:*"}}}, options);
  EXPECT_EQ(image.View().action_names.size(), 0u);
}

TEST(KnownActions, SameInputSameBytes) {
  const std::string_view known[] = {"fc:GetA", "fc:GetB", "FC:getc"};
  CompileOptions options;
  options.known_actions = known;
  const Lists lists = {{false, {"fc:get*"}}, {false, {"oss:putobject"}}};
  EXPECT_EQ(MakeActionImage(lists, options).Seal(),
            MakeActionImage(lists, options).Seal());
}

}  // namespace
}  // namespace writ
