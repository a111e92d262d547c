// SPDX-License-Identifier: Apache-2.0
//
// `writ eval`: decides one request, or every line of a case file, with the
// compiler and the authorizer that everything else uses; or asks a sidecar.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/source.h"
#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/max_steps.h"
#include "cli/question.h"
#include "cli/remote_question.h"

namespace writ {
namespace {

constexpr size_t kFlushBytes = 64 << 10;

void Complain(std::string_view text) {
  std::fprintf(stderr, "writ eval: %.*s\n", static_cast<int>(text.size()),
               text.data());
}

// ---- a file of cases ------------------------------------------------------

struct Tally {
  uint64_t lines = 0;
  uint64_t expectations = 0;
  uint64_t mismatches = 0;
};

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Answers one line; says on standard error when it is not what was expected.
std::string AnswerLine(std::string_view line, uint64_t number, bool expect,
                       uint64_t max_steps, Tally* tally) {
  Case one;
  ++tally->lines;
  if (const auto error = ReadCase(line, &one)) {
    if (expect) {
      ++tally->mismatches;
      Complain("line " + std::to_string(number) +
               ": not a case: " + error->message);
    }
    return BadLineJson(number, *error);
  }
  const CaseOutcome outcome = DecideCase(one, max_steps);
  if (expect && one.expect) {
    ++tally->expectations;
    const auto met = ExpectationMet(outcome);
    if (met != one.expect) {
      ++tally->mismatches;
      std::string text = "line " + std::to_string(number) + ": " +
                         JsonQuote(one.id) + ": expected ";
      text += CaseExpectationName(*one.expect);
      text += ", got ";
      text += met ? CaseExpectationName(*met) : std::string_view("no decision");
      if (outcome.error) {
        text += " (" + outcome.error->code + ": " + outcome.error->message +
                (outcome.error->at.empty() ? "" : " at " + outcome.error->at) +
                ")";
      }
      Complain(text);
    }
  }
  return OutcomeJson(JsonQuote(one.id), outcome);
}

ExitCode EvalCases(const std::string& path, bool expect, uint64_t max_steps) {
  UniqueFd file;
  int fd = STDIN_FILENO;
  if (path != "-") {
    file.Reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
      Complain("cannot read `" + path + "`");
      return ExitCode::kUsage;
    }
    fd = file.get();
  }
  LineReader reader(fd);
  Tally tally;
  std::string out;
  const auto flush = [&] {
    std::cout << out << std::flush;
    out.clear();
    return std::cout.good();
  };
  while (true) {
    // Whoever feeds lines by hand gets each answer before the next read.
    if (!reader.HasLine() && !flush()) return ExitCode::kInternal;
    auto line = reader.Next();
    if (!line.ok()) {
      Complain("cannot read `" + path + "`: " + line.status().ToString());
      if (!flush()) return ExitCode::kInternal;
      return ExitCode::kUsage;
    }
    if (!line->has_value()) break;
    if (IsBlank(**line)) continue;
    out += AnswerLine(**line, reader.line_number(), expect, max_steps, &tally);
    out += '\n';
    if (out.size() >= kFlushBytes && !flush()) return ExitCode::kInternal;
  }
  if (!flush()) return ExitCode::kInternal;
  if (!expect) return ExitCode::kOk;
  Complain(std::to_string(tally.lines) + " lines, " +
           std::to_string(tally.expectations) + " expectations, " +
           std::to_string(tally.mismatches) + " mismatches");
  return tally.mismatches == 0 ? ExitCode::kOk : ExitCode::kTestFailure;
}

bool IsDetail(std::string_view word) {
  return word == "short" || word == "full" || word == "why-not";
}

}  // namespace

ExitCode RunEval(Args args) {
  Flags flags("eval", "",
              "Decides one request, or every line of a case file. Answers go "
              "to standard output as JSON, one object a line. One request: "
              "exits 5 on any deny.");
  std::string cases;
  bool expect = false;
  std::string format;
  bool no_exit_status = false;
  std::string explain;
  OneRequest one;
  one.command = "eval";
  flags.String("--cases", "FILE", "decide every line of FILE; - is the input",
               &cases);
  flags.Bool("--expect", "with --cases: exit 4 unless all are as expected",
             &expect);
  DeclareQuestion(&flags, &one);
  SidecarAddress server;
  DeclareServer(&flags, &server);
  flags.Choice("--explain",
               "what each statement and clause came to: `short` leaves out "
               "what is about something else, `why-not` says only what would "
               "make a deny an allow; --explain alone is short",
               {"short", "full", "why-not"}, &explain);
  flags.Format({"json", "pretty"}, &format);
  std::string max_steps;
  flags.String("--max-steps", "N",
               "refuse policies whose worst request takes more steps",
               &max_steps);
  flags.Bool("--no-exit-status", "exit 0 on a deny too", &no_exit_status);
  std::vector<std::string_view> words(args.begin(), args.end());
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--explain" &&
        (i + 1 == words.size() || !IsDetail(words[i + 1]))) {
      words[i] = "--explain=short";
    }
  }
  if (const auto exit = flags.Parse(words)) return *exit;
  const std::optional<uint64_t> steps = ReadMaxSteps("eval", max_steps);
  if (!steps) return ExitCode::kUsage;
  one.max_steps = *steps;
  const Detail detail = explain.empty()        ? Detail::kNone
                        : explain == "full"    ? Detail::kFull
                        : explain == "why-not" ? Detail::kWhyNot
                                               : Detail::kShort;

  const bool has_one = IsAsked(one) || IsRemote(server) || !explain.empty();
  if (cases.empty()) {
    if (expect) {
      Complain("--expect goes with --cases");
      return ExitCode::kUsage;
    }
    if (IsRemote(server) && detail != Detail::kNone) {
      Complain("--explain is about policies that are here: not with --server");
      return ExitCode::kUsage;
    }
    const bool pretty = format == "pretty";
    const ExitCode exit =
        IsRemote(server)
            ? AskSidecar(one, server, pretty, flags.global().timeout_ms)
            : AnswerQuestion(one, pretty, detail);
    return exit == ExitCode::kDenied && no_exit_status ? ExitCode::kOk : exit;
  }
  if (has_one || format == "pretty") {
    Complain(
        "a case file holds its policies and requests: --cases goes with "
        "--expect and --max-steps only");
    return ExitCode::kUsage;
  }
  return EvalCases(cases, expect, *steps);
}

}  // namespace writ
