// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/golden/decide/*.case. A file says in its first lines why it
// exists, then holds three parts:
//
//   === case       one case, over as many lines as it likes
//   === findings   what the checker says about its policies, one a line
//   === answer     what `writ eval` prints for it
//
// WRIT_UPDATE_GOLDEN=1 rewrites the last two parts from what the build says;
// review the difference as code. It is refused where CI is set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr const char* kFolder = "tests/golden/decide";
constexpr std::string_view kCase = "=== case\n";
constexpr std::string_view kFindings = "=== findings\n";
constexpr std::string_view kAnswer = "=== answer\n";
constexpr size_t kLeastCases = 12;

std::vector<std::string> CaseFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".case") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string Findings(const Case& one) {
  std::string text;
  for (size_t i = 0; i < one.policies.size(); ++i) {
    const CasePolicy& policy = one.policies[i];
    if (!policy.refused_kind.empty()) continue;
    const SourceText source("document", std::string(policy.document));
    const ReadPolicy read = ReadJsonPolicy(source, policy.kind);
    for (const Diagnostic& finding : read.diagnostics.all()) {
      text += "/policies/" + std::to_string(i) + "/document" + finding.pointer +
              ": " + std::string(InfoOf(finding.id).code) + " " +
              finding.message + "\n";
    }
  }
  return text;
}

// What the file should say, made from its own head and case.
std::string Expected(const std::string& text) {
  const size_t case_at = text.find(kCase);
  const size_t findings_at = text.find(kFindings);
  if (case_at == text.npos || findings_at == text.npos) {
    return "the file lacks `=== case` or `=== findings`\n";
  }
  const std::string line =
      text.substr(case_at + kCase.size(), findings_at - case_at - kCase.size());
  Case one;
  std::string findings, answer;
  if (const auto error = ReadCase(line, &one)) {
    answer = BadLineJson(1, *error);
  } else {
    findings = Findings(one);
    answer = OutcomeJson(JsonQuote(one.id), DecideCase(one));
  }
  return text.substr(0, findings_at) + std::string(kFindings) + findings +
         std::string(kAnswer) + answer + "\n";
}

class GoldenDecide : public testing::TestWithParam<std::string> {};

TEST_P(GoldenDecide, IsAnsweredAsWritten) {
  const std::string text = ReadText(GetParam());
  ASSERT_TRUE(text.starts_with("# ")) << "say why the case exists";
  const std::string expected = Expected(text);
  if (std::getenv("WRIT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "golden files are not rewritten";
    std::ofstream(GetParam()) << expected;
    return;
  }
  EXPECT_EQ(text, expected) << GetParam();
}

TEST_P(GoldenDecide, TheReferenceEvaluatorAgrees) {
  const std::string text = ReadText(GetParam());
  const size_t begin = text.find(kCase) + kCase.size();
  const TwoAnswers answers(text.substr(begin, text.find(kFindings) - begin));
  if (!answers.refusal().empty()) return;
  EXPECT_EQ(answers.Engine(), answers.Reference());
  ASSERT_TRUE(answers.read().expect.has_value()) << GetParam();
  EXPECT_TRUE(answers.Reference().starts_with(
      CaseExpectationName(*answers.read().expect)));
}

std::string CaseName(const testing::TestParamInfo<std::string>& file) {
  return std::filesystem::path(file.param).stem().string();
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenDecide, testing::ValuesIn(CaseFiles()),
                         CaseName);

TEST(GoldenDecideFolder, HoldsCases) {
  EXPECT_GE(CaseFiles().size(), kLeastCases);
}

}  // namespace
}  // namespace writ
