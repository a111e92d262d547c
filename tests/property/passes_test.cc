// SPDX-License-Identifier: Apache-2.0
//
// A pass makes decisions faster, never different: random cases are compiled
// with every subset of the passes, and with random subsets, and decided; the
// answers are those of the reference evaluator. Policies that are attached
// alike are evaluated as one unit in half of the programs.
// WRIT_SEED and WRIT_CASES choose others.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "tests/support/clutter.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr uint64_t kSeed = 20261122;
constexpr uint64_t kCases = 8000;     // with a random subset each
constexpr uint64_t kWholeCases = 60;  // with every subset
constexpr uint32_t kSubsets = 1u << std::size(kPasses);
constexpr int kFailuresShown = 5;

bool AttachedAlike(const CasePolicy& a, const CasePolicy& b) {
  return a.kind == b.kind && a.resource_group_scope == b.resource_group_scope &&
         a.group == b.group && a.level == b.level && a.depth == b.depth &&
         a.account == b.account;
}

// The policies of the case as lists: neighbours that are attached alike
// together, or each for itself.
std::vector<std::vector<uint32_t>> UnitsOf(const Case& read, bool together) {
  std::vector<std::vector<uint32_t>> units;
  for (uint32_t i = 0; i < read.policies.size(); ++i) {
    if (!together || i == 0 ||
        !AttachedAlike(read.policies[i - 1], read.policies[i])) {
      units.emplace_back();
    }
    units.back().push_back(i);
  }
  return units;
}

std::string Names(PassSet passes) {
  std::string names;
  for (const PassInfo& info : kPasses) {
    if (passes.Has(info.pass)) names += " " + std::string(info.name);
  }
  return names.empty() ? " none" : names;
}

// The answer of a program that was compiled with these passes.
std::string Answer(const TwoAnswers& answers, PassSet passes, bool together) {
  const Case& read = answers.read();
  std::vector<PolicyInput> inputs;
  for (size_t i = 0; i < answers.trees().size(); ++i) {
    inputs.push_back({&answers.trees()[i], read.policies[i].kind});
  }
  const std::vector<std::vector<uint32_t>> units = UnitsOf(read, together);
  CompileOptions options;
  options.passes = passes;
  if (together) options.units = units;
  Result<std::string> image = CompileProgram(inputs, options);
  if (!image.ok()) return "compile " + image.status().ToString();
  auto program = Program::Load(std::move(image).value());
  if (!program.ok()) return "load " + program.status().ToString();
  CompiledCase compiled;
  compiled.program = std::move(program).value();
  for (uint32_t unit = 0; unit < units.size(); ++unit) {
    const CasePolicy& policy = read.policies[units[unit][0]];
    compiled.attachments.push_back(
        {.program = compiled.program.get(),
         .unit = unit,
         .kind = AttachmentKindOf(policy.kind),
         .resource_group_scope = policy.resource_group_scope,
         .group = policy.group,
         .level = policy.level,
         .depth = policy.depth,
         .account = policy.account,
         .first_policy = units[unit][0]});
  }
  const RequestView view(read.request);
  return AnswerText(DecideCompiled(view.request(), compiled));
}

// Further values of one type, which cover others or are covered.
void AddValues(reference::GeneratedTest* test, reference::Random* random) {
  const auto of = [&](std::string_view word) {
    return test->op.find(word) != std::string::npos;
  };
  if (test->unquoted || test->values.empty()) return;
  const std::vector<reference::Texts>& rows =
      of("Numeric") ? reference::Numbers()
      : of("Date")  ? reference::Dates()
                    : reference::Blocks();
  if (!of("Numeric") && !of("Date") && !of("IpAddress")) return;
  test->scalar = false;
  const size_t count = 1 + random->Below(3);
  for (size_t i = 0; i < count; ++i) {
    test->values.push_back(random->Pick(random->Pick(rows)));
  }
}

// Makes lists whose items cover one another.
void Widen(reference::GeneratedCase* one, reference::Random* random) {
  for (reference::GeneratedPolicy& policy : one->policies) {
    const size_t rounds = random->Below(4);
    for (size_t i = 0; i < rounds; ++i) Clutter(&policy, random);
    for (reference::GeneratedStatement& statement : policy.statements) {
      for (reference::GeneratedTest& test : statement.tests) {
        if (random->Percent(40)) AddValues(&test, random);
      }
    }
  }
}

class Passes : public ::testing::Test {
 protected:
  // Checks one case with one subset.
  void Expect(const TwoAnswers& answers, const std::string& reference,
              PassSet passes, bool together) {
    const std::string answer = Answer(answers, passes, together);
    // Passes change what a decision costs, and with it this answer alone.
    if (answer == reference || answer.find("step-limit") != std::string::npos) {
      return;
    }
    ++failures_;
    ADD_FAILURE() << "passes:   " << Names(passes)
                  << (together ? ", in units" : "") << "\nprogram:   " << answer
                  << "\nreference: " << reference << "\n"
                  << answers.line();
  }

  // The next case that can be decided.
  std::unique_ptr<TwoAnswers> Next() {
    while (true) {
      reference::GeneratedCase made = generator_.Edited(generator_.Make());
      if (random_.Percent(60)) Widen(&made, &random_);
      auto answers =
          std::make_unique<TwoAnswers>(made.Line(std::to_string(count_++)));
      if (answers->refusal().empty()) return answers;
    }
  }

  const uint64_t seed_ = NumberFromEnvironment("WRIT_SEED", kSeed);
  // A case is compiled and decided anew for every subset: a third as many do as
  // elsewhere.
  const uint64_t cases_ = NumberFromEnvironment("WRIT_CASES", 3 * kCases) / 3;
  reference::CaseGenerator generator_{seed_};
  reference::Random random_{seed_ + 1};
  uint64_t count_ = 0;
  int failures_ = 0;
};

TEST_F(Passes, EverySubsetDecidesAlike) {
  std::cout << "WRIT_SEED=" << seed_ << "\n";
  for (uint64_t i = 0; i * kCases < cases_ * kWholeCases; ++i) {
    const std::unique_ptr<TwoAnswers> answers = Next();
    const std::string reference = answers->Reference();
    for (uint32_t bits = 0; bits < kSubsets; ++bits) {
      Expect(*answers, reference, PassSet::OfBits(bits), (bits + i) % 2 == 0);
      if (failures_ >= kFailuresShown) return;
    }
  }
}

TEST_F(Passes, RandomSubsetsDecideAlike) {
  std::cout << "WRIT_SEED=" << seed_ << " WRIT_CASES=" << 3 * cases_ << "\n";
  for (uint64_t i = 0; i < cases_; ++i) {
    const std::unique_ptr<TwoAnswers> answers = Next();
    const std::string reference = answers->Reference();
    const auto bits = static_cast<uint32_t>(random_.Below(kSubsets));
    Expect(*answers, reference, PassSet::OfBits(bits), random_.Percent(50));
    Expect(*answers, reference, PassSet::All(), random_.Percent(50));
    if (failures_ >= kFailuresShown) return;
  }
}

}  // namespace
}  // namespace writ
