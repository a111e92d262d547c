// SPDX-License-Identifier: Apache-2.0
#include "lint/fix.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "compiler/compile.h"
#include "grammar/print.h"
#include "lint/edit.h"

namespace writ {
namespace {

// What a try came to.
struct Trial {
  std::optional<PolicyFile> file;  // set: it may be applied
  uint64_t requests = 0;
  std::string reason;
  std::optional<SampleRequest> witness;
};

bool Compiles(const ast::Policy& policy, ast::PolicyKind kind) {
  const PolicyInput inputs[] = {{&policy, kind}};
  return CompileProgram(inputs).ok();
}

bool SameStatements(const ast::Policy& a, const ast::Policy& b) {
  ast::Policy before;
  ast::Policy after;
  before.statements = a.statements;
  after.statements = b.statements;
  return PrintJson(before, JsonLayout::kMinified) ==
         PrintJson(after, JsonLayout::kMinified);
}

bool SamePolicy(const ast::Policy& a, const ast::Policy& b) {
  return PrintJson(a, JsonLayout::kMinified) ==
         PrintJson(b, JsonLayout::kMinified);
}

class Fixer {
 public:
  Fixer(PolicyFile file, const FixOptions& options,
        const std::function<PolicyFile(std::string)>& judge)
      : options_(options), judge_(judge) {
    outcome_.file = std::move(file);
  }

  FixOutcome Run() {
    for (uint32_t round = 0; round < kMaxFixRounds; ++round) {
      // What keeps the meaning first: it is proved against what the author
      // wrote.
      if (!Round(true) && !(options_.with_proposed && Round(false))) break;
    }
    return std::move(outcome_);
  }

 private:
  bool IsWanted(const Diagnostic& finding) const {
    const RuleInfo& rule = InfoOf(InfoOf(finding.id).rule_id);
    return options_.rules.empty() ||
           std::any_of(options_.rules.begin(), options_.rules.end(),
                       [&](const std::string& name) {
                         return FindRule(name) == &rule;
                       });
  }

  // A finding keeps this name while other places of the text change.
  std::string NameOf(const Diagnostic& finding) const {
    return std::string(InfoOf(finding.id).code) + "\n" + finding.message +
           "\n" + finding.fix->title + "\n" +
           std::string(outcome_.file.source.TextOf(finding.span));
  }

  // The fixes of this sort that can be applied at once: their edits stand
  // apart. The others wait for the next round.
  std::vector<const Diagnostic*> Choose(bool automatic) const {
    std::vector<const Diagnostic*> chosen;
    std::vector<Span> taken;
    for (const Diagnostic& finding : outcome_.file.diagnostics.all()) {
      if (!finding.fix || finding.fix->edits.empty() ||
          finding.fix->automatic != automatic || !IsWanted(finding) ||
          refused_.contains(NameOf(finding))) {
        continue;
      }
      const auto apart = [&](const TextEdit& edit) {
        return std::all_of(taken.begin(), taken.end(), [&](Span other) {
          return edit.span.end < other.begin || other.end < edit.span.begin;
        });
      };
      if (!std::all_of(finding.fix->edits.begin(), finding.fix->edits.end(),
                       apart)) {
        continue;
      }
      for (const TextEdit& edit : finding.fix->edits) {
        taken.push_back(edit.span);
      }
      chosen.push_back(&finding);
    }
    return chosen;
  }

  // Applies as many fixes as can be proved together; true when the file
  // changed.
  bool Round(bool automatic) {
    std::vector<const Diagnostic*> chosen = Choose(automatic);
    while (!chosen.empty()) {
      size_t count = chosen.size();
      while (true) {
        Trial trial = Try({chosen.begin(), count}, automatic);
        if (trial.file) {
          Accept({chosen.begin(), count}, automatic, &trial);
          return true;
        }
        if (count == 1) {
          Refuse(*chosen[0], &trial);
          chosen.erase(chosen.begin());
          break;
        }
        count /= 2;
      }
    }
    return false;
  }

  Trial Try(std::span<const Diagnostic* const> findings, bool automatic) const {
    Trial trial;
    std::vector<TextEdit> edits;
    for (const Diagnostic* finding : findings) {
      edits.insert(edits.end(), finding->fix->edits.begin(),
                   finding->fix->edits.end());
    }
    const std::string_view text = outcome_.file.source.text();
    std::optional<std::string> fixed = ApplyEdits(text, edits);
    if (!fixed || *fixed == text) {
      trial.reason = "it would not change the text";
      return trial;
    }
    PolicyFile after = judge_(*std::move(fixed));
    if (Prove(after, automatic, &trial)) trial.file = std::move(after);
    return trial;
  }

  bool Prove(const PolicyFile& after, bool automatic, Trial* trial) const {
    const PolicyFile& before = outcome_.file;
    if (!after.parsed || (after.diagnostics.tree_is_broken() &&
                          !before.diagnostics.tree_is_broken())) {
      trial->reason = "the text would no longer read as a policy";
      return false;
    }
    const bool was_invalid = before.diagnostics.has_errors() || !before.parsed;
    if (after.diagnostics.has_errors() &&
        (!was_invalid ||
         after.diagnostics.error_count() > before.diagnostics.error_count())) {
      trial->reason = "the policy would become invalid";
      return false;
    }
    if (!automatic || !before.parsed) return true;
    if (before.content.policies.size() != after.content.policies.size() ||
        before.kinds != after.kinds ||
        before.content.tests.size() != after.content.tests.size()) {
      trial->reason = "the file would hold other policies or tests";
      return false;
    }
    for (size_t i = 0; i < before.content.policies.size(); ++i) {
      if (!Agree(before.content.policies[i], after.content.policies[i],
                 before.kinds[i], trial)) {
        return false;
      }
    }
    return true;
  }

  static bool Agree(const ast::Policy& before, const ast::Policy& after,
                    ast::PolicyKind kind, Trial* trial) {
    if (SamePolicy(before, after)) return true;
    if (!Compiles(before, kind)) {
      if (before.statements.empty() || SameStatements(before, after)) {
        return true;
      }
      trial->reason =
          "the policy is invalid, so nothing proves that it means "
          "the same";
      return false;
    }
    Result<Agreement> agreement = CompareDecisions(before, after, kind);
    if (!agreement.ok()) {
      trial->reason = std::string(agreement.status().message());
      return false;
    }
    trial->requests += agreement->requests;
    if (agreement->same) return true;
    trial->reason = "a request would be decided otherwise";
    trial->witness = std::move(agreement->witness);
    return false;
  }

  uint32_t LineOf(const Diagnostic& finding) const {
    return outcome_.file.source.Locate(finding.span.begin).line;
  }

  void Accept(std::span<const Diagnostic* const> findings, bool automatic,
              Trial* trial) {
    for (const Diagnostic* finding : findings) {
      outcome_.applied.push_back(
          {finding->id, LineOf(*finding), finding->fix->title, automatic});
    }
    outcome_.requests += trial->requests;
    outcome_.file = *std::move(trial->file);
  }

  void Refuse(const Diagnostic& finding, Trial* trial) {
    refused_.insert(NameOf(finding));
    outcome_.refused.push_back({finding.id, LineOf(finding), finding.fix->title,
                                std::move(trial->reason),
                                std::move(trial->witness)});
  }

  const FixOptions& options_;
  const std::function<PolicyFile(std::string)>& judge_;
  FixOutcome outcome_{
      PolicyFile{SourceText("", ""), false, false, {}, {}, {}, {}}, {}, {}, 0};
  std::set<std::string> refused_;
};

}  // namespace

FixOutcome FixFile(PolicyFile file, const FixOptions& options,
                   const std::function<PolicyFile(std::string text)>& judge) {
  return Fixer(std::move(file), options, judge).Run();
}

}  // namespace writ
