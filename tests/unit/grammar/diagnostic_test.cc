// SPDX-License-Identifier: Apache-2.0
// The table of findings, and what an author sees: every case of
// tests/golden/diagnostics is a policy and the findings as rendered.
// WRIT_UPDATE_GOLDEN=1 rewrites them (not where CI is set).
#include "grammar/diagnostic.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/check.h"
#include "grammar/parse_json.h"
#include "grammar/parse_writ.h"
#include "grammar/render.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(DiagnosticTable, OneCodeHasOneSlugPerMeaning) {
  std::map<std::string_view, std::set<std::string_view>> codes_of;
#define DIAGNOSTIC(Name, ...)                          \
  codes_of[InfoOf(DiagnosticId::k##Name).slug].insert( \
      InfoOf(DiagnosticId::k##Name).code);
#include "grammar/diagnostics.def"
#undef DIAGNOSTIC
  for (const auto& [slug, codes] : codes_of) {
    EXPECT_EQ(codes.size(), 1U) << slug;
  }
}

TEST(DiagnosticTable, OnlyFindingsWithARuleAreErrors) {
#define DIAGNOSTIC(Name, ...)                                               \
  EXPECT_FALSE(InfoOf(DiagnosticId::k##Name).source.empty()) << #Name;        \
  if (InfoOf(DiagnosticId::k##Name).breaks_tree) {                          \
    EXPECT_EQ(InfoOf(DiagnosticId::k##Name).level, Level::kError) << #Name; \
  }
#include "grammar/diagnostics.def"
#undef DIAGNOSTIC
}

TEST(Render, NothingOfTheAuthorReachesTheTerminalRaw) {
  const SourceText source("evil\x1b[31m.json",
                          "{\"Version\":\"1\x1b]0;x\x07\",\"\x1b[2J\":1}");
  Diagnostics findings;
  ParseJsonPolicy(source, &findings);
  ASSERT_TRUE(findings.has_errors());
  for (FindingFormat format : {FindingFormat::kPretty, FindingFormat::kCompact,
                               FindingFormat::kJsonl}) {
    const std::string text = RenderFindings(source, findings, format);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
  }
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The kind stands in the name of the file: `trust_….json`, else identity.
ast::PolicyKind KindOfCase(const std::string& name) {
  if (name.starts_with("trust_")) return ast::PolicyKind::kTrust;
  if (name.starts_with("resource_")) return ast::PolicyKind::kResource;
  return ast::PolicyKind::kIdentity;
}

class GoldenDiagnostics
    : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenDiagnostics, MatchesTheFile) {
  const std::string name = GetParam().filename().string();
  SourceText source(name, ReadText(GetParam()));
  Diagnostics findings;
  std::vector<ast::Policy> policies;
  if (name.ends_with(".writ")) {
    if (auto file = ParseWrit(&source, {}, &findings)) policies = file->policies;
  } else if (auto policy = ParseJsonPolicy(source, &findings)) {
    policies.push_back(*policy);
  }
  for (const ast::Policy& policy : policies) {
    CheckPolicy(source, policy, policy.kind.value_or(KindOfCase(name)),
                &findings);
  }
  const std::string got =
      RenderFindings(source, findings, FindingFormat::kPretty);
  const std::filesystem::path want = GetParam().string() + ".expected";
  if (std::getenv("WRIT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "goldens are not rewritten in CI";
    std::ofstream(want, std::ios::binary) << got;
    return;
  }
  EXPECT_EQ(got, ReadText(want)) << want;
}

std::vector<std::filesystem::path> Cases() {
  std::vector<std::filesystem::path> cases;
  const std::filesystem::path folder = "tests/golden/diagnostics";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".expected") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenDiagnostics, ::testing::ValuesIn(Cases()),
                         [](const auto& param) {
                           std::string name = param.param.filename().string();
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return !(c >= 'a' && c <= 'z'); },
                               '_');
                           return name;
                         });

}  // namespace
}  // namespace writ
