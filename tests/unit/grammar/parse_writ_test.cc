// SPDX-License-Identifier: Apache-2.0
#include "grammar/parse_writ.h"

#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "grammar/print.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

// The JSON of the only policy, or the findings.
std::string JsonOf(const std::string& text) {
  SourceText source("t.writ", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  if (!file) {
    std::string out;
    for (const Diagnostic& finding : findings.all()) {
      const LineColumn at = source.Locate(finding.span.begin);
      out += std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
             finding.message + "\n";
    }
    return out.empty() ? "no finding" : out;
  }
  return PrintJson(file->policies[0], JsonLayout::kMinified);
}

std::string Condition(const std::string& condition) {
  const std::string json =
      JsonOf("policy p { allow fc:* on * when " + condition + "; }");
  const std::string mark = "\"Condition\":";
  const size_t at = json.find(mark);
  if (at == std::string::npos) return json;
  return json.substr(at + mark.size(), json.size() - at - mark.size() - 3);
}

TEST(ParseWrit, OneStatementIsOneStatement) {
  EXPECT_EQ(
      JsonOf("writ 1;\npolicy p identity {\n"
             "  read => allow [oss:Get*, oss:List*] on acs:oss:*:*:b/*;\n"
             "  deny all except fc:* on all except [*];\n}\n"),
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*","oss:List*"],"Resource":"acs:oss:*:*:b/*"},{"Effect":"Deny","NotAction":"fc:*","NotResource":["*"]}]})");
}

TEST(ParseWrit, PrincipalsHaveTheirForms) {
  EXPECT_NE(JsonOf("policy p { allow a:b to anyone on *; }")
                .find(R"("Principal":["*"])"),
            std::string::npos);
  EXPECT_NE(JsonOf("policy p { allow a:b to [27, \"28\"] on *; }")
                .find(R"("Principal":["27","28"])"),
            std::string::npos);
  EXPECT_NE(
      JsonOf("policy p trust { allow sts:AssumeRole to service "
             "[fc.aliyuncs.com], ram acs:ram::1:root; }")
          .find(
              R"("Principal":{"Service":["fc.aliyuncs.com"],"RAM":"acs:ram::1:root"})"),
      std::string::npos);
}

TEST(ParseWrit, LiteralsSayTheFamily) {
  EXPECT_EQ(Condition("k == \"x\""), R"({"StringEquals":{"k":"x"}})");
  EXPECT_EQ(Condition("k != [\"x\"] nocase"),
            R"({"StringNotEqualsIgnoreCase":{"k":["x"]}})");
  EXPECT_EQ(Condition("k not like \"x*\""), R"({"StringNotLike":{"k":"x*"}})");
  EXPECT_EQ(Condition("k == 5"), R"({"NumericEquals":{"k":"5"}})");
  EXPECT_EQ(Condition("k == json 5"), R"({"NumericEquals":{"k":5}})");
  EXPECT_EQ(Condition("k >= 2026-12-01T00:00:00+08:00"),
            R"({"DateGreaterThanEquals":{"k":"2026-12-01T00:00:00+08:00"}})");
  EXPECT_EQ(Condition("k is true"), R"({"Bool":{"k":"true"}})");
  EXPECT_EQ(Condition("k not within [10.0.0.0/8, \"::1\"]"),
            R"({"NotIpAddress":{"k":["10.0.0.0/8","::1"]}})");
  EXPECT_EQ(Condition("k == []"), R"({"StringEquals":{"k":[]}})");
  EXPECT_EQ(Condition("by \"Null\" k \"true\""), R"({"Null":{"k":"true"}})");
  EXPECT_EQ(Condition("nothing"), "{}");
  EXPECT_EQ(
      Condition("a == \"1\" and b < 5 and c == \"2\""),
      R"({"StringEquals":{"a":"1","c":"2"},"NumericLessThan":{"b":"5"}})");
}

TEST(ParseWrit, BareWordsBehindOperatorsAreRefusedByTheirLikelyType) {
  EXPECT_NE(Condition("k >= 2026-12-01").find("not a full date"),
            std::string::npos);
  EXPECT_NE(Condition("k == abc").find("without quotes"), std::string::npos);
  EXPECT_NE(Condition("k == true").find("`is`"), std::string::npos);
  EXPECT_NE(Condition("k == 10.0.0.0/8").find("`within`"), std::string::npos);
  EXPECT_NE(Condition("k < \"5\"").find("not text"), std::string::npos);
  EXPECT_NE(Condition("k == [1, \"x\"]").find("one list holds"),
            std::string::npos);
  EXPECT_NE(Condition("k like \"a\" and k like \"b\"").find("two tests"),
            std::string::npos);
}

TEST(ParseWrit, BracesInTextAreDoubled) {
  EXPECT_EQ(Condition("k == \"${{x}\""), R"({"StringEquals":{"k":"${x}"}})");
  EXPECT_NE(Condition("k == \"{x}\"").find("unknown name `x`"),
            std::string::npos);
  EXPECT_NE(Condition("k == \"{ x\"").find("a brace begins a name"),
            std::string::npos);
}

TEST(ParseWrit, KeywordsMayBeNames) {
  EXPECT_NE(JsonOf("policy allow { deny => deny a:b on *; }").find("Deny"),
            std::string::npos);
}

TEST(ParseWrit, ReportsOneFindingForEachBrokenStatement) {
  EXPECT_EQ(
      JsonOf("polcy p {\n  alow a:b on *;\n  deny a:b no *;\n"
             "  allow on *;\n  allow a:b on [x, y;\n  allow a:b on *;\n}"),
      "1:1 expected `policy`, found `polcy`\n"
      "2:3 expected `allow`, found `alow`\n"
      "3:12 expected `on`, found `no`\n"
      "4:9 expected an action, found `on`\n"
      "5:21 expected `,` or `]`, found `;`\n");
}

TEST(ParseWrit, NoCharacterIsSkipped) {
  for (const char* bad : {"'", "#", "|", "/* x */", "~", "\"open", "\\", "!"}) {
    const std::string text =
        "policy p { allow a:b on * " + std::string(bad) + " ; }";
    EXPECT_NE(JsonOf(text)[0], '{') << text;
  }
  EXPECT_NE(JsonOf(std::string("policy p\0{}", 11))[0], '{');
  EXPECT_NE(JsonOf("policy p { allow a:b on \"\xFF\"; }")[0], '{');
}

TEST(ParseWrit, EveryPrefixIsReadWithoutHarm) {
  const std::string text =
      "writ 1;\n@a(\"x\", [y])policy p trust { version \"1\"; l => allow [a:b, "
      "c:d] to ram [x:y], \"Z\" 5 on all except * when k is true and not like "
      "\"a\" sid \"s\" extra \"X\" = \"[1]\"; // c\n}";
  for (size_t size = 0; size <= text.size(); ++size) {
    SourceText source("t", text.substr(0, size));
    Diagnostics findings;
    EXPECT_TRUE(ParseWrit(&source, {}, &findings) || findings.has_errors()) << size;
  }
}

TEST(ParseWrit, HostileSizesAreBounded) {
  EXPECT_NE(JsonOf(std::string(10000, '[')).find("expected"),
            std::string::npos);
  EXPECT_NE(JsonOf(std::string(10000, '{')).find("expected"),
            std::string::npos);
  std::string tokens;
  for (uint64_t i = 0; i <= kMaxDslTokens; ++i) tokens += ";";
  EXPECT_NE(JsonOf(tokens).find("more than"), std::string::npos);
  EXPECT_NE(JsonOf(std::string(kMaxPolicyTextBytes + 1, ' ')).find("bytes"),
            std::string::npos);
}

TEST(ParseWrit, ManyThreadsMayReadAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(Condition("k == \"x\""), R"({"StringEquals":{"k":"x"}})");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace writ
