// SPDX-License-Identifier: Apache-2.0
// JSON -> tree -> Writ -> tree -> JSON loses nothing, for hostile policies and
// for the published samples. The seed is fixed and a run takes a slice;
// WRIT_SEED draws other documents, WRIT_CASES=1000000 takes a million.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "grammar/parse_json.h"
#include "grammar/parse_writ.h"
#include "grammar/print.h"
#include "grammar/render.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/random_policy.h"

namespace writ {
namespace {

uint64_t Seed() {
  const char* text = std::getenv("WRIT_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20261201;
}

int Cases() {
  const char* text = std::getenv("WRIT_CASES");
  return text != nullptr ? std::atoi(text) : 20000;
}

// Equal values for a second reader. It takes numbers for doubles and refuses
// 1e999; that numbers keep their text, the comparison of the two minified
// documents says.
bool SameValues(const std::string& a, const std::string& b) {
  const auto read = [](std::string text) {
    constexpr std::string_view kHuge = "1e999";
    for (size_t at = 0; (at = text.find(kHuge, at)) != std::string::npos;) {
      text.replace(at, kHuge.size(), "77");
    }
    return nlohmann::json::parse(text);
  };
  return read(a) == read(b);
}

// Goes all the way round; fails the test with what differs.
void ExpectRoundTrip(const std::string& json) {
  const SourceText source("in.json", json);
  Diagnostics findings;
  const std::optional<ast::Policy> policy = ParseJsonPolicy(source, &findings);
  ASSERT_TRUE(policy && !findings.tree_is_broken())
      << json << "\n"
      << RenderFindings(source, findings, FindingFormat::kCompact);

  const std::string text = PrintWrit(*policy);
  SourceText writ("in.writ", text);
  Diagnostics writ_findings;
  const std::optional<WritFile> file = ParseWrit(&writ, {}, &writ_findings);
  ASSERT_TRUE(file && !writ_findings.tree_is_broken())
      << json << "\n"
      << text << RenderFindings(writ, writ_findings, FindingFormat::kCompact);
  ASSERT_EQ(file->policies.size(), 1U) << text;
  EXPECT_EQ(PrintJson(file->policies[0], JsonLayout::kMinified),
            PrintJson(*policy, JsonLayout::kMinified))
      << text;
  // A second reader agrees that no value changed.
  EXPECT_TRUE(
      SameValues(PrintJson(file->policies[0], JsonLayout::kPretty), json))
      << json << "\n"
      << text;
  EXPECT_EQ(PrintWrit(file->policies), text) << "printing twice differs";
}

TEST(RoundTrip, KeepsEveryRandomPolicy) {
  const uint64_t seed = Seed();
  reference::Random random(seed);
  const int cases = Cases();
  ASSERT_GT(cases, 0);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < cases && !HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    ExpectRoundTrip(testing::RandomPolicyJson(&random));
  }
  const std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - start;
  std::cout << cases << " documents in " << taken.count() << " s, "
            << static_cast<int>(cases / taken.count()) << " per second\n";
}

TEST(RoundTrip, KeepsEverySample) {
  std::ifstream in("tests/conformance/sample-policies.json");
  const nlohmann::json samples = nlohmann::json::parse(in);
  ASSERT_GT(samples.size(), 40U);
  for (const nlohmann::json& sample : samples) {
    SCOPED_TRACE(sample["id"].get<std::string>());
    ExpectRoundTrip(sample["document"].dump());
  }
}

TEST(RoundTrip, JsonFormattedTwiceIsFormattedOnce) {
  reference::Random random(Seed());
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const SourceText source("in.json", testing::RandomPolicyJson(&random));
    Diagnostics findings;
    const std::optional<JsonTree> tree = ReadJson(source, &findings);
    ASSERT_TRUE(tree);
    const SourceText once("once.json", PrintJson(*tree, JsonLayout::kPretty));
    const std::optional<JsonTree> again = ReadJson(once, &findings);
    ASSERT_TRUE(again);
    EXPECT_EQ(PrintJson(*again, JsonLayout::kPretty), once.text());
    EXPECT_EQ(PrintJson(*again, JsonLayout::kMinified),
              PrintJson(*tree, JsonLayout::kMinified));
  }
}

}  // namespace
}  // namespace writ
