// SPDX-License-Identifier: Apache-2.0
//
// Every case of the public test suite, answered by the product and by the
// reference evaluator.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr const char* kFiles[] = {"tests/conformance/ram.jsonl",
                                  "tests/conformance/rulings.jsonl"};

class Conformance : public testing::TestWithParam<const char*> {};

TEST_P(Conformance, EveryCaseIsAnsweredAsExpected) {
  const std::vector<std::string> lines = ReadLines(GetParam());
  ASSERT_GT(lines.size(), 100u);
  for (const std::string& line : lines) {
    const TwoAnswers answers(line);
    const Case& one = answers.read();
    ASSERT_TRUE(one.expect.has_value()) << line;
    const CaseOutcome outcome = DecideCase(one);
    const auto met = ExpectationMet(outcome);
    EXPECT_EQ(met, one.expect)
        << one.id << ": expected " << CaseExpectationName(*one.expect)
        << ", got " << AnswerText(outcome) << " " << answers.refusal();
  }
}

TEST_P(Conformance, TheReferenceEvaluatorAgreesOnEverything) {
  size_t decided = 0;
  for (const std::string& line : ReadLines(GetParam())) {
    const TwoAnswers answers(line);
    if (!answers.refusal().empty()) {
      EXPECT_EQ(answers.read().expect, CaseExpectation::kInvalid)
          << answers.refusal() << "\n"
          << line;
      continue;
    }
    ++decided;
    const std::string reference = answers.Reference();
    EXPECT_EQ(answers.Engine(), reference) << line;
    const std::string verdict(CaseExpectationName(*answers.read().expect));
    EXPECT_EQ(reference.substr(0, reference.find(' ')), verdict) << line;
  }
  EXPECT_GT(decided, 60u);
}

std::string FileName(const testing::TestParamInfo<const char*>& file) {
  return file.index == 0 ? "Ram" : "Rulings";
}

INSTANTIATE_TEST_SUITE_P(Files, Conformance, testing::ValuesIn(kFiles),
                         FileName);

}  // namespace
}  // namespace writ
