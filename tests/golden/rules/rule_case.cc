// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/rules/rule_case.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/clock.h"
#include "cases/coverage.h"
#include "cases/run_tests.h"
#include "cases/suite.h"
#include "catalogue/catalogue.h"
#include "lint/config.h"
#include "lint/fix.h"

namespace writ::testing {
namespace {

constexpr std::string_view kFolder = "tests/golden/rules";
constexpr std::string_view kSectionMark = "=== ";
constexpr std::string_view kFileMark = "--- ";

std::string_view TakeLine(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

// An empty folder of one's own that the process works in until the end of the
// scope.
class WorkFolder {
 public:
  WorkFolder() : before_(std::filesystem::current_path()) {
    std::string name =
        (std::filesystem::temp_directory_path() / "writ-case-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) {
      path_ = name;
      std::filesystem::current_path(path_);
    }
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::filesystem::current_path(before_);
    if (!path_.empty()) std::filesystem::remove_all(path_);
  }

 private:
  std::filesystem::path before_;
  std::filesystem::path path_;
};

// A report without its file's policies.
PolicyFile Reported(const SourceText& source, const Diagnostics& findings) {
  return {source, false, false, {}, {}, {}, findings};
}

// What `writ test` finds in the first file, which holds tests.
std::vector<PolicyFile> RunTestsOf(const RuleCase::Part& part) {
  std::vector<PolicyFile> files;
  Result<TestSuite> suite =
      LoadTestSuite(part.files.front().name, "2026-12-01T00:00:00Z");
  if (!suite.ok()) return files;
  Diagnostics about_tests = suite->diagnostics;
  if (!suite->broken()) {
    const SuiteResult result =
        RunSuite(*suite, TestFilter(), ForEachInTurn, false);
    for (const CheckResult& check : result.checks) {
      if (!check.passed) about_tests.Add(FailureOf(*suite, check));
    }
    Coverage coverage;
    if (coverage.AddPolicies(*suite).ok() && coverage.Count(result).ok()) {
      for (const UnreachedStatement& one : UnreachedStatements(coverage)) {
        Diagnostics about_policy;
        about_policy.Add(one.finding);
        files.push_back(Reported(one.file->source, about_policy));
      }
    }
  }
  files.push_back(Reported(suite->source, about_tests));
  return files;
}

std::vector<PolicyFile> RunFiles(const RuleInfo& rule,
                                 const RuleCase::Part& part) {
  const WorkFolder folder;
  for (const RuleCase::File& file : part.files) {
    std::ofstream(file.name, std::ios::binary) << file.text;
  }
  if (rule.needs == RuleNeeds::kTests) return RunTestsOf(part);
  std::vector<PolicyFile> files;
  for (const RuleCase::File& file : part.files) {
    files.push_back(ParsePolicyText(file.name, file.text));
    CheckFile(part.kind, &files.back());
  }
  LintConfig config = part.config;
  config.rules[std::string(rule.code)] = {true, rule.level};
  Diagnostics about_config;
  Lint(files, Catalogue::BuiltIn(), config, &about_config);
  return files;
}

bool IsOf(const Diagnostic& finding, const RuleInfo& rule) {
  return InfoOf(finding.id).rule_id == rule.id;
}

}  // namespace

void RuleCase::ReadOption(std::string_view option, Part* part) {
  const size_t equals = std::min(option.find('='), option.size());
  const std::string_view name = option.substr(0, equals);
  const std::string value(option.substr(std::min(equals + 1, option.size())));
  if (name == "kind") {
    part->kind = KindNamed(value);
    if (!part->kind) complaint_ = "no kind: " + value;
  } else if (name == "now") {
    WallTime now;
    if (!ParseRfc3339Utc(value, &now)) complaint_ = "no time: " + value;
    part->config.options.now_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch())
            .count();
  } else if (Status status = SetLintOption(name, value, &part->config.options);
             !status.ok()) {
    complaint_ = std::string(status.message());
  }
}

void RuleCase::ReadPart(std::string_view text, Part* part) {
  part->config.options.now_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(
          FakeClock().Now().time_since_epoch())
          .count();
  while (!text.empty()) {
    std::string_view line = TakeLine(&text);
    if (line.starts_with(kFileMark)) {
      line.remove_prefix(kFileMark.size());
      const size_t end = std::min(line.find(' '), line.size());
      part->files.push_back({std::string(line.substr(0, end)), ""});
      line.remove_prefix(end);
      while (!line.empty()) {
        line.remove_prefix(1);
        const size_t stop = std::min(line.find(' '), line.size());
        ReadOption(line.substr(0, stop), part);
        line.remove_prefix(stop);
      }
    } else if (part->files.empty()) {
      complaint_ = "a part begins with `--- name`";
      return;
    } else {
      part->files.back().text += std::string(line) + "\n";
    }
  }
  if (part->files.empty()) complaint_ = "`fires` and `near` hold files";
}

RuleCase::RuleCase(std::string text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = TakeLine(&rest);
    if (line.starts_with(kSectionMark)) {
      sections_.push_back({std::string(line.substr(kSectionMark.size())), ""});
    } else {
      std::string& where = sections_.empty() ? head_ : sections_.back().text;
      where += std::string(line) + "\n";
    }
  }
  for (const Section& section : sections_) {
    if (section.name == "fires") {
      ReadPart(section.text, &fires_);
    } else if (section.name == "near") {
      ReadPart(section.text, &near_);
    } else if (section.name == "finds") {
      finds_ = section.text;
    } else if (section.name == "fixed") {
      fixed_ = section.text;
    } else {
      complaint_ = "no such part: " + section.name;
    }
  }
  if (complaint_.empty() && (fires_.files.empty() || near_.files.empty())) {
    complaint_ = "a case has `fires` and `near`";
  }
}

std::vector<PolicyFile> RuleCase::Run(const RuleInfo& rule,
                                      const Part& part) const {
  return RunFiles(rule, part);
}

std::optional<std::string> RuleCase::Fixed(const RuleInfo& rule) const {
  const auto judge = [&](std::string text) {
    Part part = fires_;
    part.files.front().text = std::move(text);
    return std::move(RunFiles(rule, part).front());
  };
  if (rule.needs == RuleNeeds::kTests) return std::nullopt;
  FixOptions options;
  options.with_proposed = rule.fix == FixKind::kProposed;
  options.rules = {std::string(rule.code)};
  const FixOutcome outcome =
      FixFile(judge(fires_.files.front().text), options, judge);
  if (!outcome.changed()) return std::nullopt;
  std::string text(outcome.file.source.text());
  if (!text.ends_with('\n')) text.push_back('\n');
  return text;
}

std::string RuleCase::With(const std::string& finds,
                           const std::optional<std::string>& fixed) const {
  std::string out = head_;
  const auto add = [&out](std::string_view name, std::string_view text) {
    out += std::string(kSectionMark) + std::string(name) + "\n" +
           std::string(text);
  };
  for (const Section& section : sections_) {
    if (section.name == "finds" || section.name == "fixed") continue;
    add(section.name, section.text);
    if (section.name == "fires") add("finds", finds);
  }
  if (fixed) add("fixed", *fixed);
  return out;
}

std::vector<std::string> CasesOf(const RuleInfo& rule) {
  std::vector<std::string> paths;
  const std::string beginning = std::string(rule.code) + ".";
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(".case")) {
      paths.push_back(std::string(kFolder) + "/" + name);
    }
  }
  std::sort(paths.begin(), paths.end(),
            [](const std::string& a, const std::string& b) {
              return a.size() != b.size() ? a.size() < b.size() : a < b;
            });
  const std::string first = std::string(kFolder) + "/" + beginning + "case";
  if (!paths.empty() && paths.front() != first) paths.clear();
  return paths;
}

std::string FindingsOf(const RuleInfo& rule,
                       const std::vector<PolicyFile>& files) {
  std::string text;
  for (const PolicyFile& file : files) {
    for (const Diagnostic& finding : file.diagnostics.all()) {
      if (!IsOf(finding, rule)) continue;
      const SourceText::Place place = file.source.Find(finding.span.begin);
      const LineColumn at = file.source.Locate(finding.span.begin);
      text += place.source->name() + ":" + std::to_string(at.line) + ":" +
              std::to_string(at.column) + ": " +
              std::string(LevelName(finding.level)) + "[" +
              std::string(rule.code) + "]: " + finding.message + "\n";
    }
  }
  return text;
}

}  // namespace writ::testing
