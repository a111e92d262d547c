// SPDX-License-Identifier: Apache-2.0
#include "grammar/parse_json.h"

#include <string>
#include <string_view>

#include "base/limits.h"
#include "compiler/check.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

struct Outcome {
  std::optional<ast::Policy> policy;
  Diagnostics findings;

  // "W-SYN-002 /Statement/0/Action@3:5", in document order.
  std::string Codes(const SourceText& source) const {
    std::string out;
    for (const Diagnostic& finding : findings.all()) {
      const LineColumn at = source.Locate(finding.span.begin);
      if (!out.empty()) out += "; ";
      out += std::string(InfoOf(finding.id).code) + " " + finding.pointer +
             "@" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    return out;
  }
};

std::string CodesOf(const std::string& text,
                    ast::PolicyKind kind = ast::PolicyKind::kIdentity) {
  const SourceText source("t.json", text);
  Outcome outcome;
  outcome.policy = ParseJsonPolicy(source, &outcome.findings);
  if (outcome.policy) {
    CheckPolicy(source, *outcome.policy, kind, &outcome.findings);
  }
  return outcome.Codes(source);
}

std::string Identity(const std::string& statement) {
  return R"({"Version":"1","Statement":[)" + statement + "]}";
}
std::string Allow(const std::string& more) {
  return Identity(R"({"Effect":"Allow","Action":"fc:*","Resource":"*")" + more +
                  "}");
}

TEST(ParseJson, AcceptsAPlainPolicy) {
  EXPECT_EQ(CodesOf(Allow("")), "");
  EXPECT_EQ(CodesOf("\n" + Allow("") + "\r\n"), "");
}

TEST(ParseJson, EveryFindingHasPlaceAndPointer) {
  EXPECT_EQ(CodesOf("{\"Version\": \"1\", \"Statement\": [\n"
                    "  {\"Effect\": \"allow\", \"Action\": \"fc\",\n"
                    "   \"Resource\": [\"*\", \"acs:x\"]}]}"),
            "W-SYN-009 /Statement/0/Effect@2:14; "
            "W-TYP-001 /Statement/0/Action@2:33; "
            "W-TYP-008 /Statement/0/Resource/1@3:22");
}

TEST(ParseJson, RejectsShapesOutsideTheGrammar) {
  EXPECT_EQ(CodesOf("[]"), "W-SYN-027 @1:1");
  EXPECT_EQ(CodesOf("{\"Statement\":[]}"),
            "W-SYN-005 @1:1; W-SYN-007 /Statement@1:1");
  EXPECT_EQ(CodesOf(R"({"Version":"1"})"), "W-SYN-007 @1:1");
  EXPECT_EQ(CodesOf(R"({"Version":1,"Statement":[1]})"),
            "W-SYN-006 /Version@1:12; W-SYN-027 /Statement/0@1:27");
  EXPECT_EQ(CodesOf(R"({"Version":"1","Statement":{"Effect":"Allow"}})"),
            "W-SYN-008 /Statement@1:28");
  EXPECT_EQ(
      CodesOf(Identity(R"({"Effect":"Deny","Action":{},"Resource":[[]]})")),
      "W-SYN-027 /Statement/0/Action@1:55; "
      "W-SYN-027 /Statement/0/Resource@1:69");
  EXPECT_EQ(CodesOf(Allow(R"(,"Actions":1)")),
            "W-SYN-004 /Statement/0/Actions@1:78");
  EXPECT_EQ(CodesOf(Allow(R"(,"condition":{})")),
            "W-SYN-003 /Statement/0/condition@1:78");
}

TEST(ParseJson, DuplicateMembersAreRejectedAtAnyDepth) {
  EXPECT_EQ(CodesOf(Allow(R"(,"Action":"ram:*")")),
            "W-SYN-002 /Statement/0/Action@1:78");
  // The same name behind an escape.
  EXPECT_EQ(CodesOf(Allow(R"(,"\u0041ction":"ram:*")")),
            "W-SYN-002 /Statement/0/Action@1:78");
  EXPECT_EQ(
      CodesOf(Allow(
          R"(,"Condition":{"Bool":{"a:b":"true"},"Bool":{"a:c":"true"}})")),
      "W-SYN-002 /Statement/0/Condition/Bool@1:113");
  EXPECT_EQ(CodesOf(Allow(
                R"(,"Condition":{"StringEquals":{"acs:X":"1","ACS:x":"2"}})")),
            "W-SYN-002 /Statement/0/Condition/StringEquals/ACS:x@1:119");
}

TEST(ParseJson, RejectsTextThatReadersDisagreeAbout) {
  EXPECT_EQ(CodesOf("\xEF\xBB\xBF" + Allow("")).substr(0, 9), "W-SYN-019");
  EXPECT_EQ(CodesOf(Allow("") + " {}").substr(0, 9), "W-SYN-001");
  EXPECT_EQ(CodesOf(Allow(",\"Sid\":\"a\xFF\"")).substr(0, 9), "W-SYN-019");
  EXPECT_NE(CodesOf(Allow(R"(,"Sid":"\u0000")")).find("W-SYN-019"),
            std::string::npos);
  EXPECT_NE(CodesOf(Allow(R"(,"Sid":"\ud800x")")).find("W-SYN-019"),
            std::string::npos);
  EXPECT_EQ(CodesOf(Allow(R"(,"Sid":"\ud83d\ude00")")).find("W-SYN-019"),
            std::string::npos);
  EXPECT_NE(CodesOf(Allow(",\"Sid\":\"\xE2\x80\xAE\"")).find("W-SYN-021"),
            std::string::npos);
}

TEST(ParseJson, ReadsOverSmallSlipsAndReportsThemAll) {
  EXPECT_EQ(CodesOf("{\"Version\": \"1\" \"Statement\": [ // all\n"
                    " {\"Effect\": Allow, \"Action\": ['fc:*',],\n"
                    "  \"Resource\": \"*\",}]}"),
            "W-SYN-001 /Version@1:17; W-SYN-001 /Statement/0@1:32; "
            "W-SYN-001 /Statement/0/Effect@2:13; "
            "W-SYN-001 /Statement/0/Action/0@2:31; "
            "W-SYN-001 /Statement/0/Action/0@2:37; "
            "W-SYN-001 /Statement/0/Resource@3:18");
}

TEST(ParseJson, UnfinishedTextEndsInOneFinding) {
  for (const std::string text :
       {"{", "[", "\"", "{\"Version\"", "{\"Version\":", "{\"Version\":\"1\",",
        "{\"Version\":\"1\"", "nul", "{]", "{\"a\":[}", ""}) {
    const SourceText source("t", text);
    Diagnostics findings;
    EXPECT_FALSE(ParseJsonPolicy(source, &findings)) << text;
    EXPECT_TRUE(findings.has_errors()) << text;
    EXPECT_LE(findings.all().size(), 3U) << text;
  }
}

TEST(ParseJson, EveryPrefixOfAPolicyIsRefusedWithoutHarm) {
  const std::string text = Allow(
      R"(,"Condition":{"StringLike":{"a:\u00e9":["x\n",1e3,true,null]}})");
  for (size_t size = 0; size < text.size(); ++size) {
    const SourceText source("t", text.substr(0, size));
    Diagnostics findings;
    ParseJsonPolicy(source, &findings);
    EXPECT_TRUE(findings.has_errors()) << size;
  }
}

TEST(ParseJson, HostileSizesAreBounded) {
  EXPECT_NE(CodesOf(std::string(10000, '[')).find("W-SYN-018"),
            std::string::npos);
  EXPECT_NE(
      CodesOf(std::string(kMaxPolicyTextBytes + 1, ' ')).find("W-SYN-018"),
      std::string::npos);
  std::string many = "{\"Version\":\"1\",\"Statement\":[";
  for (int i = 0; i < 100000; ++i) {
    many += R"({"Effect":"Allow","Action":"fc:*","Resource":"*"},)";
  }
  many.back() = ']';
  EXPECT_NE(CodesOf(many + "}").find("W-SYN-018"), std::string::npos);
  std::string values = "[";
  values.reserve(4 << 20);
  for (int i = 0; i < 1100000; ++i) values += "1,";
  EXPECT_NE(CodesOf(values).find("W-SYN-018"), std::string::npos);
}

TEST(ParseJson, KeepsTheFirstFindingsOfManyAndCountsTheRest) {
  std::string text = "{\"Version\":\"1\",\"Statement\":[";
  for (int i = 0; i < 5000; ++i) text += R"({"Effect":"x"},)";
  text.back() = ']';
  const SourceText source("t", text + "}");
  Diagnostics findings;
  ASSERT_TRUE(ParseJsonPolicy(source, &findings));
  EXPECT_EQ(findings.all().size(), kMaxDiagnostics);
  EXPECT_EQ(findings.error_count(), 5000U);
  EXPECT_EQ(findings.dropped(), 5000U - kMaxDiagnostics);
  EXPECT_EQ(findings.all()[0].pointer, "/Statement/0/Effect");
}

struct ValueCase {
  const char* op;
  const char* value;
  const char* codes;  // of the findings
};

TEST(CheckPolicy, JudgesTypedValues) {
  const ValueCase cases[] = {
      {"NumericEquals", "\"5\"", ""},
      {"NumericEquals", "5", "W-TYP-034"},
      {"NumericEquals", "\"0x10\"", "W-TYP-018"},
      {"NumericEquals", "1e9999", "W-TYP-034 W-TYP-018"},
      {"DateLessThan", "\"2026-12-01T00:00:00Z\"", ""},
      {"DateLessThan", "\"2026-12-01\"", "W-TYP-020"},
      {"Bool", "\"TRUE\"", ""},
      {"Bool", "\"1\"", "W-TYP-018"},
      {"Bool", "[\"true\",\"false\"]", "W-TYP-019"},
      {"IpAddress", "\"10.0.0.0/8\"", ""},
      {"IpAddress", "\"10.0.0.0/33\"", "W-TYP-021"},
      {"NotIpAddress", "\"10.0.0.1/8\"", "W-TYP-022"},
      {"IpAddressIncludeBorder", "\"10.0.0.1/32\"", "W-TYP-033"},
      {"StringEquals", "\"a*\"", "W-TYP-023"},
      {"StringLike", "\"a*\"", ""},
      {"StringLike", "[]", "W-INE-014"},
      {"StringEquals", "\"${acs:X}\"", "W-TYP-027"},
      {"ForAnyValue:StringLike", "\"a\"", "W-SYN-024"},
      {"StringLikeIfExists", "\"a\"", "W-SYN-024"},
      {"Null", "\"true\"", "W-SYN-024"},
      {"ArnLike", "\"a\"", "W-SYN-024"},
      {"StringEqual", "\"a\"", "W-TYP-013"},
  };
  for (const ValueCase& c : cases) {
    const SourceText source("t",
                            Allow(std::string(",\"Condition\":{\"") + c.op +
                                  "\":{\"demo:k\":" + c.value + "}}"));
    Diagnostics findings;
    const std::optional<ast::Policy> policy =
        ParseJsonPolicy(source, &findings);
    ASSERT_TRUE(policy);
    CheckPolicy(source, *policy, ast::PolicyKind::kIdentity, &findings);
    std::string codes;
    for (const Diagnostic& finding : findings.all()) {
      if (!codes.empty()) codes += " ";
      codes += InfoOf(finding.id).code;
    }
    EXPECT_EQ(codes, c.codes) << c.op << " " << c.value;
  }
}

TEST(CheckPolicy, PrincipalsFollowTheKind) {
  using enum ast::PolicyKind;
  const auto with = [](const std::string& principal, bool resource) {
    return Identity(
        R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":)" +
        principal + (resource ? R"(,"Resource":"*"})" : "}"));
  };
  EXPECT_EQ(CodesOf(with(R"({"RAM":["acs:ram::1:root"]})", false), kTrust), "");
  EXPECT_EQ(CodesOf(with(R"(["1","*"])", true), kResource), "");
  EXPECT_EQ(CodesOf(with("[]", true), kResource).substr(0, 9), "W-TRU-003");
  for (const char* bad :
       {"{}", R"({"RAM":[]})", R"({"AWS":"x"})", R"({"RAM":"*"})",
        R"({"RAM":"acs:ram::1:user/*"})", R"({"Service":"fc"})", R"(["1"])"}) {
    EXPECT_NE(CodesOf(with(bad, false), kTrust), "") << bad;
  }
  for (const char* bad : {R"({"RAM":["acs:ram::1:root"]})", R"(["alice"])"}) {
    EXPECT_NE(CodesOf(with(bad, true), kResource), "") << bad;
  }
  EXPECT_EQ(CodesOf(with(R"(["1"])", true), kIdentity).substr(0, 9),
            "W-SYN-013");
  EXPECT_EQ(
      CodesOf(with(R"({"RAM":"acs:ram::1:root"})", true), kTrust).substr(0, 9),
      "W-SYN-015");
  EXPECT_EQ(CodesOf(Allow(""), kTrust).substr(0, 9), "W-SYN-014");
}

TEST(CheckPolicy, SizeIsCountedInCodePointsWithoutWhiteSpace) {
  const auto sized = [](size_t code_points) {
    std::string text = Allow(",\"Sid\":\"\"");
    const size_t at = text.find("\"Sid\":\"") + 7;
    std::string filler;
    for (size_t i = text.size(); i < code_points; ++i) filler += "é";
    text.insert(at, filler);
    return text + std::string(5000, ' ');
  };
  EXPECT_EQ(CodesOf(sized(6144)).find("W-SYN-017"), std::string::npos);
  EXPECT_NE(CodesOf(sized(6145)).find("W-SYN-017"), std::string::npos);
}

}  // namespace
}  // namespace writ
