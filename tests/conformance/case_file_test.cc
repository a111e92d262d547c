// SPDX-License-Identifier: Apache-2.0
#include "cases/case_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "cases/case_decision.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

std::string WithRequest(const std::string& request) {
  return R"({"id":"x","policies":[],"request":)" + request + "}";
}

std::string WithContext(const std::string& context) {
  return WithRequest(
      R"({"principal":"*","action":"a:b","resource":"*","context":)" + context +
      "}");
}

// "ok", or "code at: message".
std::string Complaint(const std::string& line) {
  Case one;
  auto error = ReadCase(line, &one);
  if (!error) error = one.request_error;
  if (!error) return "ok";
  return error->code + " " + error->at + ": " + error->message;
}

TEST(CaseFile, ContextValuesKeepTheirText) {
  Case one;
  const std::string line = WithContext(
      R"({"s":"a\u00e9\ud83d\ude00\n","n":1.50,"b":[true,false],"e":[],)"
      R"("m":["x",-0,1E5]})");
  ASSERT_FALSE(ReadCase(line, &one));
  ASSERT_FALSE(one.request_error);
  const auto& context = one.request.context;
  ASSERT_EQ(context.size(), 5u);
  using Texts = std::vector<std::string>;
  EXPECT_EQ(context[0].values, Texts{"a\xC3\xA9\xF0\x9F\x98\x80\n"});
  EXPECT_EQ(context[1].values, Texts{"1.50"});
  EXPECT_EQ(context[2].values, (Texts{"true", "false"}));
  EXPECT_EQ(context[3].values, Texts());
  EXPECT_EQ(context[4].values, (Texts{"x", "-0", "1E5"}));
}

TEST(CaseFile, WrongRequestsAreErrorsOfTheRequest) {
  const std::string wrong[] = {
      WithContext(R"({"k":null})"),
      WithContext(R"({"k":{}})"),
      WithContext(R"({"k":["a",["b"]]})"),
      WithContext(R"({"k":"1","k":"2"})"),
      WithContext(R"({"acs:Tag/a":"1","ACS:tag/a":"2"})"),
      WithContext("[]"),
      WithRequest("[]"),
      WithRequest("{}"),
      WithRequest(R"({"principal":"*","action":"a:b"})"),
      WithRequest(R"({"principal":"*","action":"a:b","resource":[]})"),
      WithRequest(R"({"principal":1,"action":"a:b","resource":"*"})"),
      WithRequest(R"({"principal":"*","principal":"*","action":"a:b",)"
                  R"("resource":"*"})"),
      WithRequest(R"({"principal":"*","principalType":"God","action":"a:b",)"
                  R"("resource":"*"})"),
  };
  for (const std::string& line : wrong) {
    EXPECT_TRUE(Complaint(line).starts_with("request /request"))
        << line << "\n"
        << Complaint(line);
  }
  EXPECT_EQ(Complaint(WithContext(R"({"acs:Tag/a":"1","acs:Tag/A":"2"})")),
            "ok");
}

TEST(CaseFile, ListsOverTheLimitAreErrorsOfTheRequest) {
  std::string values;
  for (uint64_t i = 0; i < kMaxContextValues; ++i) {
    values += i == 0 ? "1" : ",1";
  }
  EXPECT_EQ(Complaint(WithContext(R"({"k":[)" + values + "]}")), "ok");
  EXPECT_TRUE(Complaint(WithContext(R"({"k":[)" + values + ",1]}"))
                  .starts_with("request /request/context/k"));
}

TEST(CaseFile, LinesThatAreNoCasesAreRefused) {
  const std::string request =
      R"("request":{"principal":"*","action":"a:b","resource":"*"})";
  const std::string wrong[] = {
      "",
      "nope",
      "[]",
      "{}",
      "{\"id\":\"x\"",
      R"({"id":1,"policies":[],)" + request + "}",
      R"({"policies":[],)" + request + "}",
      R"({"id":"x",)" + request + "}",
      R"({"id":"x","policies":[]})",
      R"({"id":"x","policies":[],)" + request + R"(,"expect":"allow"})",
      R"({"id":"x","policies":[{"kind":"nope","document":{}}],)" + request +
          "}",
      R"({"id":"x","policies":[{"kind":"identity"}],)" + request + "}",
      R"({"id":"x","policies":[{"kind":"control","level":"top",)"
      R"("document":{}}],)" +
          request + "}",
      R"({"id":"x","policies":[{"kind":"control","depth":-1,)"
      R"("document":{}}],)" +
          request + "}",
      R"({"id":"x","policies":[],)" + request + "} x",
      R"({"id":"x","policies":[],)" + request + ",}",
      R"({"id":"\ud800","policies":[],)" + request + "}",
      "{\"id\":\"\xFF\",\"policies\":[]," + request + "}",
      WithRequest(R"({"principal":"*",,})"),
      WithRequest("{\"principal\":\"\x01\"}"),
      std::string(200, '['),
  };
  for (const std::string& line : wrong) {
    EXPECT_TRUE(Complaint(line).starts_with("case ")) << line << "\n"
                                                      << Complaint(line);
  }
}

TEST(CaseFile, OtherMembersAreIgnored) {
  EXPECT_EQ(
      Complaint(R"({"rule":"R01","note":{"a":[1,null,"x"]},"id":"x",)"
                R"("policies":[],"request":{"principal":"*","action":"a:b",)"
                R"("resource":"*","comment":0},"confidence":"high"})"),
      "ok");
}

TEST(CaseFile, TheManagementAccountIsAFlagOrAnId) {
  const auto reads = [](const std::string& value) {
    Case one;
    EXPECT_FALSE(ReadCase(
        WithRequest(R"({"principal":"acs:ram::12:user/a","action":"a:b",)"
                    R"("resource":"*","managementAccount":)" +
                    value + "}"),
        &one));
    return one.request.in_management_account;
  };
  EXPECT_TRUE(reads("true"));
  EXPECT_FALSE(reads("false"));
  EXPECT_TRUE(reads(R"("12")"));
  EXPECT_FALSE(reads(R"("13")"));
}

TEST(JsonQuote, WritesJsonForAnyBytes) {
  EXPECT_EQ(JsonQuote("a\"\\\n\x7F"), R"("a\"\\\u000a\u007f")");
  EXPECT_EQ(JsonQuote("\xC3\xA9\xFF"), "\"\xC3\xA9\xEF\xBF\xBD\"");
}

TEST(LineReader, HandsOutLinesOfAPipe) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  constexpr std::string_view kText = "one\r\n\ntwo";
  ASSERT_EQ(write(ends[1], kText.data(), kText.size()),
            static_cast<ssize_t>(kText.size()));
  close(ends[1]);
  LineReader reader(ends[0]);
  std::vector<std::string> lines;
  while (true) {
    auto line = reader.Next();
    ASSERT_TRUE(line.ok());
    if (!line->has_value()) break;
    lines.emplace_back(**line);
  }
  close(ends[0]);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two"}));
  EXPECT_EQ(reader.line_number(), 3u);
}

// Whatever bytes stand in a line, the answer is one line of JSON.
TEST(CaseFile, MangledLinesAreAnswered) {
  constexpr int kRounds = 20000;
  const std::vector<std::string> lines =
      ReadLines("tests/conformance/rulings.jsonl");
  ASSERT_FALSE(lines.empty());
  reference::Random random(NumberFromEnvironment("WRIT_SEED", 3));
  constexpr std::string_view kBytes = "{}[]\",:\\*?0x9\xFF\xC3/ \ntnu";
  for (int i = 0; i < kRounds; ++i) {
    std::string line = random.Pick(lines);
    const size_t edits = 1 + random.Below(3);
    for (size_t e = 0; e < edits && !line.empty(); ++e) {
      const size_t at = random.Below(line.size());
      if (random.Percent(30)) {
        line.erase(at, 1 + random.Below(8));
      } else if (random.Percent(50)) {
        line[at] = random.Pick(kBytes);
      } else {
        line.insert(at, line.substr(random.Below(line.size()), 12));
      }
    }
    Case one;
    std::string answer;
    if (const auto error = ReadCase(line, &one)) {
      answer = BadLineJson(1, *error);
    } else {
      answer = OutcomeJson(JsonQuote(one.id), DecideCase(one));
    }
    ASSERT_TRUE(answer.starts_with("{\"id\":")) << line;
    ASSERT_EQ(answer.find('\n'), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace writ
