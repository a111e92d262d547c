// SPDX-License-Identifier: Apache-2.0
// `writ lint`: what `writ check` says, and every rule about sense, safety and
// style; also the catalogue of rules itself.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/lint_files.h"
#include "cli/output.h"
#include "grammar/json_string.h"
#include "grammar/render.h"
#include "lint/baseline.h"
#include "lint/config.h"
#include "lint/rule_text.h"

namespace writ {
namespace {

std::string Padded(std::string_view text, size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()), ' ');
  return out;
}

std::string RulesAsText() {
  size_t slug_width = 0;
  for (const RuleInfo& rule : Rules()) {
    slug_width = std::max(slug_width, rule.slug.size());
  }
  std::string out = Padded("CODE", 11) + Padded("SLUG", slug_width + 2) +
                    Padded("LEVEL", 12) + Padded("FIX", 11) +
                    Padded("NEEDS", 11) + "STATE\n";
  for (const RuleInfo& rule : Rules()) {
    out += Padded(rule.code, 11) + Padded(rule.slug, slug_width + 2) +
           Padded(LevelName(rule.level), 12) + Padded(FixName(rule.fix), 11) +
           Padded(NeedsName(rule.needs), 11) + StatePhrase(rule) + "\n";
  }
  return out;
}

std::string RulesAsJson() {
  std::string out = "{\"schema_version\":1,\"rules\":[";
  for (const RuleInfo& rule : Rules()) {
    out += rule.id == Rules().front().id ? "\n" : ",\n";
    char before = '{';
    const auto add = [&](std::string_view name, std::string_view value) {
      out.push_back(before);
      before = ',';
      AppendJsonString(name, &out);
      out.push_back(':');
      AppendJsonString(value, &out);
    };
    add("code", rule.code);
    add("slug", rule.slug);
    add("level", LevelName(rule.level));
    add("fix", FixName(rule.fix));
    add("needs", NeedsName(rule.needs));
    add("state", StateName(rule.state));
    add("state_text", StatePhrase(rule));
    add("summary", rule.summary);
    add("why", rule.why);
    out.push_back('}');
  }
  return out + "\n]}\n";
}

ExitCode Explain(const std::string& name, const std::string& output) {
  const RuleInfo* rule = FindRule(name);
  if (rule == nullptr) {
    LintConfig unused;
    return ComplainAbout("--explain", SwitchRules(name, true, &unused));
  }
  return Deliver(ExplainRule(*rule), output);
}

ExitCode ApplyBaseline(const std::string& path, bool verbose,
                       LintOutcome* outcome) {
  Result<std::string> text = ReadFile(path, kMaxConfigBytes);
  if (!text.ok()) return ComplainAbout(path, text.status());
  Result<Baseline> baseline = Baseline::Parse(path, *std::move(text));
  if (!baseline.ok()) return ComplainAbout(path, baseline.status());
  const std::vector<std::string> stale = baseline->Apply(outcome->files);
  if (verbose) {
    for (const std::string& entry : stale) {
      std::cerr << Printable(path) << ": no longer found: " << Printable(entry)
                << "\n";
    }
  }
  return ExitCode::kOk;
}

ExitCode WriteBaseline(const std::string& path, const LintOutcome& outcome) {
  const Baseline baseline = Baseline::Of(outcome.files);
  if (Status status = WriteFileAtomic(path, baseline.Json(), 0644);
      !status.ok()) {
    return ComplainAbout(path, status);
  }
  std::cerr << Printable(path) << ": " << baseline.size()
            << (baseline.size() == 1 ? " finding" : " findings")
            << " put off\n";
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunLint(Args args) {
  std::string kind, format, fail_level, explain, baseline, new_baseline;
  bool list_rules = false;
  LintRequest request;
  request.command = "lint";
  Flags flags("lint", "PATH...",
              "Says what is wrong, unsafe, useless or untidy in the policies "
              "of files, of\ndirectories (*.writ, *.ram.json) or of standard "
              "input (-). .writ.toml in their\nfolder or above configures it.");
  flags.Choice("--kind", "judge every policy as this kind",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Choice("--fail-level",
               "exit 3 for findings of this level or above (default: security)",
               {"error", "security", "warning", "suggestion"}, &fail_level);
  flags.Strings("--enable", "RULE", "switch a rule or a group on",
                &request.enable);
  flags.Strings("--disable", "RULE", "switch a rule or a group off",
                &request.disable);
  flags.Strings("--catalog", "FILE",
                "services of your own besides the built-in ones",
                &request.catalogue_files);
  flags.String("--baseline", "FILE", "leave out the findings listed there",
               &baseline);
  flags.String("--write-baseline", "FILE", "list all findings of now there",
               &new_baseline);
  flags.String("--explain", "RULE", "print what a rule is about", &explain);
  flags.Bool("--list-rules", "print all rules (--format json for programs)",
             &list_rules);
  flags.Format({"pretty", "plain", "compact", "json", "jsonl", "sarif", "junit",
                "github", "tap"},
               &format);
  flags.Positionals(&request.paths, 0, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  const GlobalFlags& global = flags.global();
  if (list_rules) {
    return Deliver(format == "json" ? RulesAsJson() : RulesAsText(),
                   global.output);
  }
  if (!explain.empty()) return Explain(explain, global.output);
  if (request.paths.empty()) {
    return ComplainAbout("lint",
                         InvalidArgument("name a file or a directory, or `-`"));
  }
  request.kind = KindNamed(kind);
  const FindingFormat form =
      FindingFormatNamed(format).value_or(FindingFormat::kPretty);
  LintOutcome outcome = LintFiles(request, global);
  if (outcome.exit == ExitCode::kUsage && outcome.files.empty()) {
    return outcome.exit;
  }
  if (!new_baseline.empty()) {
    return Worst(outcome.exit, WriteBaseline(new_baseline, outcome));
  }
  if (!baseline.empty()) {
    const ExitCode exit = ApplyBaseline(baseline, global.verbose, &outcome);
    if (exit != ExitCode::kOk) return exit;
  }
  if (form == FindingFormat::kPretty && !global.quiet) SayGuesses(outcome);
  const ExitCode delivered = DeliverFindings(outcome.files, form, global);
  return Worst(outcome.exit,
               Worst(delivered, JudgeLevels(outcome, LevelNamed(fail_level),
                                            Level::kSecurity)));
}

}  // namespace writ
