// SPDX-License-Identifier: Apache-2.0
// `writ bench`: what a decision costs, over many different requests.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "cli/workload.h"
#include "cli/workload_engine.h"
#include "cli/workload_shapes.h"
#include "compiler/compile.h"

namespace writ {
namespace {

using Clock = std::chrono::steady_clock;

// Of made workloads; a file has its own.
constexpr size_t kMadeRequests = size_t{1} << 16;
constexpr size_t kMinSize = 10;
constexpr size_t kMaxSize = 1'000'000;
constexpr size_t kMaxRequests = 1'000'000'000;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;
// The order of the requests.
constexpr uint64_t kOrderSeed = 7;
// Statements that comparing with the slow way may look at.
constexpr size_t kMaxComparedStatements = 20'000'000;
constexpr size_t kMaxCompared = 512;
// A round whose single pass takes so many times its share of --seconds stops.
constexpr int kPatience = 20;

struct Settings {
  std::string workload;
  size_t size = 1000;
  size_t requests = SIZE_MAX;
  size_t rounds = 5;
  double seconds = 1;
  CompileOptions compile;
};

struct Figures {
  double mean_ns = 0;  // median of the rounds
  double least_ns = 0;
  double most_ns = 0;
  double p50_ns = 0;
  double p99_ns = 0;
  size_t checked = 0;
  size_t mismatches = 0;
  size_t allows = 0;
  size_t determining = 0;  // statements named by all decisions together
  size_t decided = 0;      // by DecideRequests
};

double NanosecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

// What this thread has had of a processor: neighbours who take it away do not
// count.
double ProcessorNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

double MedianOf(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// The number in `text`, or nothing when it is out of range.
std::optional<size_t> CountOf(const std::string& text, size_t least,
                              size_t most) {
  if (text.empty() || text.size() > 15 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const unsigned long long count = std::stoull(text);
  if (count < least || count > most) return std::nullopt;
  return count;
}

// Decides some requests and measures nothing else. Apart and never inlined:
// bench/engine_counts.py counts what happens inside.
__attribute__((noinline)) size_t DecideRequests(
    const WorkloadEngine& engine, std::span<const WorkloadRequest> requests,
    std::span<StatementRef> room) {
  size_t allows = 0;
  Decision decision;
  for (const WorkloadRequest& request : requests) {
    engine.Decide(request, &decision, room);
    allows += decision.allowed() ? 1 : 0;
  }
  return allows;
}

// The processor time of one decision in each round: whole passes over all
// requests, until the round's share of the time is over.
void TimeRounds(const Settings& settings, const WorkloadEngine& engine,
                std::span<const WorkloadRequest> requests,
                std::span<StatementRef> room, Figures* figures) {
  constexpr size_t kBatch = 1024;
  const double share =
      settings.seconds * 1e9 / static_cast<double>(settings.rounds);
  std::vector<double> rounds;
  size_t sink = 0;
  for (size_t round = 0; round < settings.rounds; ++round) {
    size_t decided = 0;
    double passed = 0;
    const double begin = ProcessorNanoseconds();
    do {
      for (size_t at = 0; at < requests.size(); at += kBatch) {
        const auto batch =
            requests.subspan(at, std::min(kBatch, requests.size() - at));
        sink += DecideRequests(engine, batch, room);
        decided += batch.size();
        passed = ProcessorNanoseconds() - begin;
        if (passed > kPatience * share + 1e9) break;
      }
    } while (passed < share);
    rounds.push_back(passed / static_cast<double>(decided));
    figures->decided += decided;
  }
  figures->mean_ns = MedianOf(rounds);
  figures->least_ns = *std::ranges::min_element(rounds);
  figures->most_ns = *std::ranges::max_element(rounds);
  // Keeps the decisions from being optimised away.
  if (sink == SIZE_MAX) std::cerr << "\n";
}

// The spread over single decisions. Each is measured by a pair of readings of
// the clock; the median of empty pairs is taken off.
void TimeSingles(const Settings& settings, const WorkloadEngine& engine,
                 std::span<const WorkloadRequest> requests,
                 std::span<StatementRef> room, Figures* figures) {
  std::vector<double> empty;
  for (int i = 0; i < 4001; ++i) {
    const Clock::time_point begin = Clock::now();
    empty.push_back(NanosecondsSince(begin));
  }
  const double clock_ns = MedianOf(std::move(empty));
  std::vector<double> singles;
  singles.reserve(requests.size());
  const Clock::time_point start = Clock::now();
  for (size_t i = 0; i < requests.size(); ++i) {
    const Clock::time_point begin = Clock::now();
    DecideRequests(engine, requests.subspan(i, 1), room);
    singles.push_back(std::max(0.0, NanosecondsSince(begin) - clock_ns));
    if (i % 1024 == 0 &&
        NanosecondsSince(start) > kPatience * settings.seconds * 1e9 + 1e9) {
      break;
    }
  }
  figures->decided += singles.size();
  std::ranges::sort(singles);
  figures->p50_ns = singles[singles.size() / 2];
  figures->p99_ns = singles[singles.size() * 99 / 100];
}

// Compares decisions with what the workload expects.
void CheckExpected(const WorkloadEngine& engine, const Workload& workload,
                   std::span<StatementRef> room, Figures* figures) {
  for (const WorkloadRequest& request : workload.requests) {
    if (!request.allowed) continue;
    ++figures->checked;
    Decision decision;
    engine.Decide(request, &decision, room);
    const bool allowed = decision.allowed();
    if (allowed != *request.allowed) ++figures->mismatches;
  }
}

// Compares decisions and their statements with those of a program that has no
// index, and whose compiler changed nothing.
Status CheckAgainstTables(const WorkloadEngine& engine,
                          const Settings& settings, const Workload& workload,
                          std::span<StatementRef> room, Figures* figures) {
  CompileOptions options = settings.compile;
  options.passes = PassSet::None();
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<const WorkloadEngine> plain,
                        WorkloadEngine::Make(workload, options));
  std::vector<StatementRef> other(room.size());
  const size_t count = std::min(
      {workload.requests.size(), kMaxCompared,
       std::max<size_t>(16, kMaxComparedStatements / workload.statements)});
  for (size_t i = 0; i < count; ++i) {
    const WorkloadRequest& request = workload.requests[i];
    Decision a;
    Decision b;
    engine.Decide(request, &a, room);
    plain->Decide(request, &b, other);
    const size_t shown = std::min<size_t>(a.statement_count, room.size());
    ++figures->checked;
    const bool equal =
        a.verdict == b.verdict && a.layer == b.layer && a.reason == b.reason &&
        a.statement_count == b.statement_count &&
        std::ranges::equal(room.first(shown),
                           std::span<StatementRef>(other).first(shown));
    if (!equal) ++figures->mismatches;
  }
  return OkStatus();
}

std::string JsonLine(const Workload& workload, const WorkloadEngine& engine,
                     const Figures& figures) {
  const ImageBytes bytes = MeasureImage(engine.program());
  char line[1024];
  std::snprintf(
      line, sizeof(line),
      "{\"engine\":\"writ\",\"S\":%zu,\"ns\":%.1f,\"p50\":%.1f,\"p99\":%.1f,"
      "\"requests\":%zu,\"checked\":%zu,\"mismatches\":%zu,\"allows\":%zu,"
      "\"buildMs\":%.3f,\"imageBytes\":%zu,\"hotBytes\":%zu,"
      "\"loadMs\":%.3f,\"min\":%.1f,\"max\":%.1f,\"determining\":%zu,"
      "\"decided\":%zu}\n",
      workload.statements, figures.mean_ns, figures.p50_ns, figures.p99_ns,
      workload.requests.size(), figures.checked, figures.mismatches,
      figures.allows, engine.compile_ms(), bytes.hot + bytes.cold, bytes.hot,
      engine.load_ms(), figures.least_ns, figures.most_ns, figures.determining,
      figures.decided);
  return line;
}

std::string ForPeople(const Workload& workload, const WorkloadEngine& engine,
                      const Settings& settings, const Figures& figures) {
  const ImageBytes bytes = MeasureImage(engine.program());
  const auto statements = static_cast<double>(workload.statements);
  const auto requests = static_cast<double>(workload.requests.size());
  char text[2048];
  std::snprintf(
      text, sizeof(text),
      "workload    %s: %zu statements, %zu principals, %zu requests\n"
      "checked     %zu decisions, %zu of them wrong\n"
      "decision    %.0f ns in the mean (median of %zu rounds, %.0f to %.0f)\n"
      "            half of them within %.0f ns, 99 %% within %.0f ns\n"
      "allowed     %.1f %%; %.1f determining statements a request\n"
      "compile     %.2f ms; load and verify %.2f ms\n"
      "image       %zu bytes; %.0f a statement, %.0f of them hot\n",
      Printable(workload.name).c_str(), workload.statements,
      workload.principals.size(), workload.requests.size(), figures.checked,
      figures.mismatches, figures.mean_ns, settings.rounds, figures.least_ns,
      figures.most_ns, figures.p50_ns, figures.p99_ns,
      100.0 * static_cast<double>(figures.allows) / requests,
      static_cast<double>(figures.determining) / requests, engine.compile_ms(),
      engine.load_ms(), bytes.hot + bytes.cold,
      static_cast<double>(bytes.hot + bytes.cold) / statements,
      static_cast<double>(bytes.hot) / statements);
  return text;
}

ExitCode Bench(const Settings& settings, const std::string& format,
               const GlobalFlags& global) {
  const WorkloadShapeInfo* shape = FindWorkloadShape(settings.workload);
  Workload workload;
  if (shape != nullptr) {
    workload = MakeWorkload(*shape, settings.size, kMadeRequests);
  } else {
    Result<std::string> text = ReadFile(settings.workload, kMaxFileBytes);
    if (!text.ok()) return ComplainAbout(settings.workload, text.status());
    Result<Workload> read =
        ReadWorkload(settings.workload, std::move(text.value()));
    if (!read.ok()) return ComplainAbout(settings.workload, read.status());
    workload = std::move(read.value());
  }
  KeepRequests(settings.requests, &workload);
  ShuffleRequests(kOrderSeed, &workload);

  const Result<std::unique_ptr<const WorkloadEngine>> made =
      WorkloadEngine::Make(workload, settings.compile);
  if (!made.ok()) return ComplainAbout(settings.workload, made.status());
  const WorkloadEngine& engine = *made.value();

  std::vector<StatementRef> room(workload.statements);
  Figures figures;
  CheckExpected(engine, workload, room, &figures);
  if (shape != nullptr) {
    const Status compared =
        CheckAgainstTables(engine, settings, workload, room, &figures);
    if (!compared.ok()) return ComplainAbout(settings.workload, compared);
  }
  for (const WorkloadRequest& request : workload.requests) {
    Decision decision;
    engine.Decide(request, &decision, room);
    figures.allows += decision.allowed() ? 1 : 0;
    figures.determining += decision.statement_count;
  }
  TimeRounds(settings, engine, workload.requests, room, &figures);
  TimeSingles(settings, engine, workload.requests, room, &figures);
  const ExitCode delivered =
      Deliver(format == "json" ? JsonLine(workload, engine, figures)
                               : ForPeople(workload, engine, settings, figures),
              global.output);
  return figures.mismatches > 0 ? Worst(delivered, ExitCode::kInternal)
                                : delivered;
}

}  // namespace

ExitCode RunBench(Args args) {
  Settings settings;
  std::string size, requests, rounds, seconds, max_steps, format;
  std::vector<std::string> without;
  Flags flags("bench", "",
              "Says what a decision costs: compiles the policies of a workload "
              "and decides its requests, each from its texts, in one shuffled "
              "order. Decisions are checked first.\nA workload is a file of "
              "lines parted by tabs (S: a statement, R: a request; "
              "docs/performance.md), or one that is made: wide, deep, layers, "
              "deny, conditions, hostile.");
  flags.String("--workload", "FILE|NAME", "what to measure with",
               &settings.workload);
  flags.String("--size", "N", "statements of a made workload (default: 1000)",
               &size);
  flags.String("--requests", "N", "ask the first N only", &requests);
  flags.String("--rounds", "N", "rounds; their median counts (default: 5)",
               &rounds);
  flags.String(
      "--seconds", "N",
      "time of all rounds together, each at least one pass (default: 1)",
      &seconds);
  flags.Strings("--without", "PASS", "compile without that pass", &without);
  flags.String("--max-steps", "N",
               "refuse policies whose worst decision takes more steps",
               &max_steps);
  flags.Format({"pretty", "json"}, &format);
  std::vector<std::string> none;
  flags.Positionals(&none, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  if (settings.workload.empty()) {
    std::cerr << "writ bench: name a workload with --workload\n";
    return ExitCode::kUsage;
  }
  size_t whole_seconds = 1;
  size_t steps = kMaxDecideSteps;
  const struct {
    const char* flag;
    const std::string* text;
    size_t least;
    size_t most;
    size_t* value;
  } counts[] = {
      {"--size", &size, kMinSize, kMaxSize, &settings.size},
      {"--requests", &requests, 1, kMaxRequests, &settings.requests},
      {"--rounds", &rounds, 1, 1000, &settings.rounds},
      {"--seconds", &seconds, 0, 3600, &whole_seconds},
      {"--max-steps", &max_steps, 1, kMaxDecideSteps, &steps},
  };
  for (const auto& [flag, text, least, most, value] : counts) {
    if (text->empty()) continue;
    const std::optional<size_t> count = CountOf(*text, least, most);
    if (!count) {
      std::cerr << "writ bench: " << flag << " wants a whole number from "
                << least << " to " << most << "\n";
      return ExitCode::kUsage;
    }
    *value = *count;
  }
  settings.seconds = static_cast<double>(whole_seconds);
  settings.compile.budget.decide_steps = steps;
  for (const std::string& name : without) {
    const std::optional<Pass> pass = PassNamed(name);
    if (!pass) {
      std::cerr << "writ bench: there is no pass `" << Printable(name)
                << "`; there are";
      for (const PassInfo& info : kPasses) std::cerr << " " << info.name;
      std::cerr << "\n";
      return ExitCode::kUsage;
    }
    settings.compile.passes = settings.compile.passes.Without(*pass);
  }
  return Bench(settings, format, flags.global());
}

}  // namespace writ
