// SPDX-License-Identifier: Apache-2.0
//
// What the compiler makes is proved to say what the policies say: the samples,
// the examples, and random policies until there are enough of them, with every
// pass, with some, and with several policies in one unit.
#include "prove/prove.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "cases/case_decision.h"
#include "compiler/compile.h"
#include "gtest/gtest.h"
#include "lint/policy_file.h"
#include "nlohmann/json.hpp"
#include "tests/support/random_policy.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

// Policies of one program.
struct Input {
  std::vector<ast::Policy> trees;
  std::vector<ast::PolicyKind> kinds;
};

// One test of a condition, as JSON has it.
struct GeneratedTestText {
  std::string op;
  std::string values;
};

// How long each proof took.
class Times {
 public:
  void Add(Milliseconds one) { all_.push_back(one); }
  size_t count() const { return all_.size(); }
  Milliseconds Median() {
    if (all_.empty()) return Milliseconds(0);
    const auto middle =
        all_.begin() + static_cast<std::ptrdiff_t>(all_.size() / 2);
    std::ranges::nth_element(all_, middle);
    return *middle;
  }
  Milliseconds Largest() const { return *std::ranges::max_element(all_); }

 private:
  std::vector<Milliseconds> all_;
};

// Compiles and proves; says what it was that failed.
::testing::AssertionResult Prove(const Input& input,
                                 const CompileOptions& options, Times* times) {
  std::vector<PolicyInput> policies;
  std::vector<ProofInput> proved;
  for (size_t i = 0; i < input.trees.size(); ++i) {
    policies.push_back({&input.trees[i], input.kinds[i]});
    proved.push_back({&input.trees[i], input.kinds[i]});
  }
  Result<std::string> image = CompileProgram(policies, options);
  if (!image.ok()) {
    return ::testing::AssertionFailure() << image.status().ToString();
  }
  Result<std::unique_ptr<const Program>> program =
      Program::Load(*std::move(image));
  if (!program.ok()) {
    return ::testing::AssertionFailure() << program.status().ToString();
  }
  const auto start = std::chrono::steady_clock::now();
  const Result<Certificate> proof =
      ProveProgram(proved, (*program)->view(), options.units);
  times->Add(std::chrono::steady_clock::now() - start);
  if (!proof.ok()) {
    return ::testing::AssertionFailure() << proof.status().ToString();
  }
  return ::testing::AssertionSuccess();
}

// A document that the checker passes becomes a program of its own.
bool ReadDocument(const std::string& json, ast::PolicyKind kind, Input* input) {
  const SourceText source("document", json);
  ReadPolicy read = ReadJsonPolicy(source, kind);
  if (FirstError(read.diagnostics) != nullptr) return false;
  input->trees.push_back(*std::move(read.tree));
  input->kinds.push_back(kind);
  return true;
}

TEST(Prove, HoldsForEverySample) {
  std::ifstream in("tests/conformance/sample-policies.json");
  const nlohmann::json samples = nlohmann::json::parse(in);
  Times times;
  for (const nlohmann::json& sample : samples) {
    const auto id = sample["id"].get<std::string>();
    const auto kind = KindNamed(sample["kind"].get<std::string>());
    ASSERT_TRUE(kind) << id;
    Input input;
    ASSERT_TRUE(ReadDocument(sample["document"].dump(), *kind, &input)) << id;
    EXPECT_TRUE(Prove(input, {}, &times)) << id;
  }
  EXPECT_EQ(times.count(), 48u);
}

TEST(Prove, HoldsForEveryExample) {
  Times times;
  for (const auto& entry :
       std::filesystem::directory_iterator("examples/policies")) {
    if (entry.path().extension() != ".writ") continue;
    Result<PolicyFile> file = ReadPolicyFile(entry.path());
    ASSERT_TRUE(file.ok()) << entry.path();
    CheckFile(std::nullopt, &*file);
    ASSERT_FALSE(file->diagnostics.has_errors()) << entry.path();
    const Input input = {file->content.policies, file->kinds};
    EXPECT_TRUE(Prove(input, {}, &times)) << entry.path();
  }
  EXPECT_GT(times.count(), 3u);
}

// The policies of random cases: a program each, and all of a case together,
// those of one kind as one unit.
TEST(Prove, HoldsForRandomPolicies) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", 20261122);
  // WRIT_CASES counts what is decided elsewhere: a proof costs five of them.
  const uint64_t wanted = NumberFromEnvironment("WRIT_CASES", 50000) / 5;
  reference::CaseGenerator generator(seed);
  reference::Random random(seed);
  Times times;
  uint64_t policies = 0;
  for (uint64_t i = 0; policies < wanted && !HasFailure(); ++i) {
    const TwoAnswers one(generator.Edited(generator.Make()).Line("case"));
    if (!one.refusal().empty()) continue;
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i) +
                 " " + one.line());
    Input all;
    std::vector<std::vector<uint32_t>> units;
    for (size_t k = 0; k < one.trees().size(); ++k) {
      const ast::PolicyKind kind = one.read().policies[k].kind;
      EXPECT_TRUE(Prove({{one.trees()[k]}, {kind}}, {}, &times));
      ++policies;
      const auto number = static_cast<uint32_t>(all.kinds.size());
      const auto unit = std::ranges::find_if(units, [&](const auto& members) {
        return all.kinds[members[0]] == kind;
      });
      if (unit == units.end()) {
        units.push_back({number});
      } else {
        unit->push_back(number);
      }
      all.trees.push_back(one.trees()[k]);
      all.kinds.push_back(kind);
    }
    CompileOptions options;
    options.units = units;
    EXPECT_TRUE(Prove(all, options, &times));
    options.passes = PassSet::OfBits(static_cast<uint32_t>(random.Next()));
    EXPECT_TRUE(Prove(all, options, &times));
  }
  const Milliseconds median = times.Median();
  std::cout << policies << " policies, " << times.count() << " proofs, median "
            << median.count() << " ms, largest " << times.Largest().count()
            << " ms\n";
  EXPECT_GE(policies, wanted);
  EXPECT_LE(median.count(), 20.0);
}

// Texts of few characters, so that patterns cover each other in every way.
std::string Word(std::string_view alphabet, size_t longest,
                 reference::Random* random) {
  std::string text;
  for (size_t i = random->Below(longest + 1); i > 0; --i) {
    const char c = random->Pick(alphabet);
    text += c == 'e' ? "\u00e9" : std::string(1, c);
  }
  return text;
}

std::string TangledAction(reference::Random* random) {
  if (random->Percent(5)) return "*";
  return random->Pick(std::string_view("fg*?")) + Word("fF*?", 2, random) +
         ":" + random->Pick(std::string_view("ab*?")) +
         Word("abA**?e", 5, random);
}

std::string TangledResource(reference::Random* random) {
  if (random->Percent(4)) return "*";
  constexpr std::string_view kServices[] = {"ram", "r?m", "*", "oss", "o*"};
  constexpr std::string_view kStarts[] = {"", "role/", "ROLE/", "*", "?ole/"};
  return "acs:" + std::string(random->Pick(kServices)) + ":" +
         Word("*?a", 2, random) + ":" + Word("**1", 2, random) + ":" +
         std::string(random->Pick(kStarts)) + Word("abA/:***?e", 6, random);
}

GeneratedTestText TangledTest(reference::Random* random) {
  struct Row {
    std::string_view op;
    std::string_view values;
  };
  constexpr Row kRows[] = {
      {"NumericLessThan", "n"},
      {"NumericGreaterThanEquals", "n"},
      {"NumericNotEquals", "n"},
      {"NumericEquals", "n"},
      {"IpAddress", "i"},
      {"NotIpAddress", "i"},
      {"StringLike", "l"},
      {"StringNotLike", "l"},
      {"StringEqualsIgnoreCase", "s"},
      {"StringEquals", "s"},
      {"DateLessThanEquals", "d"},
      {"DateNotEquals", "d"},
      {"Bool", "b"},
  };
  constexpr std::string_view kBlocks[] = {
      "10.0.0.0/8", "10.0.0.0/9",  "10.128.0.0/9",       "::/0",
      "0.0.0.0/0",  "2001:db8::1", "::ffff:10.0.0.0/104"};
  const Row& row = random->Pick(kRows);
  std::string values;
  for (size_t i = random->Below(5); i > 0; --i) {
    if (!values.empty()) values += ",";
    values += '"';
    switch (row.values[0]) {
      case 'n':
        values += std::to_string(random->Below(4)) + ".0";
        break;
      case 'i':
        values += random->Pick(kBlocks);
        break;
      case 'd':
        values +=
            "2026-01-0" + std::to_string(1 + random->Below(3)) + "T00:00:00Z";
        break;
      case 'b':
        values += random->Percent(50) ? "true" : "False";
        break;
      case 'l':
        values += Word("abA**?e", 5, random);
        break;
      default:
        values += Word("abAe", 2, random);
    }
    values += '"';
  }
  return {std::string(row.op), "[" + values + "]"};
}

std::string TangledPolicy(reference::Random* random) {
  std::string statements;
  const auto list = [random](auto make) {
    std::string items;
    for (size_t i = 1 + random->Below(6); i > 0; --i) {
      items += (items.empty() ? "\"" : ",\"") + make(random) + "\"";
    }
    return "[" + items + "]";
  };
  for (size_t i = 1 + random->Below(6); i > 0; --i) {
    std::map<std::string, std::map<std::string, std::string>> tests;
    for (size_t k = random->Below(5); k > 0; --k) {
      const GeneratedTestText test = TangledTest(random);
      tests[test.op][random->Percent(50) ? "demo:k" : "demo:l"] = test.values;
    }
    std::string condition;
    for (const auto& [op, keys] : tests) {
      condition += (condition.empty() ? "\"" : ",\"") + op + "\":{";
      std::string inner;
      for (const auto& [key, values] : keys) {
        inner += (inner.empty() ? "\"" : ",\"") + key + "\":" + values;
      }
      condition += inner + "}";
    }
    statements += std::string(statements.empty() ? "" : ",") +
                  "{\"Effect\":\"" + (random->Percent(50) ? "Allow" : "Deny") +
                  "\",\"" + (random->Percent(20) ? "NotAction" : "Action") +
                  "\":" + list(TangledAction) + ",\"" +
                  (random->Percent(20) ? "NotResource" : "Resource") +
                  "\":" + list(TangledResource) + ",\"Condition\":{" +
                  condition + "}}";
  }
  return "{\"Version\":\"1\",\"Statement\":[" + statements + "]}";
}

TEST(Prove, HoldsForTangledPolicies) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", 20261124);
  const uint64_t wanted = NumberFromEnvironment("WRIT_CASES", 50000) / 100;
  reference::Random random(seed);
  Times times;
  for (uint64_t i = 0; i < wanted && !HasFailure(); ++i) {
    const std::string json = TangledPolicy(&random);
    SCOPED_TRACE(json);
    Input input;
    ASSERT_TRUE(ReadDocument(json, ast::PolicyKind::kIdentity, &input));
    EXPECT_TRUE(Prove(input, {}, &times));
  }
  std::cout << times.count() << " proofs, median " << times.Median().count()
            << " ms, largest " << times.Largest().count() << " ms\n";
}

// Names and texts that nobody would write.
TEST(Prove, HoldsForHostilePolicies) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", 20261123);
  const uint64_t documents = NumberFromEnvironment("WRIT_CASES", 50000) * 2 / 5;
  reference::Random random(seed);
  Times times;
  for (uint64_t i = 0; i < documents && !HasFailure(); ++i) {
    const std::string json = testing::RandomPolicyJson(&random);
    for (const ast::PolicyKind kind :
         {ast::PolicyKind::kIdentity, ast::PolicyKind::kResource,
          ast::PolicyKind::kTrust}) {
      Input input;
      if (!ReadDocument(json, kind, &input)) continue;
      SCOPED_TRACE(json);
      EXPECT_TRUE(Prove(input, {}, &times));
    }
  }
  std::cout << times.count() << " proofs, median " << times.Median().count()
            << " ms\n";
  EXPECT_GT(times.count(), 0u);
}

}  // namespace
}  // namespace writ
