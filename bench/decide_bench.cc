// SPDX-License-Identifier: Apache-2.0
//
// What one decision costs, as a ratio to two named baselines of the same run:
//   hash_lookup   one find in a std::unordered_map of whole requests: the least
//                 that any answer costs
//   hmac_verify   one HMAC-SHA256 over 256 bytes: what checking a grant costs
// Policies have N Allow statements of one function each and one Deny; the
// request matches the last Allow, so today's cost grows with N.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "base/check.h"
#include "base/source.h"
#include "compiler/compile.h"
#include "crypto/hmac.h"
#include "grammar/parse_json.h"

namespace writ {
namespace {

constexpr std::string_view kUser = "acs:ram::1000000000000001:user/alice";
constexpr std::string_view kAction = "fc:InvokeFunction";

std::string FunctionArn(int number) {
  return "acs:fc:cn-local-1:1000000000000001:functions/f" +
         std::to_string(number);
}

std::unique_ptr<const Program> MakeProgram(int allow_statements) {
  std::string text = R"({"Version":"1","Statement":[{"Effect":"Deny",)"
                     R"("Action":"fc:*","Resource":"*","Condition":)"
                     R"({"IpAddress":{"acs:SourceIp":"192.0.2.0/24"}}})";
  for (int i = 0; i < allow_statements; ++i) {
    text += R"(,{"Effect":"Allow","Action":["fc:InvokeFunction",)"
            R"("fc:GetFunction"],"Resource":")" +
            FunctionArn(i) + R"("})";
  }
  text += "]}";
  const SourceText source("bench", text);
  Diagnostics diagnostics;
  const auto policy = ParseJsonPolicy(source, &diagnostics);
  WRIT_CHECK(policy.has_value() && !diagnostics.has_errors());
  const PolicyInput input{&*policy, ast::PolicyKind::kIdentity};
  return Program::Load(CompileProgram({&input, 1}).value()).value();
}

void BM_Decide(benchmark::State& state) {
  const int statements = static_cast<int>(state.range(0));
  const auto program = MakeProgram(statements);
  const std::string resource = FunctionArn(statements - 1);
  const std::string_view resources[] = {resource};
  const std::string_view address[] = {"127.0.0.1"};
  const std::string_view secure[] = {"true"};
  const ContextEntry context[] = {{"acs:SourceIp", address},
                                  {"acs:SecureTransport", secure}};
  Request request;
  request.principal.name = kUser;
  request.action = kAction;
  request.resources = resources;
  request.context = context;
  const Attachment attachment{.program = program.get()};
  for (auto _ : state) {
    Decision decision;
    const Status status = Decide(request, {&attachment, 1}, &decision);
    WRIT_CHECK(status.ok() && decision.allowed());
    benchmark::DoNotOptimize(decision);
  }
}
BENCHMARK(BM_Decide)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

void BM_hash_lookup(benchmark::State& state) {
  std::unordered_map<std::string, bool> answers;
  for (int i = 0; i < 1000; ++i) {
    answers[std::string(kUser) + '\n' + std::string(kAction) + '\n' +
            FunctionArn(i)] = true;
  }
  std::string question;
  const std::string resource = FunctionArn(999);
  for (auto _ : state) {
    question.assign(kUser);
    question += '\n';
    question += kAction;
    question += '\n';
    question += resource;
    benchmark::DoNotOptimize(answers.find(question));
  }
}
BENCHMARK(BM_hash_lookup);

void BM_hmac_verify(benchmark::State& state) {
  const HmacKey key(std::string(32, 'k'));
  const std::string message(256, 'm');
  const HmacTag tag = key.Sign(message);
  for (auto _ : state) {
    benchmark::DoNotOptimize(key.Verify(message, tag));
  }
}
BENCHMARK(BM_hmac_verify);

// Prints the usual table, then each median as a ratio to the baselines.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  RatioReporter() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.aggregate_name == "median") {
        medians_[run.run_name.function_name + run.run_name.args] =
            run.GetAdjustedCPUTime();
      }
    }
  }

  void Finalize() override {
    const double lookup = medians_["BM_hash_lookup"];
    const double hmac = medians_["BM_hmac_verify"];
    if (lookup <= 0 || hmac <= 0) return;
    std::printf("\n%-20s %12s %14s %14s\n", "median", "ns", "x hash_lookup",
                "x hmac_verify");
    for (const auto& [name, nanoseconds] : medians_) {
      std::printf("%-20s %12.0f %14.2f %14.2f\n", name.c_str(), nanoseconds,
                  nanoseconds / lookup, nanoseconds / hmac);
    }
  }

 private:
  std::map<std::string, double> medians_;
};

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  std::string repetitions = "--benchmark_repetitions=7";
  std::string aggregates = "--benchmark_report_aggregates_only=true";
  arguments.push_back(repetitions.data());
  arguments.push_back(aggregates.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  writ::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
