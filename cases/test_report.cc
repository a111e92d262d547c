// SPDX-License-Identifier: Apache-2.0
#include "cases/test_report.h"

#include <algorithm>
#include <utility>

#include "grammar/render.h"

namespace writ {
namespace {

constexpr std::pair<std::string_view, TestFormat> kFormats[] = {
    {"pretty", TestFormat::kPretty}, {"json", TestFormat::kJson},
    {"tap", TestFormat::kTap},       {"junit", TestFormat::kJunit},
    {"github", TestFormat::kGithub},
};

struct Totals {
  size_t tests = 0;
  size_t checks = 0;
  size_t failed = 0;
};

// Checks of one test stand together.
template <typename Visit>
void ForEachTest(const SuiteResult& result, Visit visit) {
  const std::span<const CheckResult> checks = result.checks;
  for (size_t begin = 0; begin < checks.size();) {
    size_t end = begin;
    while (end < checks.size() && checks[end].test == checks[begin].test) ++end;
    visit(*checks[begin].test, checks.subspan(begin, end - begin));
    begin = end;
  }
}

Totals TotalsOf(std::span<const SuiteResult> results) {
  Totals totals;
  for (const SuiteResult& result : results) {
    totals.failed += result.failed;
    totals.checks += result.checks.size();
    ForEachTest(result, [&](const PolicyTest&, std::span<const CheckResult>) {
      ++totals.tests;
    });
  }
  return totals;
}

size_t FailedOf(std::span<const CheckResult> checks) {
  return static_cast<size_t>(std::ranges::count(
      checks, false, [](const CheckResult& check) { return check.passed; }));
}

LineColumn PlaceOf(const TestSuite& suite, Span span) {
  return suite.source.Locate(span.begin);
}

std::string NoteText(const Diagnostic& finding) {
  std::string text;
  for (const DiagnosticNote& note : finding.notes) {
    text += (text.empty() ? "" : "\n") + note.text;
  }
  return text;
}

std::string Count(size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) +
         (count == 1 ? "" : "s");
}

std::string PrettyReport(const TestRun& run, bool verbose) {
  std::string text;
  for (const SuiteResult& result : run.results) {
    const TestSuite& suite = *result.suite;
    if (verbose) {
      ForEachTest(result, [&](const PolicyTest& test,
                              std::span<const CheckResult> checks) {
        text += std::string(FailedOf(checks) == 0 ? "ok    " : "FAIL  ") +
                Printable(suite.path) + ": " + Printable(test.name) + " (" +
                Count(checks.size(), "expectation") + ")\n";
      });
    }
    Diagnostics failures;
    for (const CheckResult& check : result.checks) {
      if (!check.passed) failures.Add(FailureOf(suite, check));
    }
    text += RenderFindings(suite.source, failures, FindingFormat::kPretty);
    if (failures.dropped() > 0) {
      text += std::to_string(failures.dropped()) + " more failures\n";
    }
  }
  const Totals totals = TotalsOf(run.results);
  text += Count(totals.tests, "test") + ", " +
          Count(totals.checks, "expectation") + ": " +
          std::to_string(totals.checks - totals.failed) + " met, " +
          std::to_string(totals.failed) + " not met\n";
  if (run.mutation != nullptr) text += MutationText(*run.mutation);
  return text;
}

std::string JsonReport(const TestRun& run) {
  const Totals totals = TotalsOf(run.results);
  std::string json =
      "{\"schema_version\":1,\"tests\":" + std::to_string(totals.tests) +
      ",\"expectations\":" + std::to_string(totals.checks) +
      ",\"failed\":" + std::to_string(totals.failed) + ",\"files\":[";
  bool first_file = true;
  for (const SuiteResult& result : run.results) {
    const TestSuite& suite = *result.suite;
    json += first_file ? "" : ",";
    first_file = false;
    json += "{\"file\":" + JsonQuote(suite.path) + ",\"tests\":[";
    bool first_test = true;
    ForEachTest(result, [&](const PolicyTest& test,
                            std::span<const CheckResult> checks) {
      json += first_test ? "" : ",";
      first_test = false;
      json += "{\"name\":" + JsonQuote(test.name) +
              ",\"passed\":" + (FailedOf(checks) == 0 ? "true" : "false") +
              ",\"expectations\":[";
      for (size_t i = 0; i < checks.size(); ++i) {
        const CheckResult& check = checks[i];
        const LineColumn at = PlaceOf(suite, check.check->span);
        json += i == 0 ? "" : ",";
        json += "{\"line\":" + std::to_string(at.line) +
                ",\"column\":" + std::to_string(at.column);
        if (!check.check->pointer.empty()) {
          json += ",\"pointer\":" + JsonQuote(check.check->pointer);
        }
        json += ",\"principal\":" + JsonQuote(check.check->request.principal) +
                ",\"question\":" + JsonQuote(QuestionText(*check.check)) +
                ",\"expected\":" + JsonQuote(ExpectedText(*check.check)) +
                ",\"decided\":" + JsonQuote(DecidedText(check.outcome)) +
                ",\"by\":[";
        for (size_t k = 0; k < check.outcome.statements.size(); ++k) {
          json += (k == 0 ? "" : ",") +
                  JsonQuote(StatementName(suite, check.outcome.statements[k]));
        }
        json +=
            std::string("],\"passed\":") + (check.passed ? "true" : "false");
        if (!check.passed) {
          const Diagnostic failure = FailureOf(suite, check);
          json += ",\"message\":" + JsonQuote(failure.message) + ",\"notes\":[";
          for (size_t k = 0; k < failure.notes.size(); ++k) {
            json += (k == 0 ? "" : ",") + JsonQuote(failure.notes[k].text);
          }
          json += "]";
        }
        json += "}";
      }
      json += "]}";
    });
    json += "]}";
  }
  json += "]";
  if (run.mutation != nullptr) {
    json += ",\"mutation\":" + MutationJson(*run.mutation);
  }
  return json + "}\n";
}

// One point a test: TAP 14.
std::string TapReport(const TestRun& run) {
  std::string text = "TAP version 14\n1.." +
                     std::to_string(TotalsOf(run.results).tests) + "\n";
  size_t number = 0;
  // `#` would begin a directive.
  const auto description = [](std::string_view name) {
    std::string escaped;
    for (const char c : Printable(name)) {
      if (c == '#' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped;
  };
  for (const SuiteResult& result : run.results) {
    const TestSuite& suite = *result.suite;
    ForEachTest(result, [&](const PolicyTest& test,
                            std::span<const CheckResult> checks) {
      text += std::string(FailedOf(checks) == 0 ? "ok " : "not ok ") +
              std::to_string(++number) + " - " + description(suite.path) +
              ": " + description(test.name) + "\n";
      for (const CheckResult& check : checks) {
        if (check.passed) continue;
        const Diagnostic failure = FailureOf(suite, check);
        const LineColumn at = PlaceOf(suite, check.check->span);
        // JSON strings are YAML strings.
        text += "  ---\n  message: " + JsonQuote(failure.message) + "\n  at: " +
                JsonQuote(suite.path + ":" + std::to_string(at.line) + ":" +
                          std::to_string(at.column)) +
                "\n  notes: " + JsonQuote(NoteText(failure)) + "\n  ...\n";
      }
    });
  }
  if (run.mutation != nullptr) {
    std::string comment = MutationText(*run.mutation);
    size_t at = 0;
    while (at < comment.size()) {
      const size_t end = comment.find('\n', at);
      text += "# " + comment.substr(at, end - at) + "\n";
      at = end + 1;
    }
  }
  return text;
}

// XML 1.0 text: what it cannot hold is shown escaped.
std::string Xml(std::string_view raw) {
  std::string text;
  std::string printable;
  // Line breaks are meant, everything else goes through Printable.
  for (size_t at = 0; at <= raw.size();) {
    const size_t end = std::min(raw.find('\n', at), raw.size());
    if (at > 0) printable += '\n';
    printable += Printable(raw.substr(at, end - at));
    at = end + 1;
  }
  for (const char c : printable) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      case '\n':
        text += "&#10;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

std::string JunitReport(const TestRun& run) {
  const Totals totals = TotalsOf(run.results);
  size_t failed_tests = 0;
  std::string body;
  for (const SuiteResult& result : run.results) {
    const TestSuite& suite = *result.suite;
    size_t tests = 0;
    size_t failed = 0;
    std::string cases;
    ForEachTest(result, [&](const PolicyTest& test,
                            std::span<const CheckResult> checks) {
      ++tests;
      const LineColumn at = PlaceOf(suite, test.span);
      cases += "    <testcase name=\"" + Xml(test.name) + "\" classname=\"" +
               Xml(suite.path) + "\" file=\"" + Xml(suite.path) + "\" line=\"" +
               std::to_string(at.line) + "\"";
      if (FailedOf(checks) == 0) {
        cases += "/>\n";
        return;
      }
      ++failed;
      std::string message;
      std::string details;
      for (const CheckResult& check : checks) {
        if (check.passed) continue;
        const Diagnostic failure = FailureOf(suite, check);
        const LineColumn place = PlaceOf(suite, check.check->span);
        if (message.empty()) message = failure.message;
        details += suite.path + ":" + std::to_string(place.line) + ":" +
                   std::to_string(place.column) + ": " + failure.message +
                   "\n" + NoteText(failure) + "\n";
      }
      cases += ">\n      <failure message=\"" + Xml(message) + "\">" +
               Xml(details) + "</failure>\n    </testcase>\n";
    });
    failed_tests += failed;
    body += "  <testsuite name=\"" + Xml(suite.path) + "\" tests=\"" +
            std::to_string(tests) + "\" failures=\"" + std::to_string(failed) +
            "\">\n" + cases + "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" +
         std::to_string(totals.tests) + "\" failures=\"" +
         std::to_string(failed_tests) + "\">\n" + body + "</testsuites>\n";
}

// A workflow command is one line; what ends it or its parts is escaped.
std::string Workflow(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '%':
        escaped += "%25";
        break;
      case '\n':
        escaped += "%0A";
        break;
      case '\r':
        escaped += "%0D";
        break;
      case ':':
        escaped += property ? "%3A" : ":";
        break;
      case ',':
        escaped += property ? "%2C" : ",";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string GithubReport(const TestRun& run) {
  std::string text;
  for (const SuiteResult& result : run.results) {
    const TestSuite& suite = *result.suite;
    for (const CheckResult& check : result.checks) {
      if (check.passed) continue;
      const Diagnostic failure = FailureOf(suite, check);
      const LineColumn at = PlaceOf(suite, check.check->span);
      text +=
          "::error file=" + Workflow(Printable(suite.path), true) +
          ",line=" + std::to_string(at.line) +
          ",col=" + std::to_string(at.column) +
          ",title=" + Workflow(std::string(InfoOf(failure.id).code), true) +
          "::" + Workflow(failure.message + "\n" + NoteText(failure), false) +
          "\n";
    }
  }
  if (run.mutation != nullptr) {
    for (const MutantResult& mutant : run.mutation->mutants) {
      if (mutant.fate != MutantFate::kSurvived) continue;
      const SourceLine line = LineOf(*mutant.file, mutant.span);
      text +=
          "::warning file=" + Workflow(Printable(line.source->name()), true) +
          ",line=" + std::to_string(line.at.line) +
          ",col=" + std::to_string(line.at.column) +
          "::" + Workflow(mutant.change + ": no test notices", false) + "\n";
    }
  }
  const Totals totals = TotalsOf(run.results);
  text += "::notice::" + Count(totals.tests, "test") + ", " +
          Count(totals.checks, "expectation") + ", " +
          std::to_string(totals.failed) + " not met\n";
  return text;
}

// What a check should have expected.
std::string DecisionJson(const TestSuite& suite, const CheckResult& check) {
  const Verdict verdict = check.outcome.decision.verdict;
  if (verdict == Verdict::kAllow && check.check->because.empty()) {
    return "\"decision\": \"allow\"";
  }
  std::string json =
      verdict == Verdict::kAllow
          ? "\"decision\": \"allow\""
          : std::string("\"decision\": \"deny\", \"kind\": ") +
                (verdict == Verdict::kExplicitDeny ? "\"explicit\""
                                                   : "\"implicit\"");
  if (check.check->because.empty() || check.outcome.statements.empty()) {
    return json;
  }
  json += ", \"because\": [";
  for (size_t i = 0; i < check.outcome.statements.size(); ++i) {
    json += (i == 0 ? "" : ", ") +
            JsonQuote(StatementName(suite, check.outcome.statements[i]));
  }
  return json + "]";
}

}  // namespace

std::optional<TestFormat> TestFormatNamed(std::string_view name) {
  for (const auto& [word, format] : kFormats) {
    if (word == name) return format;
  }
  return std::nullopt;
}

std::string TestReport(const TestRun& run, TestFormat format, bool verbose) {
  switch (format) {
    case TestFormat::kPretty:
      return PrettyReport(run, verbose);
    case TestFormat::kJson:
      return JsonReport(run);
    case TestFormat::kTap:
      return TapReport(run);
    case TestFormat::kJunit:
      return JunitReport(run);
    case TestFormat::kGithub:
      return GithubReport(run);
  }
  return "";
}

std::optional<std::string> UpdatedTestFile(const SuiteResult& result) {
  const TestSuite& suite = *result.suite;
  std::vector<TextEdit> edits;
  ForEachTest(result, [&](const PolicyTest& test,
                          std::span<const CheckResult> checks) {
    if (FailedOf(checks) == 0 ||
        std::ranges::any_of(checks, [](const CheckResult& check) {
          return check.outcome.error.has_value();
        })) {
      return;
    }
    const auto row = [&](const CheckResult& check) {
      const PolicyTestCheck& one = *check.check;
      std::string json =
          "{\"principal\": " +
          JsonQuote(one.principal_name.empty() ? one.request.principal
                                               : one.principal_name) +
          ", \"action\": " + JsonQuote(one.request.action) +
          ", \"resource\": [";
      for (size_t i = 0; i < one.request.resources.size(); ++i) {
        json += (i == 0 ? "" : ", ") + JsonQuote(one.request.resources[i]);
      }
      return json + "], " + DecisionJson(suite, check) + "}";
    };
    // Each place says one thing; when its cells differ, the whole is a list.
    bool uniform = true;
    std::vector<TextEdit> own;
    for (const CheckResult& check : checks) {
      const std::string text = test.shape == PolicyTest::Shape::kList
                                   ? row(check)
                                   : "{" + DecisionJson(suite, check) + "}";
      const auto same = std::ranges::find_if(own, [&](const TextEdit& edit) {
        return edit.span == check.check->span;
      });
      if (same == own.end()) {
        own.push_back({check.check->span, text});
      } else {
        uniform = uniform && same->text == text;
      }
    }
    if (!uniform) {
      std::string list = "[";
      for (size_t i = 0; i < checks.size(); ++i) {
        list += (i == 0 ? "\n    " : ",\n    ") + row(checks[i]);
      }
      edits.push_back({test.expect_span, list + "\n  ]"});
      return;
    }
    // What was met stays as it is written.
    for (const TextEdit& edit : own) {
      const bool failed = std::ranges::any_of(checks, [&](const auto& check) {
        return check.check->span == edit.span && !check.passed;
      });
      if (failed) edits.push_back(edit);
    }
  });
  if (!suite.is_json || edits.empty()) return std::nullopt;
  std::ranges::sort(edits, [](const TextEdit& a, const TextEdit& b) {
    return a.span.begin < b.span.begin;
  });
  const std::string_view text = suite.source.text();
  std::string updated;
  size_t at = 0;
  for (const TextEdit& edit : edits) {
    updated += text.substr(at, edit.span.begin - at);
    updated += edit.text;
    at = edit.span.end;
  }
  updated += text.substr(at);
  return updated;
}

}  // namespace writ
