// SPDX-License-Identifier: Apache-2.0
//
// `writ test`: runs the tests of policies, says what they reach and which
// changes of the policies they would not notice.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cases/coverage.h"
#include "cases/mutants.h"
#include "cases/run_tests.h"
#include "cases/suite.h"
#include "cases/test_report.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

void Complain(std::string_view text) {
  std::cerr << "writ test: " << text << "\n";
}

// The words of the command line.
struct TestRequest {
  std::vector<std::string> paths;
  std::string filter;
  std::string coverage;
  std::string coverage_output;
  std::string threshold;
  bool mutate = false;
  std::string mutation_threshold;
  std::string jobs;
  bool fail_fast = false;
  bool update = false;
  std::string format;
};

// The same once read.
struct TestPlan {
  TestFilter filter;
  std::optional<double> threshold;
  std::optional<double> mutation_threshold;
  size_t jobs = 1;
  TestFormat format = TestFormat::kPretty;
  std::string now;
};

std::string Percent(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", value);
  return text;
}

std::optional<double> ReadPercent(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value > 100) {
    return std::nullopt;
  }
  return value;
}

// Reads what the flags say; nothing, after a complaint, when it makes no sense.
std::optional<TestPlan> MakePlan(const TestRequest& request,
                                 const GlobalFlags& global) {
  TestPlan plan;
  auto filter = TestFilter::Parse(request.filter);
  if (!filter.ok()) {
    Complain("--filter: " + std::string(filter.status().message()));
    return std::nullopt;
  }
  plan.filter = *filter;
  const auto percent = [](std::string_view flag, const std::string& text,
                          std::optional<double>* value) {
    if (text.empty()) return true;
    *value = ReadPercent(text);
    if (!*value) Complain(std::string(flag) + " takes a number from 0 to 100");
    return value->has_value();
  };
  if (!percent("--threshold", request.threshold, &plan.threshold) ||
      !percent("--mutation-threshold", request.mutation_threshold,
               &plan.mutation_threshold)) {
    return std::nullopt;
  }
  plan.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (!request.jobs.empty()) {
    const char* const end = request.jobs.data() + request.jobs.size();
    const auto read = std::from_chars(request.jobs.data(), end, plan.jobs);
    if (read.ec != std::errc() || read.ptr != end || plan.jobs == 0 ||
        plan.jobs > kMaxTestJobs) {
      Complain("--jobs takes a number from 1 to " +
               std::to_string(kMaxTestJobs));
      return std::nullopt;
    }
  }
  plan.format = TestFormatNamed(request.format).value_or(TestFormat::kPretty);
  if (global.now_seconds) {
    plan.now =
        FormatRfc3339(WallTime(std::chrono::seconds(*global.now_seconds)));
  }
  return plan;
}

// Spreads work over threads; which thread does what shows nowhere.
ForEach Workers(size_t jobs) {
  return [jobs](size_t count, const std::function<void(size_t)>& work) {
    if (jobs <= 1 || count <= 1) return ForEachInTurn(count, work);
    std::atomic<size_t> next = 0;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < std::min(jobs, count); ++i) {
      threads.emplace_back([&] {
        while (true) {
          const size_t at = next.fetch_add(1, std::memory_order_relaxed);
          if (at >= count) return;
          work(at);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
}

// Prints what is wrong with a suite that cannot be run.
void ComplainAboutSuite(const TestSuite& suite) {
  std::cerr << RenderFindings(suite.source, suite.diagnostics,
                              FindingFormat::kPretty);
  for (const auto& file : suite.files) {
    if (!file->parsed || file->diagnostics.has_errors()) ComplainAbout(*file);
  }
}

struct LoadedSuites {
  std::vector<std::unique_ptr<TestSuite>> suites;
  ExitCode exit = ExitCode::kOk;
};

LoadedSuites LoadSuites(const std::vector<std::string>& files,
                        const std::string& now) {
  LoadedSuites loaded;
  for (const std::string& file : files) {
    auto suite = LoadTestSuite(file, now);
    if (!suite.ok()) {
      loaded.exit = Worst(loaded.exit, ComplainAbout(file, suite.status()));
      continue;
    }
    if (suite->broken()) {
      ComplainAboutSuite(*suite);
      loaded.exit = Worst(loaded.exit, ExitCode::kFindings);
      continue;
    }
    loaded.suites.push_back(
        std::make_unique<TestSuite>(std::move(suite).value()));
  }
  return loaded;
}

// Writes the expectations of failed checks anew where they stand.
ExitCode Update(const std::vector<SuiteResult>& results) {
  ExitCode exit = ExitCode::kOk;
  for (const SuiteResult& result : results) {
    if (result.failed == 0) continue;
    const std::string& path = result.suite->path;
    const auto text = UpdatedTestFile(result);
    if (!text) {
      Complain("`" + Printable(path) +
               "`: only expectations of *.test.json files are updated");
      exit = Worst(exit, ExitCode::kTestFailure);
      continue;
    }
    if (Status status = WriteBack(path, *text); !status.ok()) {
      exit = Worst(exit, ComplainAbout(path, status));
      continue;
    }
    std::cerr << "updated " << Printable(path) << "\n";
  }
  return exit;
}

std::string CoverageReport(const Coverage& coverage, std::string_view form) {
  if (form == "html") return CoverageHtml(coverage);
  if (form == "json") return CoverageJson(coverage);
  if (form == "lcov") return CoverageLcov(coverage);
  return CoverageText(coverage);
}

// Counts what the tests reach; says which statements none of them does.
ExitCode Cover(const TestRequest& request, const TestPlan& plan,
               const LoadedSuites& loaded,
               const std::vector<SuiteResult>& results) {
  Coverage coverage;
  for (const auto& suite : loaded.suites) {
    if (Status status = coverage.AddPolicies(*suite); !status.ok()) {
      return ComplainAbout(suite->path, status);
    }
  }
  for (const SuiteResult& result : results) {
    if (Status status = coverage.Count(result); !status.ok()) {
      return ComplainAbout(result.suite->path, status);
    }
  }
  ExitCode exit = ExitCode::kOk;
  if (!request.coverage.empty()) {
    const ExitCode delivered = Deliver(
        CoverageReport(coverage, request.coverage), request.coverage_output);
    exit = Worst(exit, delivered);
    std::map<const PolicyFile*, Diagnostics> unreached;
    std::vector<const PolicyFile*> order;
    for (UnreachedStatement& one : UnreachedStatements(coverage)) {
      if (!unreached.contains(one.file)) order.push_back(one.file);
      unreached[one.file].Add(std::move(one.finding));
    }
    for (const PolicyFile* file : order) {
      std::cerr << RenderFindings(file->source, unreached[file],
                                  FindingFormat::kCompact);
    }
  }
  const double percent = coverage.Tally().percent();
  if (plan.threshold && percent < *plan.threshold) {
    std::cerr << "writ test: " << Percent(percent) << " covered, below "
              << *plan.threshold << " %\n";
    exit = Worst(exit, ExitCode::kTestFailure);
  }
  return exit;
}

ExitCode RunTests(const TestRequest& request, const GlobalFlags& global) {
  const auto plan = MakePlan(request, global);
  if (!plan) return ExitCode::kUsage;
  const auto files = ExpandTestPaths(request.paths);
  if (!files.ok()) {
    return ComplainAbout(request.paths.front(), files.status());
  }
  const LoadedSuites loaded = LoadSuites(*files, plan->now);
  if (loaded.exit != ExitCode::kOk) return loaded.exit;

  const ForEach for_each = Workers(plan->jobs);
  std::vector<SuiteResult> results;
  size_t checks = 0;
  size_t failed = 0;
  for (const auto& suite : loaded.suites) {
    results.push_back(
        RunSuite(*suite, plan->filter, for_each, request.fail_fast));
    checks += results.back().checks.size();
    failed += results.back().failed;
    if (request.fail_fast && failed > 0) break;
  }
  if (checks == 0) {
    Complain(request.filter.empty()
                 ? "no tests: write `test \"…\" { … }` in a .writ file, or a "
                   "*.test.json file (docs/testing_policies.md)"
                 : "no test passes the filter");
    return ExitCode::kUsage;
  }
  if (request.update && failed > 0) return Update(results);

  std::optional<MutationReport> mutation;
  if (request.mutate && failed > 0) {
    Complain("mutants are tried when the tests pass");
  } else if (request.mutate) {
    mutation = TryMutants(results, for_each);
  }
  const TestRun run = {.results = results,
                       .mutation = mutation ? &*mutation : nullptr};
  const std::string report = TestReport(run, plan->format, global.verbose);
  // One document on standard output: the coverage takes it when it is meant
  // for a program.
  const bool coverage_goes_first = !request.coverage.empty() &&
                                   request.coverage != "text" &&
                                   request.coverage_output.empty();
  (coverage_goes_first ? std::cerr : std::cout) << report;
  ExitCode exit = failed == 0 ? ExitCode::kOk : ExitCode::kTestFailure;
  if (!request.coverage.empty() || plan->threshold) {
    exit = Worst(exit, Cover(request, *plan, loaded, results));
  }
  if (mutation && plan->mutation_threshold &&
      mutation->score() < *plan->mutation_threshold) {
    std::cerr << "writ test: mutation score " << Percent(mutation->score())
              << ", below " << *plan->mutation_threshold << " %\n";
    exit = Worst(exit, ExitCode::kTestFailure);
  }
  return exit;
}

}  // namespace

ExitCode RunTest(Args args) {
  Flags flags("test", "PATH...",
              "Runs the tests of policies: `test` blocks of .writ files and "
              "*.test.json files, with those of whole folders. Exits 4 when a "
              "test fails or a threshold is not reached.");
  TestRequest request;
  flags.String("--filter", "policy=…;test=…;principal=…",
               "run what these globs match, each of them optional",
               &request.filter);
  flags.Choice("--coverage",
               "say what the tests reach; --coverage alone is text. html, json "
               "and lcov take standard output, unless --coverage-output says "
               "where to",
               {"text", "html", "json", "lcov"}, &request.coverage);
  flags.String("--coverage-output", "FILE", "where the coverage goes",
               &request.coverage_output);
  flags.String("--threshold", "PERCENT", "exit 4 when less is covered",
               &request.threshold);
  flags.Bool("--mutate",
             "change the policies a little, one change at a time, and list the "
             "changes that no test notices",
             &request.mutate);
  flags.String("--mutation-threshold", "PERCENT",
               "exit 4 when fewer of the changes are noticed",
               &request.mutation_threshold);
  flags.String("--jobs", "N",
               "threads; as many as there are cores if not given",
               &request.jobs);
  flags.Bool("--fail-fast", "stop at the first expectation that is not met",
             &request.fail_fast);
  flags.Bool("--update",
             "write what was decided into the *.test.json files instead of "
             "failing",
             &request.update);
  flags.Format({"pretty", "json", "tap", "junit", "github"}, &request.format);
  flags.Positionals(&request.paths, 1, SIZE_MAX);
  std::vector<std::string_view> words(args.begin(), args.end());
  std::ranges::replace(words, "--coverage", "--coverage=text");
  if (const auto exit = flags.Parse(words)) return *exit;
  return RunTests(request, flags.global());
}

}  // namespace writ
