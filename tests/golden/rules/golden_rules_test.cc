// SPDX-License-Identifier: Apache-2.0
//
// Holds every row of grammar/rules.def to its cases and its page. A rule that
// is there (on or off) has tests/golden/rules/<code>.case, and may have more,
// <code>.<words>.case; one that waits or is retired has none. A case may begin
// with lines that say why it exists, then holds parts:
//
//   === fires    one file or more on which the rule finds something
//   === finds    exactly the findings of this rule, one a line
//   === near     files as close as possible, on which it stays silent
//   === fixed    the first file of `fires` after `writ fix --rule CODE`
//
// A file begins with `--- name.writ` or `--- name.ram.json`, behind which may
// stand `kind=trust`, `now=2026-12-01T00:00:00Z` and settings of .writ.toml.
// docs/rules/<code>.md is made of the row and its first case.
//
// WRIT_UPDATE_GOLDEN=1 rewrites `finds`, `fixed` and the pages from what the
// build says; review the difference as code. It is refused where CI is set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/rules/rule_case.h"
#include "tests/golden/rules/rule_page.h"

namespace writ::testing {
namespace {

constexpr std::string_view kPages = "docs/rules/";

bool Updating() {
  const char* wanted = std::getenv("WRIT_UPDATE_GOLDEN");
  if (wanted == nullptr || std::string_view(wanted) != "1") return false;
  EXPECT_EQ(std::getenv("CI"), nullptr) << "golden files are not made in CI";
  return std::getenv("CI") == nullptr;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

void ExpectFileHolds(const std::string& path, const std::string& text) {
  if (Updating()) {
    if (ReadText(path) != text) WriteText(path, text);
    return;
  }
  EXPECT_EQ(ReadText(path), text)
      << path << " is not what WRIT_UPDATE_GOLDEN=1 writes";
}

bool HasErrors(const std::vector<PolicyFile>& files) {
  return std::any_of(files.begin(), files.end(), [](const PolicyFile& file) {
    return file.diagnostics.has_errors();
  });
}

// RAM refuses the forms that these are about, which is no reason to keep quiet
// about what they mean elsewhere.
bool StandsBesideErrors(const RuleInfo& rule) {
  return rule.id == RuleId::kTRU_001 || rule.id == RuleId::kTRU_002;
}

std::string AllFindings(const std::vector<PolicyFile>& files) {
  std::string text;
  for (const RuleInfo& rule : Rules()) text += FindingsOf(rule, files);
  return text;
}

class GoldenRules : public ::testing::TestWithParam<size_t> {
 protected:
  const RuleInfo& rule() const { return Rules()[GetParam()]; }
  bool is_there() const {
    return rule().state == RuleState::kOn || rule().state == RuleState::kOff;
  }
};

TEST_P(GoldenRules, FiresWhereItShouldAndNowhereNear) {
  const std::vector<std::string> paths = CasesOf(rule());
  if (!is_there()) {
    EXPECT_EQ(paths, std::vector<std::string>{})
        << "a rule that does not run has a case";
    return;
  }
  ASSERT_FALSE(paths.empty())
      << "tests/golden/rules/" << rule().code << ".case is missing";
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    RuleCase one(ReadText(path));
    ASSERT_EQ(one.complaint(), "");
    const std::vector<PolicyFile> fires = one.Run(rule(), one.fires());
    const std::vector<PolicyFile> near = one.Run(rule(), one.near());
    if (rule().level != Level::kError && !StandsBesideErrors(rule())) {
      EXPECT_FALSE(HasErrors(fires)) << AllFindings(fires);
      EXPECT_FALSE(HasErrors(near)) << AllFindings(near);
    }
    EXPECT_EQ(FindingsOf(rule(), near), "");
    const std::string finds = FindingsOf(rule(), fires);
    EXPECT_NE(finds, "") << "the rule does not fire";
    const std::optional<std::string> fixed = one.Fixed(rule());
    if (rule().fix == FixKind::kAutomatic && path == paths.front()) {
      EXPECT_TRUE(fixed.has_value()) << "no fix for an automatic one";
    }
    if (rule().fix == FixKind::kNone) {
      EXPECT_FALSE(fixed.has_value());
    }
    if (Updating()) {
      WriteText(path, one.With(finds, fixed));
      continue;
    }
    EXPECT_EQ(finds, one.finds());
    if (fixed.has_value() || one.fixed().has_value()) {
      EXPECT_EQ(fixed.value_or(""), one.fixed().value_or(""));
    }
  }
}

TEST_P(GoldenRules, HasAPage) {
  std::optional<RuleCase> one;
  const std::vector<std::string> paths = CasesOf(rule());
  if (!paths.empty()) one.emplace(ReadText(paths.front()));
  ExpectFileHolds(std::string(kPages) + std::string(rule().code) + ".md",
                  RulePage(rule(), one ? &*one : nullptr));
}

TEST_P(GoldenRules, SaysWhatItFindsAndWhy) {
  const auto is_sentence = [](std::string_view text) {
    return !text.empty() && text.front() >= 'A' && text.front() <= 'Z' &&
           text.back() == '.';
  };
  EXPECT_TRUE(is_sentence(rule().summary) || rule().summary.starts_with('`'))
      << rule().summary;
  if (is_there()) {
    EXPECT_TRUE(is_sentence(rule().why)) << rule().why;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, GoldenRules,
                         ::testing::Range<size_t>(0, Rules().size()),
                         [](const ::testing::TestParamInfo<size_t>& one) {
                           std::string name(Rules()[one.param].code);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(GoldenRulesFolder, HoldsNoCaseOfAnUnknownRule) {
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/golden/rules")) {
    if (entry.path().extension() != ".case") continue;
    const std::string name = entry.path().filename().string();
    EXPECT_NE(FindRule(name.substr(0, name.find('.'))), nullptr) << name;
  }
}

TEST(GoldenRulesFolder, HasAnIndexOfPages) {
  ExpectFileHolds(std::string(kPages) + "README.md", RuleIndex());
}

}  // namespace
}  // namespace writ::testing
