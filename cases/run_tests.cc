// SPDX-License-Identifier: Apache-2.0
#include "cases/run_tests.h"

#include <algorithm>
#include <set>
#include <utility>

#include "authz/match_glob.h"
#include "cases/explain.h"

namespace writ {
namespace {

bool Matches(const std::string& glob, std::string_view text) {
  return glob.empty() || MatchGlob(glob, text);
}

// `text` as one word of a POSIX shell.
std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_-./:=,@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

// Why the request was not decided as expected: lines for the finding.
void AddReasons(const TestSuite& suite, const CheckResult& result,
                Diagnostic* finding) {
  const CaseOutcome& outcome = result.outcome;
  const auto note = [&](std::string text) {
    finding->notes.push_back({DiagnosticNote::Kind::kNote, std::move(text)});
  };
  if (outcome.error) {
    note("the request: " + Excerpt(outcome.error->message));
    return;
  }
  for (const Because& because : result.check->because) {
    if (std::ranges::find(outcome.statements, because.ref) ==
        outcome.statements.end()) {
      note("`" + Excerpt(because.text.text) + "` is not among what decided");
    }
  }
  if (!outcome.statements.empty()) {
    std::string text = "decided by ";
    for (size_t i = 0; i < outcome.statements.size(); ++i) {
      text += (i == 0 ? "`" : ", `") +
              Excerpt(StatementName(suite, outcome.statements[i])) + "`";
    }
    note(text + ", layer " + std::string(LayerName(outcome.decision.layer)));
    return;
  }
  note("layer " + std::string(LayerName(outcome.decision.layer)) + ", reason " +
       std::string(ReasonName(outcome.decision.reason)));
  if (result.check->in_force.empty()) {
    note(
        "no policy is in force: control and session policies take part only "
        "when the test names them");
    return;
  }
  std::vector<CasePolicy> policies;
  std::vector<const ast::Policy*> trees;
  for (const InForce& one : result.check->in_force) {
    policies.push_back(one.meaning);
    trees.push_back(&suite.policies[one.policy].tree());
  }
  const RequestView view(result.check->request);
  const auto trace =
      TraceDecision(view.request(), policies, trees,
                    AttachmentsOf(suite, *result.check), {.find_flip = false});
  if (!trace.ok() || !trace->nearest) return;
  const NearestAllow& nearest = *trace->nearest;
  const StatementRef ref = {
      static_cast<uint32_t>(result.check->in_force[nearest.ref.policy].policy),
      nearest.ref.statement};
  note("nearest is `" + Excerpt(StatementName(suite, ref)) + "`, which asks `" +
       Excerpt(nearest.clause.text) + "`; " + Excerpt(nearest.clause.actual));
}

}  // namespace

void ForEachInTurn(size_t count, const std::function<void(size_t)>& work) {
  for (size_t i = 0; i < count; ++i) work(i);
}

Result<TestFilter> TestFilter::Parse(std::string_view text) {
  TestFilter filter;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    std::string* field = nullptr;
    if (name == "policy") field = &filter.policy;
    if (name == "test") field = &filter.test;
    if (name == "principal") field = &filter.principal;
    if (field == nullptr || equals == std::string_view::npos ||
        equals + 1 == part.size()) {
      return InvalidArgument(
          "a filter is `policy=GLOB;test=GLOB;principal=GLOB`, each of them "
          "optional");
    }
    *field = part.substr(equals + 1);
  }
  return filter;
}

bool TestFilter::Takes(const TestSuite& suite, const PolicyTest& one,
                       const PolicyTestCheck& check) const {
  return Matches(test, one.name) &&
         (Matches(principal, check.request.principal) ||
          Matches(principal, check.principal_name)) &&
         (policy.empty() ||
          std::ranges::any_of(check.in_force, [&](const InForce& in_force) {
            return Matches(policy, suite.policies[in_force.policy].tree().name);
          }));
}

CaseOutcome DecideCheck(const TestSuite& suite, const PolicyTestCheck& check,
                        size_t policy, const Program* replaced) {
  CompiledCase compiled;
  compiled.attachments = AttachmentsOf(suite, check, policy, replaced);
  const RequestView view(check.request);
  CaseOutcome outcome = DecideCompiled(view.request(), compiled);
  for (StatementRef& ref : outcome.statements) {
    ref.policy = static_cast<uint32_t>(check.in_force[ref.policy].policy);
  }
  std::ranges::sort(outcome.statements);
  return outcome;
}

bool MeetsExpectation(const PolicyTestCheck& check,
                      const CaseOutcome& outcome) {
  if (outcome.error) return false;
  if (outcome.decision.allowed() != check.allow) return false;
  if (check.explicit_deny &&
      *check.explicit_deny !=
          (outcome.decision.verdict == Verdict::kExplicitDeny)) {
    return false;
  }
  return std::ranges::all_of(check.because, [&](const Because& because) {
    return std::ranges::find(outcome.statements, because.ref) !=
           outcome.statements.end();
  });
}

SuiteResult RunSuite(const TestSuite& suite, const TestFilter& filter,
                     const ForEach& for_each, bool fail_fast) {
  SuiteResult result;
  result.suite = &suite;
  for (const PolicyTest& test : suite.tests) {
    for (const PolicyTestCheck& check : test.checks) {
      if (!filter.Takes(suite, test, check)) continue;
      CheckResult& one = result.checks.emplace_back();
      one.test = &test;
      one.check = &check;
    }
  }
  for_each(result.checks.size(), [&](size_t i) {
    CheckResult& one = result.checks[i];
    one.outcome = DecideCheck(suite, *one.check);
    one.passed = MeetsExpectation(*one.check, one.outcome);
  });
  for (size_t i = 0; i < result.checks.size(); ++i) {
    if (result.checks[i].passed) continue;
    ++result.failed;
    if (fail_fast) {
      result.checks.resize(i + 1);
      break;
    }
  }
  return result;
}

std::string StatementName(const TestSuite& suite, StatementRef ref) {
  const ast::Policy& policy = suite.policies[ref.policy].tree();
  const ast::Statement& statement = policy.statements[ref.statement];
  if (statement.label) return policy.name + "." + statement.label->text;
  if (statement.sid) return policy.name + "." + statement.sid->text;
  return policy.name + "." + std::to_string(ref.statement);
}

std::string ExpectedText(const PolicyTestCheck& check) {
  if (check.allow) return "allow";
  if (!check.explicit_deny) return "deny";
  return *check.explicit_deny ? "deny(explicit)" : "deny(implicit)";
}

std::string DecidedText(const CaseOutcome& outcome) {
  if (outcome.error) return "no decision";
  switch (outcome.decision.verdict) {
    case Verdict::kAllow:
      return "allow";
    case Verdict::kExplicitDeny:
      return "deny(explicit)";
    case Verdict::kImplicitDeny:
      return "deny(implicit)";
  }
  return "no decision";
}

std::string QuestionText(const PolicyTestCheck& check) {
  std::string text = check.request.action + " on ";
  for (size_t i = 0; i < check.request.resources.size(); ++i) {
    text += (i == 0 ? "" : ", ") + check.request.resources[i];
  }
  return text;
}

std::string ReproduceCommand(const TestSuite& suite,
                             const PolicyTestCheck& check) {
  std::string command = "writ eval --format pretty --explain";
  std::set<const PolicyFile*> files;
  for (const InForce& one : check.in_force) {
    const PolicyFile* file = suite.policies[one.policy].file;
    if (files.insert(file).second) {
      command += " -p " + ShellWord(file->source.name());
    }
  }
  for (const InForce& one : check.in_force) {
    command += " --only " + ShellWord(suite.policies[one.policy].tree().name);
  }
  const CaseRequest& request = check.request;
  const auto add = [&](std::string_view flag, const std::string& value) {
    if (value.empty()) return;
    command += " " + std::string(flag) + " " + ShellWord(value);
  };
  add("--principal", request.principal);
  add("--principal-id", request.principal_id);
  switch (request.declared) {
    case RequestPrincipal::Declared::kByName:
      break;
    case RequestPrincipal::Declared::kService:
      add("--principal-type", "Service");
      break;
    case RequestPrincipal::Declared::kServiceLinkedRole:
      add("--principal-type", "ServiceLinkedRole");
      break;
  }
  add("--account", request.account);
  add("--action", request.action);
  for (const std::string& resource : request.resources) {
    add("--resource", resource);
  }
  add("--resource-group", request.resource_group);
  for (const CaseContextEntry& entry : request.context) {
    for (const std::string& value : entry.values) {
      add("--context", entry.key + "=" + value);
    }
  }
  return command;
}

Diagnostic FailureOf(const TestSuite& suite, const CheckResult& result) {
  const PolicyTestCheck& check = *result.check;
  const std::string decided = DecidedText(result.outcome);
  const std::string expected = ExpectedText(check);
  std::string message = "test `" + Excerpt(result.test->name) + "`: ";
  if (result.outcome.error) {
    message += "the request is wrong";
  } else if (result.outcome.decision.allowed() == check.allow &&
             (!check.explicit_deny || decided == expected)) {
    message += "`" + decided + "` for another reason";
  } else {
    message += "expected `" + expected + "`, decided `" + decided + "`";
  }
  Diagnostic finding = Diagnose(DiagnosticId::kTestFailed, check.span,
                                check.pointer, {message, ""});
  finding.label = decided;
  const auto note = [&](std::string text) {
    finding.notes.push_back({DiagnosticNote::Kind::kNote, std::move(text)});
  };
  note("`" + Excerpt(check.request.principal) + "` asks for `" +
       Excerpt(check.request.action) + "` on `" +
       Excerpt(check.request.resources.empty() ? std::string()
                                               : check.request.resources[0]) +
       "`");
  AddReasons(suite, result, &finding);
  finding.notes.push_back(
      {DiagnosticNote::Kind::kExample, ReproduceCommand(suite, check)});
  return finding;
}

}  // namespace writ
