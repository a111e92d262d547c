// SPDX-License-Identifier: Apache-2.0
#include "cli/lint_files.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "catalogue/catalogue.h"
#include "cli/output.h"
#include "lint/config.h"
#include "lint/lint.h"

namespace writ {
namespace {

// Files under one configuration.
struct Group {
  LintConfig config;
  std::vector<PolicyFile> files;
};

int64_t NowSeconds(const GlobalFlags& global) {
  if (global.now_seconds) return *global.now_seconds;
  return std::chrono::duration_cast<std::chrono::seconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

class LintRun {
 public:
  LintRun(const LintRequest& request, const GlobalFlags& global)
      : request_(request), global_(global), now_seconds_(NowSeconds(global)) {}

  LintOutcome Run() {
    Result<std::vector<std::string>> paths = ExpandPaths(request_.paths);
    if (!paths.ok()) {
      Fail(ComplainAbout(std::string(request_.command), paths.status()));
      return std::move(outcome_);
    }
    for (const std::string& path : *paths) {
      Group* group = GroupOf(path);
      if (group == nullptr) return std::move(outcome_);
      Result<PolicyFile> file = ReadPolicyFile(path);
      if (!file.ok()) {
        Fail(ComplainAbout(path, file.status()));
        continue;
      }
      CheckFile(request_.kind, &*file);
      group->files.push_back(*std::move(file));
    }
    for (auto& [path, group] : groups_) {
      if (!Judge(&group)) return std::move(outcome_);
    }
    for (PolicyFile& file : about_configs_) Take(std::move(file), {});
    return std::move(outcome_);
  }

 private:
  void Fail(ExitCode exit) { outcome_.exit = Worst(outcome_.exit, exit); }

  void Take(PolicyFile file, std::optional<Level> level) {
    outcome_.files.push_back(std::move(file));
    outcome_.fail_levels.push_back(level);
  }

  // The group of the configuration that holds for `path`, or null after a
  // complaint.
  Group* GroupOf(const std::string& path) {
    std::string folder = path.substr(0, path.rfind('/') + 1);  // npos + 1 is 0
    const auto known = config_of_folder_.find(folder);
    std::string config_path;
    if (known != config_of_folder_.end()) {
      config_path = known->second;
    } else {
      config_path = global_.config.empty() ? FindLintConfig(path).value_or("")
                                           : global_.config;
      config_of_folder_[std::move(folder)] = config_path;
    }
    const auto [group, is_new] = groups_.try_emplace(config_path);
    if (is_new && !Configure(config_path, &group->second.config)) {
      return nullptr;
    }
    return &group->second;
  }

  bool Configure(const std::string& path, LintConfig* config) {
    if (!path.empty()) {
      Result<LintConfig> read = ReadLintConfig(path);
      if (!read.ok()) {
        std::cerr << "writ: " << Printable(path) << ": cannot be used\n";
        Fail(Complain(read.status()));
        return false;
      }
      *config = *std::move(read);
    }
    config->options.now_seconds = now_seconds_;
    config->names_only = request_.names_only;
    for (const auto& [names, on] : {std::pair(&request_.disable, false),
                                    std::pair(&request_.enable, true)}) {
      for (const std::string& name : *names) {
        if (Status status = SwitchRules(name, on, config); !status.ok()) {
          Fail(ComplainAbout(std::string(request_.command), status));
          return false;
        }
      }
    }
    return true;
  }

  // Each line of the message names its place.
  static ExitCode Complain(const Status& status) {
    std::string_view lines = status.message();
    while (!lines.empty()) {
      const size_t end = std::min(lines.find('\n'), lines.size());
      std::cerr << Printable(lines.substr(0, end)) << "\n";
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return status.code() == StatusCode::kInternal ? ExitCode::kInternal
                                                  : ExitCode::kUsage;
  }

  bool Judge(Group* group) {
    std::vector<std::string> paths = group->config.catalogue_files;
    paths.insert(paths.end(), request_.catalogue_files.begin(),
                 request_.catalogue_files.end());
    std::optional<Catalogue> own;
    if (!paths.empty()) {
      std::vector<SourceText> texts;
      for (const std::string& path : paths) {
        Result<std::string> text = ReadFile(path, kMaxPolicyTextBytes);
        if (!text.ok()) {
          Fail(ComplainAbout(path, text.status()));
          return false;
        }
        texts.emplace_back(path, *std::move(text));
      }
      Result<Catalogue> read = Catalogue::WithFiles(texts);
      if (!read.ok()) {
        Fail(ComplainAbout("catalogue", read.status()));
        return false;
      }
      own.emplace(std::move(read.value()));
    }
    Diagnostics about_config;
    Lint(group->files, own ? *own : Catalogue::BuiltIn(), group->config,
         &about_config);
    for (PolicyFile& file : group->files) {
      Take(std::move(file), group->config.fail_level);
    }
    if (!about_config.all().empty()) {
      PolicyFile about{*group->config.source,  false, false, {}, {}, {},
                       std::move(about_config)};
      about_configs_.push_back(std::move(about));
    }
    return true;
  }

  const LintRequest& request_;
  const GlobalFlags& global_;
  const int64_t now_seconds_;
  std::map<std::string, std::string> config_of_folder_;
  std::map<std::string, Group> groups_;  // by the configuration's path
  std::vector<PolicyFile> about_configs_;
  LintOutcome outcome_;
};

}  // namespace

LintOutcome LintFiles(const LintRequest& request, const GlobalFlags& global) {
  return LintRun(request, global).Run();
}

ExitCode JudgeLevels(const LintOutcome& outcome, std::optional<Level> asked,
                     Level fallback) {
  for (size_t i = 0; i < outcome.files.size(); ++i) {
    const Diagnostics& found = outcome.files[i].diagnostics;
    if (found.has_errors()) return ExitCode::kFindings;
    const Level level =
        asked.value_or(outcome.fail_levels[i].value_or(fallback));
    for (const Diagnostic& finding : found.all()) {
      if (finding.level <= level) return ExitCode::kFindings;
    }
  }
  return ExitCode::kOk;
}

void SayGuesses(const LintOutcome& outcome) {
  for (const PolicyFile& file : outcome.files) {
    for (size_t i = 0; i < file.content.own_policies; ++i) {
      if (i >= file.kinds.size() || !file.kind_was_guessed[i]) continue;
      std::cerr << Printable(file.source.name())
                << ": read as a policy of kind " << KindName(file.kinds[i])
                << " (--kind says otherwise)\n";
    }
  }
}

}  // namespace writ
