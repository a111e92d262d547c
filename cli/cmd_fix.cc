// SPDX-License-Identifier: Apache-2.0
// `writ fix`: applies the fixes of findings, each proved before it is applied.
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "catalogue/catalogue.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "cli/text_diff.h"
#include "grammar/json_string.h"
#include "grammar/render.h"
#include "lint/config.h"
#include "lint/fix.h"
#include "lint/lint.h"

namespace writ {
namespace {

// The configuration of a folder and the services it adds.
struct Judge {
  LintConfig config;
  std::optional<Catalogue> own;

  const Catalogue& catalogue() const {
    return own ? *own : Catalogue::BuiltIn();
  }
};

std::string RequestText(const SampleRequest& request) {
  std::string text = "principal " + request.principal + ", action " +
                     request.action + ", resource " + request.resource;
  for (const SampleRequest::Entry& entry : request.context) {
    text += ", " + entry.key + " =";
    for (const std::string& value : entry.values) text += " \"" + value + "\"";
  }
  return text;
}

std::string Count(size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

class FixRun {
 public:
  FixRun(const FixOptions& options, std::optional<ast::PolicyKind> kind,
         bool dry_run, bool diff, bool json, const GlobalFlags& global)
      : options_(options),
        kind_(kind),
        dry_run_(dry_run || diff),
        diff_(diff),
        json_(json),
        global_(global) {}

  ExitCode Run(const std::vector<std::string>& asked) {
    Result<std::vector<std::string>> paths = ExpandPaths(asked);
    if (!paths.ok()) return ComplainAbout("fix", paths.status());
    for (const std::string& path : *paths) {
      if (!One(path)) return exit_;
    }
    if (json_) {
      out_ = "{\"schema_version\":1,\"dry_run\":" +
             std::string(dry_run_ ? "true" : "false") + ",\"files\":[" + out_ +
             "]}\n";
    }
    return Worst(exit_, Deliver(out_, global_.output));
  }

 private:
  // False when the run is to end.
  bool One(const std::string& path) {
    const Judge* judge = JudgeOf(path);
    if (judge == nullptr) return false;
    Result<PolicyFile> read = ReadPolicyFile(path);
    if (!read.ok()) {
      exit_ = Worst(exit_, ComplainAbout(path, read.status()));
      return true;
    }
    const auto look = [&](PolicyFile file) {
      CheckFile(kind_, &file);
      Diagnostics about_config;
      Lint({&file, 1}, judge->catalogue(), judge->config, &about_config);
      return file;
    };
    const std::string before(read->source.text());
    const FixOutcome outcome =
        FixFile(look(*std::move(read)), options_, [&](std::string text) {
          return look(ParsePolicyText(path, std::move(text)));
        });
    const std::string_view after = outcome.file.source.text();
    if (outcome.changed() && !dry_run_ && path != "-") {
      if (Status status = WriteBack(path, after); !status.ok()) {
        exit_ = Worst(exit_, ComplainAbout(path, status));
        return true;
      }
    }
    Report(path, before, outcome);
    if (outcome.file.diagnostics.has_errors()) {
      exit_ = Worst(exit_, ExitCode::kFindings);
    }
    return true;
  }

  const Judge* JudgeOf(const std::string& path) {
    const std::string config = global_.config.empty()
                                   ? FindLintConfig(path).value_or("")
                                   : global_.config;
    const auto [known, fresh] = judges_.try_emplace(config);
    if (!fresh) return &known->second;
    Judge& judge = known->second;
    if (!config.empty()) {
      Result<LintConfig> read = ReadLintConfig(config);
      if (!read.ok()) {
        exit_ = Worst(exit_, ComplainAbout(config, read.status()));
        return nullptr;
      }
      judge.config = *std::move(read);
    }
    judge.config.options.now_seconds = global_.now_seconds.value_or(
        std::chrono::duration_cast<std::chrono::seconds>(
            SystemClock().Now().time_since_epoch())
            .count());
    // A rule that is asked for by name is on.
    for (const std::string& rule : options_.rules) {
      if (InfoOf(FindRule(rule)->id).level == Level::kError) continue;
      if (Status status = SwitchRules(rule, true, &judge.config);
          !status.ok()) {
        exit_ = Worst(exit_, ComplainAbout("--rule", status));
        return nullptr;
      }
    }
    std::vector<SourceText> texts;
    for (const std::string& name : judge.config.catalogue_files) {
      Result<std::string> text = ReadFile(name, kMaxPolicyTextBytes);
      if (!text.ok()) {
        exit_ = Worst(exit_, ComplainAbout(name, text.status()));
        return nullptr;
      }
      texts.emplace_back(name, *std::move(text));
    }
    if (!texts.empty()) {
      Result<Catalogue> own = Catalogue::WithFiles(texts);
      if (!own.ok()) {
        exit_ = Worst(exit_, ComplainAbout("catalogue", own.status()));
        return nullptr;
      }
      judge.own.emplace(std::move(own.value()));
    }
    return &judge;
  }

  void Report(const std::string& path, const std::string& before,
              const FixOutcome& outcome) {
    if (json_) {
      ReportJson(path, outcome);
      return;
    }
    const std::string_view after = outcome.file.source.text();
    if (diff_) {
      out_ += UnifiedDiff(path, before, after);
    } else if (path == "-") {
      out_ += after;
    }
    // Nothing can be mended before it can be read.
    if (!outcome.file.parsed) ComplainAbout(outcome.file);
    if (global_.quiet) return;
    for (const AppliedFix& fix : outcome.applied) {
      std::cerr << Printable(path) << ":" << fix.line << ": "
                << (dry_run_ ? "would fix" : "fixed") << " ["
                << InfoOf(fix.id).code << "]: " << Printable(fix.title) << "\n";
    }
    for (const RefusedFix& fix : outcome.refused) {
      std::cerr << Printable(path) << ":" << fix.line << ": not fixed ["
                << InfoOf(fix.id).code << "]: " << Printable(fix.title) << ": "
                << fix.reason << "\n";
      if (fix.witness) {
        std::cerr << "  = note: " << Printable(RequestText(*fix.witness))
                  << "\n";
      }
    }
    const size_t left = outcome.file.diagnostics.all().size();
    std::cerr << Printable(path) << ": "
              << Count(outcome.applied.size(), "fix", "fixes")
              << (dry_run_ ? " would be applied, " : " applied, ")
              << Count(left, "finding", "findings") << " left";
    if (outcome.requests > 0) {
      std::cerr << "; " << outcome.requests
                << " requests are decided as before";
    }
    std::cerr << "\n";
  }

  void ReportJson(const std::string& path, const FixOutcome& outcome) {
    const auto quoted = [](std::string_view text) {
      std::string json;
      AppendJsonString(text, &json);
      return json;
    };
    out_ += out_.empty() ? "\n" : ",\n";
    out_ += "{\"path\":" + quoted(path) +
            ",\"changed\":" + (outcome.changed() ? "true" : "false") +
            ",\"applied\":[";
    for (size_t i = 0; i < outcome.applied.size(); ++i) {
      const AppliedFix& fix = outcome.applied[i];
      out_ += std::string(i == 0 ? "" : ",") +
              "{\"rule\":" + quoted(InfoOf(fix.id).code) +
              ",\"line\":" + std::to_string(fix.line) +
              ",\"title\":" + quoted(fix.title) +
              ",\"automatic\":" + (fix.automatic ? "true" : "false") + "}";
    }
    out_ += "],\"refused\":[";
    for (size_t i = 0; i < outcome.refused.size(); ++i) {
      const RefusedFix& fix = outcome.refused[i];
      out_ += std::string(i == 0 ? "" : ",") +
              "{\"rule\":" + quoted(InfoOf(fix.id).code) +
              ",\"line\":" + std::to_string(fix.line) +
              ",\"title\":" + quoted(fix.title) +
              ",\"reason\":" + quoted(fix.reason);
      if (fix.witness) {
        out_ += ",\"witness\":" + quoted(RequestText(*fix.witness));
      }
      out_ += "}";
    }
    out_ += "],\"requests\":" + std::to_string(outcome.requests) +
            ",\"findings_left\":" +
            std::to_string(outcome.file.diagnostics.all().size()) + "}";
  }

  const FixOptions& options_;
  const std::optional<ast::PolicyKind> kind_;
  const bool dry_run_;
  const bool diff_;
  const bool json_;
  const GlobalFlags& global_;
  std::map<std::string, Judge> judges_;  // by the configuration's path
  std::string out_;
  ExitCode exit_ = ExitCode::kOk;
};

}  // namespace

ExitCode RunFix(Args args) {
  std::string kind, format;
  std::vector<std::string> paths;
  FixOptions options;
  bool dry_run = false;
  bool diff = false;
  Flags flags("fix", "PATH...",
              "Applies the fixes that findings offer. A fix that claims to "
              "keep the meaning is\napplied only when the policy decides alike "
              "before and after, on generated requests\nthat reach every part "
              "of it. - reads standard input and prints the result.");
  flags.Choice("--kind", "judge every policy as this kind",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Bool("--dry-run", "say what would be fixed, write nothing", &dry_run);
  flags.Bool("--diff", "print the changes, write nothing", &diff);
  flags.Strings("--rule", "RULE", "only fixes of this rule", &options.rules);
  flags.Bool("--unsafe", "also fixes that change what a policy means",
             &options.with_proposed);
  flags.Format({"pretty", "json"}, &format);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  for (const std::string& rule : options.rules) {
    if (FindRule(rule) != nullptr) continue;
    return ComplainAbout("--rule",
                         InvalidArgument("there is no rule `" + rule + "`"));
  }
  return FixRun(options, KindNamed(kind), dry_run, diff, format == "json",
                flags.global())
      .Run(paths);
}

}  // namespace writ
