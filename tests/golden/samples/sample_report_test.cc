// SPDX-License-Identifier: Apache-2.0
// What the linter says about the vendor's own sample policies, one golden
// report: a change of a rule shows here as what readers of real policies see.
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source.h"
#include "catalogue/catalogue.h"
#include "grammar/diagnostic.h"
#include "grammar/json_tree.h"
#include "grammar/print.h"
#include "gtest/gtest.h"
#include "lint/lint.h"
#include "lint/policy_file.h"
#include "nlohmann/json.hpp"
#include "tests/support/golden_file.h"

namespace writ {
namespace {

constexpr char kSamples[] = "tests/conformance/sample-policies.json";
constexpr char kReport[] = "tests/golden/samples/report.txt";

std::string ReportOn(const nlohmann::ordered_json& sample) {
  const std::string id = sample["id"];
  const std::string kind = sample["kind"];
  // In our own layout, so that the report is about what the samples say.
  const SourceText text("sample", sample["document"].dump());
  Diagnostics findings;
  const std::optional<JsonTree> tree = ReadJson(text, &findings);
  if (!tree) return id + " is not JSON\n";
  std::vector<PolicyFile> files;
  files.push_back(ParsePolicyText(
      id + ".ram.json", PrintJson(*tree, JsonLayout::kPretty) + "\n"));
  CheckFile(KindNamed(kind), &files[0]);
  LintConfig config;
  config.options.now_seconds = 1796083200;  // 2026-12-01T00:00:00Z
  Diagnostics about_config;
  Lint(files, Catalogue::BuiltIn(), config, &about_config);

  std::string out =
      id + " (" + kind + "): " + std::string(sample["purpose"]) + "\n";
  for (const Diagnostic& finding : files[0].diagnostics.all()) {
    out += "  " + std::string(LevelName(finding.level)) + " " +
           std::string(InfoOf(finding.id).code) + " " + finding.pointer + ": " +
           finding.message + "\n";
  }
  return out;
}

TEST(SampleReport, IsWhatItWas) {
  std::ifstream file(kSamples);
  const nlohmann::ordered_json samples = nlohmann::ordered_json::parse(file);
  ASSERT_GE(samples.size(), 40U);
  std::string report;
  for (const nlohmann::ordered_json& sample : samples) {
    report += ReportOn(sample);
  }
  ExpectGolden(kReport, report);
}

}  // namespace
}  // namespace writ
