// SPDX-License-Identifier: Apache-2.0
//
// More than a million decisions in each run: policies are compiled once and
// asked many requests, each an edit of the one that they were derived from.
// Every other case is compiled with its policies merged into units, as a
// snapshot does it. The reference evaluator must agree on verdict, layer,
// reason and statements. WRIT_SEED and WRIT_CASES choose others.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "compiler/compile.h"
#include "tests/support/reference_evaluator.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr uint64_t kSeed = 4711;
constexpr uint64_t kCases = 26000;
constexpr int kRequests = 40;  // of a case
constexpr int kFailuresShown = 5;

bool SamePlace(const CasePolicy& a, const CasePolicy& b) {
  return a.kind == b.kind && a.resource_group_scope == b.resource_group_scope &&
         a.group == b.group && a.level == b.level && a.depth == b.depth &&
         a.account == b.account;
}

// The policies of a case with neighbours that are evaluated together in one
// unit; unit i is what attachment i names.
CompiledCase CompileMerged(const TwoAnswers& answers) {
  const std::vector<CasePolicy>& policies = answers.read().policies;
  std::vector<PolicyInput> inputs;
  std::vector<std::vector<uint32_t>> units;
  for (uint32_t i = 0; i < policies.size(); ++i) {
    inputs.push_back({&answers.trees()[i], policies[i].kind});
    if (i == 0 || !SamePlace(policies[i], policies[i - 1])) {
      units.emplace_back();
    }
    units.back().push_back(i);
  }
  CompileOptions options;
  options.units = units;
  CompiledCase compiled;
  compiled.program =
      Program::Load(CompileProgram(inputs, options).value()).value();
  for (uint32_t unit = 0; unit < units.size(); ++unit) {
    const CasePolicy& policy = policies[units[unit][0]];
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
  return compiled;
}

std::string Verdict(const std::string& answer) {
  return answer.substr(0, answer.find(' '));
}

TEST(Decisions, ProgramAndReferenceAgreeOnAMillion) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  // A case is asked so much that a third as many do as elsewhere.
  const uint64_t count = NumberFromEnvironment("WRIT_CASES", 3 * kCases) / 3;
  std::cout << "WRIT_SEED=" << seed << " WRIT_CASES=" << 3 * count << "\n";
  reference::CaseGenerator generator(seed);
  uint64_t decided = 0;
  uint64_t flipped = 0;
  int failures = 0;
  for (uint64_t i = 0; i < count && failures < kFailuresShown; ++i) {
    const reference::GeneratedCase made = generator.Make();
    const TwoAnswers answers(made.Line(std::to_string(i)));
    if (!answers.refusal().empty()) continue;
    const CompiledCase compiled =
        i % 2 == 0
            ? CompileCase(answers.read().policies, answers.trees()).value()
            : CompileMerged(answers);
    const std::string before = Verdict(answers.Reference());
    for (int k = 0; k < kRequests; ++k) {
      const std::string json =
          reference::RequestJson(generator.EditedRequest(made));
      CaseRequest request;
      if (ReadCaseRequest(json, &request)) continue;
      const RequestView view(request);
      const std::string expected = answers.Reference(view.request());
      const std::string actual =
          AnswerText(DecideCompiled(view.request(), compiled));
      ++decided;
      flipped += Verdict(expected) != before ? 1 : 0;
      if (actual != expected) {
        ++failures;
        ADD_FAILURE() << "program:   " << actual << "\nreference: " << expected
                      << "\nrequest:   " << json << "\n"
                      << answers.line();
        break;
      }
    }
  }
  std::cout << decided << " decisions; " << flipped
            << " differ from the unedited request\n";
  EXPECT_GE(decided, count * kRequests * 9 / 10);
  // The edits must matter, or all this asks one question many times.
  EXPECT_GE(flipped * 10, decided);
}

}  // namespace
}  // namespace writ
