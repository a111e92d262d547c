// SPDX-License-Identifier: Apache-2.0
//
// `writ eval` as a process: what it prints where, and how it exits.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr std::string_view kAlice = "acs:ram::1000000000000001:user/alice";
constexpr std::string_view kWeb =
    "acs:fc:cn-hangzhou:1000000000000001:functions/web";
constexpr std::string_view kPolicy =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*",)"
    R"("Resource":"*","Condition":{"DateLessThan":)"
    R"({"acs:CurrentTime":"2027-01-01T00:00:00Z"}}}]})";

struct Outcome {
  int exit = -1;
  std::string out, err;
};

class EvalProcess : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "writ-eval-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const {
    return folder_ + "/" + std::string(name);
  }
  std::string Write(std::string_view name, std::string_view text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // Runs `writ eval ARGUMENTS` by the shell, with `input` to read.
  Outcome Eval(const std::string& arguments, std::string_view input = "") {
    Write("in", input);
    const std::string command = std::string(WRIT_BINARY) + " eval " +
                                arguments + " <" + Path("in") + " >" +
                                Path("out") + " 2>" + Path("err");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Read(Path("out")),
            Read(Path("err"))};
  }
  Outcome EvalOne(const std::string& more) {
    return Eval("-p " + Write("p.json", kPolicy) + " --principal " +
                std::string(kAlice) + " --action fc:InvokeFunction " +
                "--resource " + std::string(kWeb) + " " + more);
  }

  std::string folder_;
};

TEST_F(EvalProcess, AllConformanceCasesAreAsExpected) {
  for (const char* file :
       {"tests/conformance/ram.jsonl", "tests/conformance/rulings.jsonl"}) {
    const Outcome outcome = Eval("--expect --cases " + std::string(file));
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    const auto lines = ReadLines(file);
    EXPECT_EQ(static_cast<size_t>(
                  std::count(outcome.out.begin(), outcome.out.end(), '\n')),
              lines.size());
  }
}

TEST_F(EvalProcess, MismatchesGoToStandardErrorAndExitFour) {
  const std::string line =
      R"({"id":"m","policies":[],"request":{"principal":"*","action":"a:b",)"
      R"("resource":"*"},"expect":"ALLOW"})";
  const Outcome checked = Eval("--cases - --expect", line);
  EXPECT_EQ(checked.exit, 4);
  EXPECT_NE(checked.err.find("expected ALLOW, got IMPLICIT_DENY"),
            std::string::npos)
      << checked.err;
  EXPECT_EQ(checked.out,
            R"({"id":"m","decision":"IMPLICIT_DENY","layer":"default",)"
            R"("reason":"no-match","statements":[]})"
            "\n");
  const Outcome unchecked = Eval("--cases -", line);
  EXPECT_EQ(unchecked.exit, 0);
  EXPECT_EQ(unchecked.out, checked.out);
  EXPECT_EQ(unchecked.err, "");
}

TEST_F(EvalProcess, LinesThatAreNoCasesAreAnsweredInTheirPlace) {
  const Outcome outcome = Eval(
      "--cases -",
      "junk\n"
      R"({"id":"r","policies":[],"request":{"principal":"*","action":"a:b",)"
      R"("resource":"*","context":{"k":null}}})"
      "\n"
      R"({"id":"s","policies":[],"request":{"principal":"*","action":"a:b",)"
      R"("resource":"*","context":{"Acs:x":"1","acs:X":"2"}}})"
      "\n"
      R"({"id":"t","id":"u","policies":[],"request":{}})");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  std::ofstream(Path("lines")) << outcome.out;
  const auto lines = ReadLines(Path("lines"));
  ASSERT_EQ(lines.size(), 4u) << outcome.out;
  EXPECT_TRUE(
      lines[0].starts_with(R"({"id":null,"line":1,"error":{"code":"case")"));
  EXPECT_TRUE(lines[1].starts_with(R"({"id":"r","error":{"code":"request")"));
  EXPECT_NE(lines[1].find(R"("at":"/request/context/k")"), std::string::npos);
  EXPECT_TRUE(lines[2].starts_with(R"({"id":"s","error":{"code":"request")"));
  EXPECT_TRUE(
      lines[3].starts_with(R"({"id":null,"line":4,"error":{"code":"case")"));
}

TEST_F(EvalProcess, ABrokenPolicyIsReportedWithItsPlace) {
  const Outcome outcome = Eval(
      "--cases -",
      R"({"id":"a","policies":[{"kind":"identity","document":{"Version":"1",)"
      R"("Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}},)"
      R"({"kind":"identity","document":{"Version":"1","Statement":[)"
      R"({"Effect":"Allow","Action":"a:b","Resource":"*","Resource":"*"}]}}],)"
      R"("request":{"principal":"*","action":"a:b","resource":"*"}})"
      "\n"
      R"({"id":"b","policies":[{"kind":"boundary","document":{}}],)"
      R"("request":{"principal":"*","action":"a:b","resource":"*"}})"
      "\n"
      R"({"id":"c","policies":[{"kind":"identity","document":{"Version":,}}],)"
      R"("request":{"principal":"*","action":"a:b","resource":"*"}})");
  EXPECT_EQ(outcome.exit, 0);
  std::ofstream(Path("lines")) << outcome.out;
  const auto lines = ReadLines(Path("lines"));
  ASSERT_EQ(lines.size(), 3u) << outcome.out;
  EXPECT_TRUE(lines[0].starts_with(R"({"id":"a","error":{"code":"W-SYN-002")"))
      << lines[0];
  EXPECT_NE(
      lines[0].find(R"("at":"/policies/1/document/Statement/0/Resource")"),
      std::string::npos)
      << lines[0];
  EXPECT_NE(lines[1].find(R"("at":"/policies/0/kind")"), std::string::npos);
  EXPECT_TRUE(lines[2].starts_with(R"({"id":"c","error":{"code":"W-SYN-001")"))
      << lines[2];
}

TEST_F(EvalProcess, AFileThatCannotBeReadExitsTwo) {
  const Outcome outcome = Eval("--cases " + Path("missing"));
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(Eval("--cases " + folder_).exit, 2);
}

TEST_F(EvalProcess, OneRequestExitsFiveOnAnyDeny) {
  const Outcome allowed = EvalOne("--now 2026-06-01T00:00:00Z");
  EXPECT_EQ(allowed.exit, 0) << allowed.err;
  EXPECT_NE(allowed.out.find(R"("decision":"ALLOW")"), std::string::npos);
  // Nothing sets the time unasked.
  EXPECT_EQ(EvalOne("").exit, 5);
  EXPECT_EQ(EvalOne("--now 2028-01-01T00:00:00Z").exit, 5);
  const Outcome quiet = EvalOne("--no-exit-status");
  EXPECT_EQ(quiet.exit, 0);
  EXPECT_NE(quiet.out.find(R"("decision":"IMPLICIT_DENY")"), std::string::npos);
  EXPECT_TRUE(EvalOne("--format pretty").out.starts_with("IMPLICIT_DENY\n"));
}

TEST_F(EvalProcess, OneRequestMayComeAsJson) {
  const std::string request =
      R"({"principal":")" + std::string(kAlice) +
      R"(","action":"fc:InvokeFunction","resource":")" + std::string(kWeb) +
      R"(","context":{"acs:CurrentTime":"2026-06-01T00:00:00Z"}})";
  const std::string policy = "-p " + Write("p.json", kPolicy);
  EXPECT_EQ(Eval(policy + " --request -", request).exit, 0);
  EXPECT_EQ(Eval(policy + " --request -", "{}").exit, 2);
  // Two times in one request: which one counts is not for us to guess.
  EXPECT_EQ(
      Eval(policy + " --request - --now 2026-06-01T00:00:00Z", request).exit,
      2);
}

TEST_F(EvalProcess, APolicyInTheWritLanguageDecides) {
  const std::string policy = Write("invoke.writ",
                                   "writ 1;\npolicy invoke identity {\n"
                                   "  allow fc:InvokeFunction on \"" +
                                       std::string(kWeb) + "\";\n}\n");
  const std::string request = " --principal " + std::string(kAlice) +
                              " --action fc:InvokeFunction --resource ";
  EXPECT_EQ(Eval("-p " + policy + request + std::string(kWeb)).exit, 0);
  EXPECT_EQ(Eval("-p " + policy + request + std::string(kWeb) + "2").exit, 5);
}

TEST_F(EvalProcess, AnInvalidPolicyExitsThreeAndDecidesNothing) {
  const Outcome outcome =
      Eval("-p " + Write("bad.json", R"({"Version":"1","Statement":{}})") +
           " --principal '*' --action a:b --resource '*' --no-exit-status");
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err, "");
}

// The bound that the refusal of --max-steps 1 names is the one that suffices.
TEST_F(EvalProcess, MaxStepsRefusesPoliciesThatMayTakeMore) {
  const std::string now = "--now 2026-06-01T00:00:00Z --max-steps ";
  const Outcome refused = EvalOne(now + "1");
  EXPECT_EQ(refused.exit, 3);
  EXPECT_EQ(refused.out, "");
  const std::string before = "would take ";
  const size_t at = refused.err.find(before);
  ASSERT_NE(at, std::string::npos) << refused.err;
  const int steps = std::atoi(refused.err.c_str() + at + before.size());
  ASSERT_GT(steps, 1) << refused.err;
  EXPECT_EQ(EvalOne(now + std::to_string(steps)).exit, 0);
  EXPECT_EQ(EvalOne(now + std::to_string(steps - 1)).exit, 3);
  for (const char* wrong : {"0", "x", "-1", "1000000000000"}) {
    EXPECT_EQ(EvalOne(now + wrong).exit, 2) << wrong;
  }
}

TEST_F(EvalProcess, MaxStepsHoldsForEveryCaseOfAFile) {
  const std::string one = ReadLines("tests/conformance/ram.jsonl").at(0) + "\n";
  const Outcome answered = Eval("--max-steps 100000 --expect --cases -", one);
  EXPECT_EQ(answered.exit, 0) << answered.err;
  const Outcome refused = Eval("--max-steps 1 --cases -", one);
  EXPECT_EQ(refused.exit, 0);
  EXPECT_NE(refused.out.find("more than the limit of 1"), std::string::npos)
      << refused.out;
  EXPECT_EQ(Eval("--max-steps 1 --expect --cases -", one).exit, 4);
}

TEST_F(EvalProcess, WrongUsageExitsTwo) {
  EXPECT_EQ(Eval("").exit, 2);
  EXPECT_EQ(Eval("--expect").exit, 2);
  EXPECT_EQ(Eval("--cases - --principal '*'").exit, 2);
  EXPECT_EQ(Eval("--no-such-flag").exit, 2);
}

// Printed, not asserted: machines differ. At least 10,000 is the promise.
TEST_F(EvalProcess, SpeedOnSmallCases) {
  constexpr int kRepeats = 40;
  std::string text = Read("tests/conformance/ram.jsonl");
  const size_t lines = ReadLines("tests/conformance/ram.jsonl").size();
  std::string all;
  for (int i = 0; i < kRepeats; ++i) all += text;
  rusage before = {}, after = {};
  getrusage(RUSAGE_CHILDREN, &before);
  ASSERT_EQ(Eval("--cases -", all).exit, 0);
  getrusage(RUSAGE_CHILDREN, &after);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  const double cpu = seconds(after.ru_utime) - seconds(before.ru_utime) +
                     seconds(after.ru_stime) - seconds(before.ru_stime);
  std::cout << static_cast<long>(static_cast<double>(lines) * kRepeats / cpu)
            << " cases per CPU second\n";
}

}  // namespace
}  // namespace writ
