// SPDX-License-Identifier: Apache-2.0
// The readers and CheckPolicy call a policy of the conformance vectors invalid
// exactly when the vector says so (R48).
#include <fstream>
#include <string>
#include <vector>

#include "compiler/check.h"
#include "grammar/parse_json.h"
#include "grammar/render.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace writ {
namespace {

std::optional<ast::PolicyKind> KindNamed(const std::string& name) {
  if (name == "identity") return ast::PolicyKind::kIdentity;
  if (name == "resource") return ast::PolicyKind::kResource;
  if (name == "trust") return ast::PolicyKind::kTrust;
  if (name == "session") return ast::PolicyKind::kSession;
  if (name == "control") return ast::PolicyKind::kControl;
  return std::nullopt;
}

// The bytes of every `"document"` of a line, as written: a JSON library would
// drop duplicate members.
std::vector<std::string> DocumentsOf(const std::string& line) {
  std::vector<std::string> documents;
  const std::string mark = "\"document\": ";
  for (size_t at = line.find(mark); at != std::string::npos;
       at = line.find(mark, at)) {
    at += mark.size();
    size_t depth = 0;
    bool in_string = false;
    size_t end = at;
    do {
      const char c = line[end];
      if (in_string) {
        if (c == '\\') ++end;
        in_string = c != '"';
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      }
      ++end;
    } while (depth > 0);
    documents.push_back(line.substr(at, end - at));
  }
  return documents;
}

void CheckVectors(const std::string& path) {
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  std::string line;
  int count = 0;
  while (std::getline(in, line)) {
    const nlohmann::json vector = nlohmann::json::parse(line);
    const std::vector<std::string> documents = DocumentsOf(line);
    ASSERT_EQ(documents.size(), vector["policies"].size()) << line;
    bool invalid = false;
    std::string findings_text;
    for (size_t i = 0; i < documents.size(); ++i) {
      const auto kind =
          KindNamed(vector["policies"][i]["kind"].get<std::string>());
      if (!kind) {
        invalid = true;  // R34: RAM has no such kind
        continue;
      }
      const SourceText source("document", documents[i]);
      Diagnostics findings;
      const std::optional<ast::Policy> policy =
          ParseJsonPolicy(source, &findings);
      if (policy) CheckPolicy(source, *policy, *kind, &findings);
      EXPECT_TRUE(policy || findings.has_errors()) << line;
      invalid = invalid || findings.has_errors();
      findings_text +=
          RenderFindings(source, findings, FindingFormat::kCompact);
    }
    const bool want = vector.value("expect", "") == "INVALID";
    EXPECT_EQ(invalid, want) << vector["id"] << "\n" << findings_text;
    ++count;
  }
  EXPECT_GT(count, 50) << path;
}

TEST(ConformanceValidity, RulingsAgree) {
  CheckVectors("tests/conformance/rulings.jsonl");
}

TEST(ConformanceValidity, DocumentedRulesAgree) {
  CheckVectors("tests/conformance/ram.jsonl");
}

TEST(ConformanceValidity, PublishedSamplesAreValid) {
  std::ifstream in("tests/conformance/sample-policies.json");
  for (const nlohmann::json& sample : nlohmann::json::parse(in)) {
    const SourceText source("sample", sample["document"].dump());
    Diagnostics findings;
    const std::optional<ast::Policy> policy =
        ParseJsonPolicy(source, &findings);
    ASSERT_TRUE(policy);
    CheckPolicy(source, *policy, *KindNamed(sample["kind"].get<std::string>()),
                &findings);
    EXPECT_FALSE(findings.has_errors())
        << sample["id"] << "\n"
        << RenderFindings(source, findings, FindingFormat::kPretty);
  }
}

}  // namespace
}  // namespace writ
