// SPDX-License-Identifier: Apache-2.0
#include "cases/suite.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "cases/case_decision.h"
#include "compiler/compile.h"
#include "grammar/members.h"

namespace writ {
namespace {

constexpr std::string_view kJsonTests = ".test.json";

bool HoldsTests(std::string_view name) {
  return name.ends_with(".writ") || name.ends_with(kJsonTests);
}

// A path that the test file at `from` names.
std::string Beside(const std::string& from, const std::string& path) {
  if (path.starts_with('/')) return path;
  return (std::filesystem::path(from).parent_path() / path)
      .lexically_normal()
      .string();
}

// Turns names into positions.
class NameLookup {
 public:
  explicit NameLookup(TestSuite* suite) : suite_(*suite) {}

  void Run() {
    for (PolicyTest& test : suite_.tests) {
      for (PolicyTestCheck& check : test.checks) Resolve(&check);
    }
  }

 private:
  // One finding for each place, however many cells of a matrix share it.
  void Report(Span span, const std::string& pointer,
              std::initializer_list<std::string_view> parts) {
    if (!reported_.insert(span.begin).second) return;
    suite_.diagnostics.Add(
        Diagnose(DiagnosticId::kTestUnknownName, span, pointer, parts));
  }

  std::optional<size_t> Find(std::string_view name, Span span,
                             const std::string& pointer) {
    std::vector<std::string_view> known;
    for (size_t i = 0; i < suite_.policies.size(); ++i) {
      known.push_back(suite_.policies[i].tree().name);
      if (known.back() == name) return i;
    }
    const std::string_view nearest = NearestName(name, known);
    Report(span, pointer,
           {"policy of these files", Excerpt(name),
            nearest.empty() ? "name the policy, not its file"
                            : "did you mean `" + Excerpt(nearest) + "`?"});
    return std::nullopt;
  }

  void Attach(const NamedPolicy& named, PolicyTestCheck* check) {
    const auto policy = Find(named.name.text, named.name.span, check->pointer);
    if (!policy) return;
    const auto same = [&](const InForce& one) { return one.policy == *policy; };
    if (std::ranges::any_of(check->in_force, same)) return;
    CasePolicy meaning = suite_.policies[*policy].meaning;
    if (named.level) {
      meaning.level = *named.level;
      meaning.depth = named.depth;
    }
    if (!named.account.empty()) meaning.account = named.account;
    if (named.resource_group_scope) {
      meaning.resource_group_scope = true;
      meaning.group = named.group;
    }
    check->in_force.push_back({*policy, std::move(meaning)});
  }

  void Resolve(PolicyTestCheck* check) {
    if (check->only) {
      for (const NamedPolicy& named : *check->only) Attach(named, check);
    } else {
      if (check->attached) {
        for (const NamedPolicy& named : *check->attached) Attach(named, check);
      }
      for (size_t i = 0; i < suite_.policies.size(); ++i) {
        if (!suite_.policies[i].by_default) continue;
        const CasePolicy& meaning = suite_.policies[i].meaning;
        const bool by_default =
            meaning.kind == ast::PolicyKind::kResource ||
            meaning.kind == ast::PolicyKind::kTrust ||
            (meaning.kind == ast::PolicyKind::kIdentity && !check->attached);
        if (by_default) check->in_force.push_back({i, meaning});
      }
    }
    for (Because& because : check->because) ResolveBecause(*check, &because);
  }

  void ResolveBecause(const PolicyTestCheck& check, Because* because) {
    const std::string& text = because->text.text;
    const Span span = because->text.span;
    const size_t split = text.find_last_of("#.");
    if (split == std::string::npos) {
      Report(span, check.pointer,
             {"statement", Excerpt(text),
              "a statement is `policy.label`, or `policy.0` for the first"});
      return;
    }
    const auto policy = Find(text.substr(0, split), span, check.pointer);
    if (!policy) return;
    const std::string label = text.substr(split + 1);
    const auto& statements = suite_.policies[*policy].tree().statements;
    const bool is_number =
        !label.empty() && label.size() < 9 &&
        label.find_first_not_of("0123456789") == std::string::npos;
    std::vector<std::string_view> known;
    for (uint32_t i = 0; i < statements.size(); ++i) {
      const ast::Statement& statement = statements[i];
      for (const auto& name : {statement.label, statement.sid}) {
        if (!name) continue;
        if (name->text == label) {
          because->ref = {static_cast<uint32_t>(*policy), i};
          return;
        }
      }
      if (is_number && label == std::to_string(i)) {
        because->ref = {static_cast<uint32_t>(*policy), i};
        return;
      }
      if (statement.label) known.push_back(statement.label->text);
      if (statement.sid) known.push_back(statement.sid->text);
    }
    const std::string_view nearest = NearestName(label, known);
    Report(span, check.pointer,
           {"statement of `" + Excerpt(text.substr(0, split)) + "`",
            Excerpt(label),
            nearest.empty()
                ? "the policy has " + std::to_string(statements.size()) +
                      " statements, counted from 0"
                : "did you mean `" + Excerpt(nearest) + "`?"});
  }

  TestSuite& suite_;
  std::set<uint32_t> reported_;
};

// Reads and judges the files that a *.test.json names.
void LoadPolicies(const std::vector<ast::Text>& paths, TestSuite* suite) {
  std::set<std::string> loaded;
  for (const ast::Text& path : paths) {
    const auto complain = [&](const Status& status) {
      suite->diagnostics.Add(
          Diagnose(DiagnosticId::kTestPolicyFile, path.span, "",
                   {Excerpt(path.text), Excerpt(status.message())}));
    };
    const auto files = ExpandPaths({Beside(suite->path, path.text)});
    if (!files.ok()) {
      complain(files.status());
      continue;
    }
    for (const std::string& name : *files) {
      if (!loaded.insert(name).second) continue;
      // The test file names it, not the user: only a regular file will do.
      Result<std::string> text = ReadRegularFile(name, kMaxPolicyTextBytes);
      if (!text.ok()) {
        complain(text.status());
        continue;
      }
      suite->files.push_back(std::make_unique<PolicyFile>(
          ParsePolicyText(name, *std::move(text))));
      CheckFile(std::nullopt, suite->files.back().get());
    }
  }
}

// Reads the file and what it names; false when something of it is wrong.
Result<bool> ReadParts(const std::string& now, TestSuite* suite) {
  PolicyTestFile tests;
  if (suite->is_json) {
    WRIT_ASSIGN_OR_RETURN(std::string text,
                          ReadFile(suite->path, kMaxPolicyTextBytes));
    suite->source = SourceText(suite->path, std::move(text));
    tests = ReadTestJson(suite->source, now, &suite->diagnostics);
    LoadPolicies(tests.policy_paths, suite);
  } else {
    WRIT_ASSIGN_OR_RETURN(PolicyFile file, ReadPolicyFile(suite->path));
    suite->files.push_back(std::make_unique<PolicyFile>(std::move(file)));
    PolicyFile& own = *suite->files.back();
    CheckFile(std::nullopt, &own);
    suite->source = own.source;
    tests = LowerTests(own.content.tests, now, &suite->diagnostics);
  }
  suite->tests = std::move(tests.tests);
  return !suite->diagnostics.has_errors() &&
         std::ranges::none_of(suite->files, [](const auto& file) {
           return !file->parsed || file->diagnostics.has_errors();
         });
}

}  // namespace

Result<std::vector<std::string>> ExpandTestPaths(
    const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    WRIT_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                          FilesBelow(path, HoldsTests));
    files.insert(files.end(), found.begin(), found.end());
  }
  // A file that was named twice is still one file.
  std::set<std::string> seen;
  std::erase_if(files, [&](const std::string& file) {
    return !seen.insert(std::filesystem::path(file).lexically_normal().string())
                .second;
  });
  return files;
}

Result<TestSuite> LoadTestSuite(const std::string& path,
                                const std::string& now) {
  TestSuite suite;
  suite.path = path;
  suite.is_json = path.ends_with(".json");
  WRIT_ASSIGN_OR_RETURN(const bool sound, ReadParts(now, &suite));
  if (!sound) return suite;
  for (const auto& file : suite.files) {
    for (size_t i = 0; i < file->content.policies.size(); ++i) {
      SuitePolicy& policy = suite.policies.emplace_back();
      policy.file = file.get();
      policy.index = i;
      policy.meaning = MeaningOf(policy.tree(), file->kinds[i]);
      policy.by_default = i < PoliciesInForce(file->content);
    }
  }
  NameLookup(&suite).Run();
  if (suite.diagnostics.has_errors()) return suite;
  std::vector<PolicyInput> inputs;
  inputs.reserve(suite.policies.size());
  for (const SuitePolicy& policy : suite.policies) {
    inputs.push_back({&policy.tree(), policy.meaning.kind});
  }
  WRIT_ASSIGN_OR_RETURN(std::string image, CompileProgram(inputs));
  WRIT_ASSIGN_OR_RETURN(suite.program, Program::Load(std::move(image)));
  return suite;
}

size_t PoliciesInForce(const WritFile& file) {
  return file.own_policies > 0 ? file.own_policies : file.policies.size();
}

bool IsTested(const TestSuite& suite, size_t policy) {
  if (suite.policies[policy].by_default) return true;
  return std::ranges::any_of(suite.tests, [&](const PolicyTest& test) {
    return std::ranges::any_of(test.checks, [&](const PolicyTestCheck& check) {
      return std::ranges::any_of(check.in_force, [&](const InForce& one) {
        return one.policy == policy;
      });
    });
  });
}

std::vector<Attachment> AttachmentsOf(const TestSuite& suite,
                                      const PolicyTestCheck& check,
                                      size_t policy, const Program* replaced) {
  std::vector<Attachment> attachments;
  attachments.reserve(check.in_force.size());
  for (const InForce& one : check.in_force) {
    const bool is_replaced = replaced != nullptr && one.policy == policy;
    attachments.push_back(
        {.program = is_replaced ? replaced : suite.program.get(),
         .unit = is_replaced ? 0 : static_cast<uint32_t>(one.policy),
         .kind = AttachmentKindOf(one.meaning.kind),
         .resource_group_scope = one.meaning.resource_group_scope,
         .group = one.meaning.group,
         .level = one.meaning.level,
         .depth = one.meaning.depth,
         .account = one.meaning.account});
  }
  return attachments;
}

}  // namespace writ
