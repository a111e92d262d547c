// SPDX-License-Identifier: Apache-2.0
//
// What a compilation may cost: every limit of CompileBudget is met by one clear
// error, and policies that are written to be expensive stay within the limits.
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "base/limits.h"
#include "compiler/compile.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

ast::Value Text(std::string text) {
  return {ast::Value::Kind::kString, std::move(text), {}};
}

// A policy with one statement for each pattern.
ast::Policy Allows(const std::vector<std::string>& patterns) {
  ast::Policy policy;
  for (const std::string& pattern : patterns) {
    ast::Statement& statement = policy.statements.emplace_back();
    statement.action.emplace().values.items = {Text("oss:GetObject")};
    statement.resource.emplace().values.items = {Text(pattern)};
  }
  return policy;
}

Result<std::string> Compile(const ast::Policy& policy,
                            const CompileBudget& budget = {}) {
  const PolicyInput inputs[] = {{&policy, ast::PolicyKind::kIdentity}};
  return CompileProgram(inputs, {.budget = budget});
}

ast::Policy Numbered(int count) {
  std::vector<std::string> patterns;
  for (int i = 0; i < count; ++i) {
    patterns.push_back("acs:oss:*:*:bucket-" + std::to_string(i) + "/*");
  }
  return Allows(patterns);
}

void ExpectRefused(const CompileBudget& budget, std::string_view words) {
  const auto image = Compile(Numbered(200), budget);
  EXPECT_EQ(image.status().code(), StatusCode::kResourceExhausted);
  EXPECT_NE(image.status().message().find(words), std::string_view::npos)
      << image.status().message();
}

TEST(CompileBudget, NamesTheLimitThatDoesNotSuffice) {
  ASSERT_TRUE(Compile(Numbered(200)).ok());
  ExpectRefused({.steps = 100}, "the limit of 100 steps");
  ExpectRefused({.image_bytes = 5000}, "the limit of 5000 bytes");
  ExpectRefused({.matcher_states = 20}, "the limit of 20 matcher states");
  ExpectRefused({.decide_steps = 300}, "more than");
  ExpectRefused({.decide_steps = 300}, "300");
}

// The smallest budget that suffices, found by halving; one less does not.
template <typename Limit>
void ExpectSharp(Limit CompileBudget::*limit) {
  const ast::Policy policy = Numbered(50);
  Limit low = 0;
  Limit high = CompileBudget().*limit;
  while (high - low > 1) {
    const Limit middle = low + (high - low) / 2;
    CompileBudget budget;
    budget.*limit = middle;
    const auto image = Compile(policy, budget);
    EXPECT_TRUE(image.ok() ||
                image.status().code() == StatusCode::kResourceExhausted);
    (image.ok() ? high : low) = middle;
  }
  EXPECT_GT(low, 0u);
  EXPECT_LT(high, CompileBudget().*limit);
}

TEST(CompileBudget, EveryLimitIsSharp) {
  ExpectSharp(&CompileBudget::steps);
  ExpectSharp(&CompileBudget::image_bytes);
  ExpectSharp(&CompileBudget::matcher_states);
  ExpectSharp(&CompileBudget::decide_steps);
}

// Compiles within `budget`, and to an image that loads.
void ExpectCompiles(const ast::Policy& policy, const CompileBudget& budget) {
  const auto image = Compile(policy, budget);
  ASSERT_TRUE(image.ok()) << image.status().message();
  const auto program = Program::Load(*image);
  EXPECT_TRUE(program.ok()) << program.status().message();
}

TEST(CompileBudget, HostilePatternsTakeStepsByTheirLengthAlone) {
  // What the characters of the patterns allow, and a little for each statement.
  ExpectCompiles(Allows({"acs:oss:*:*:a*a*a*a*b"}),
                 {.steps = 5000, .matcher_states = 100});
  ExpectCompiles(Allows({"acs:oss:*:*:" + std::string(6144, '*')}),
                 {.steps = 50000, .matcher_states = 100});
  ExpectCompiles(Allows({"acs:oss:*:*:" + std::string(6144, '?')}),
                 {.steps = 50000, .matcher_states = 100});
  std::string mixed;
  for (int i = 0; i < 1024; ++i) mixed += "*a?b*a";
  ExpectCompiles(Allows({"acs:oss:*:*:" + mixed, "acs:*:*:*:x" + mixed}),
                 {.steps = 100000, .matcher_states = 100});
}

// Every text of `length` characters of {a, b, *} behind `prefix`.
std::vector<std::string> EveryText(const std::string& prefix, int length) {
  std::vector<std::string> texts = {prefix};
  for (int i = 0; i < length; ++i) {
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const char next : {'a', 'b', '*'}) longer.push_back(text + next);
    }
    texts = std::move(longer);
  }
  return texts;
}

TEST(CompileBudget, ThousandsOfPatternsOfFewCharactersDoNotMultiply) {
  const std::vector<std::string> patterns = EveryText("acs:oss:*:*:", 8);
  ASSERT_EQ(patterns.size(), 6561u);
  // No node is made that no pattern asks for.
  ExpectCompiles(
      Allows(patterns),
      {.steps = 2000000,
       .matcher_states = static_cast<uint32_t>(patterns.size()) * 3});
}

TEST(CompileBudget, PrefixesOfOneAnotherAreBoundedByTheirText) {
  std::vector<std::string> patterns;
  std::string text = "acs:oss:*:*:";
  for (int i = 0; i < 2000; ++i) patterns.push_back((text += "a") + "*");
  // Each node reads the patterns below it: half of the square of 2,000.
  ExpectCompiles(Allows(patterns), {.steps = 5000000, .matcher_states = 10000});
}

TEST(CompileBudget, UnitsCannotMultiplyAPolicyWithoutEnd) {
  const ast::Policy policy = Numbered(100);
  const PolicyInput inputs[] = {{&policy, ast::PolicyKind::kIdentity}};
  const std::vector<std::vector<uint32_t>> units(
      1000, std::vector<uint32_t>(1000, 0));
  const auto image = CompileProgram(inputs, {.units = units});
  EXPECT_EQ(image.status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace writ
