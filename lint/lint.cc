// SPDX-License-Identifier: Apache-2.0
#include "lint/lint.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "lint/suppress.h"

namespace writ {
namespace {

bool Holds(Span outer, Span inner) {
  return outer.begin <= inner.begin && inner.begin < outer.end;
}

// For each of the file's own policies, whether no error is about it. An error
// that stands in no policy (in a set, in an import) counts against all.
std::vector<bool> ValidPolicies(const PolicyFile& file) {
  std::vector<bool> valid(file.content.own_policies, true);
  if (!file.diagnostics.has_errors()) return valid;
  for (const Diagnostic& finding : file.diagnostics.all()) {
    if (InfoOf(finding.id).level != Level::kError) continue;
    size_t owner = 0;
    while (owner < valid.size() &&
           !Holds(file.content.policies[owner].span, finding.span)) {
      ++owner;
    }
    if (owner == valid.size()) return std::vector<bool>(valid.size(), false);
    valid[owner] = false;
  }
  if (file.diagnostics.dropped() > 0) valid.assign(valid.size(), false);
  return valid;
}

void LintFile(const PolicyFile& file, const Catalogue& catalogue,
              const LintConfig& config, Diagnostics* found) {
  if (!file.parsed) return;
  const bool names_only = config.names_only;
  const std::vector<bool> valid = ValidPolicies(file);
  for (size_t i = 0; i < valid.size(); ++i) {
    if (!valid[i]) continue;
    const LintSubject subject{file, file.content.policies[i], file.kinds[i],
                              catalogue, config.options};
    LintNames(subject, found);
    if (names_only) continue;
    LintIneffective(subject, found);
    LintRedundant(subject, found);
    LintPermissive(subject, found);
    LintEscalation(subject, found);
    LintTrust(subject, found);
  }
  if (!names_only) LintStyle(file, catalogue, config.options, found);
}

// What other files of the run import may use all that a file defines.
void ForgetUnusedOfImported(std::span<const PolicyFile> files,
                            std::span<Diagnostics> found) {
  const auto normal = [](const std::string& path) {
    return std::filesystem::path(path).lexically_normal();
  };
  std::set<std::filesystem::path> imported;
  for (const PolicyFile& file : files) {
    for (const std::string& path : file.content.imports) {
      imported.insert(normal(path));
    }
  }
  for (size_t i = 0; i < files.size() && !imported.empty(); ++i) {
    if (!imported.contains(normal(files[i].source.name()))) continue;
    found[i].Refine([](Diagnostic* finding) {
      return finding->id != DiagnosticId::kUnusedDefinition;
    });
  }
}

}  // namespace

LintConfig::Setting LintConfig::Of(const RuleInfo& rule) const {
  Setting setting{rule.state == RuleState::kOn, rule.level};
  if (rule.state == RuleState::kWaits || rule.state == RuleState::kRetired) {
    return setting;
  }
  const auto chosen = rules.find(rule.code);
  return chosen == rules.end() ? setting : chosen->second;
}

void Lint(std::span<PolicyFile> files, const Catalogue& catalogue,
          const LintConfig& config, Diagnostics* about_config) {
  std::vector<Diagnostics> found(files.size(), Diagnostics(kMaxLintFindings));
  for (size_t i = 0; i < files.size(); ++i) {
    LintFile(files[i], catalogue, config, &found[i]);
  }
  if (!config.names_only) {
    LintSet(files, catalogue, found);
    ForgetUnusedOfImported(files, found);
  }
  Suppressions suppressions(config, about_config);
  for (size_t i = 0; i < files.size(); ++i) {
    PolicyFile& file = files[i];
    const auto keep = [&](Diagnostic* finding) {
      const RuleInfo& rule = InfoOf(InfoOf(finding->id).rule_id);
      const LintConfig::Setting setting = config.Of(rule);
      // A finding may be graver than its rule; configuration has the last word.
      if (setting.level != rule.level) finding->level = setting.level;
      return setting.on && !suppressions.Cover(*finding);
    };
    suppressions.Enter(file);
    file.diagnostics.Refine(keep);
    found[i].Refine(keep);
    suppressions.Leave(&found[i]);
    for (const Diagnostic& finding : found[i].all()) {
      file.diagnostics.Add(finding);
    }
  }
  suppressions.Finish();
}

}  // namespace writ
