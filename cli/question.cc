// SPDX-License-Identifier: Apache-2.0
#include "cli/question.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "cases/explain.h"
#include "cases/suite.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

constexpr std::string_view kTimeKey = "acs:CurrentTime";

void Complain(std::string_view command, std::string_view text) {
  std::fprintf(stderr, "writ %.*s: %.*s\n", static_cast<int>(command.size()),
               command.data(), static_cast<int>(text.size()), text.data());
}

// Splits `KIND:PATH`; a file called `trust:x` needs `./trust:x`.
std::pair<std::optional<ast::PolicyKind>, std::string> SplitPath(
    const std::string& argument) {
  const size_t colon = argument.find(':');
  if (colon != std::string::npos) {
    if (const auto kind = KindNamed(argument.substr(0, colon))) {
      return {kind, argument.substr(colon + 1)};
    }
  }
  return {std::nullopt, argument};
}

struct LoadedPolicies {
  std::vector<CasePolicy> policies;
  std::vector<ast::Policy> trees;
  std::vector<std::string> names;  // for people
};

// Reads the policies of one file and adds them; complains of its findings when
// one is an error.
// only  names of imported policies that are asked for
ExitCode LoadFile(const std::string& path, std::optional<ast::PolicyKind> asked,
                  const std::vector<std::string>& only,
                  LoadedPolicies* loaded) {
  auto file = ReadPolicyFile(path);
  if (!file.ok()) {
    // Whatever keeps a policy from being read, nothing is decided without it.
    ComplainAbout(path, file.status());
    return ExitCode::kUsage;
  }
  CheckFile(asked, &*file);
  if (!file->parsed || file->diagnostics.has_errors()) {
    ComplainAbout(*file);
    return ExitCode::kFindings;
  }
  const size_t in_force = PoliciesInForce(file->content);
  for (ast::Policy& tree : file->content.policies) {
    const auto index =
        static_cast<size_t>(&tree - file->content.policies.data());
    const bool named = std::ranges::find(only, tree.name) != only.end();
    if (index >= in_force && !named) continue;
    bool guessed = false;
    loaded->policies.push_back(MeaningOf(tree, KindOf(tree, asked, &guessed)));
    loaded->names.push_back(tree.name.empty() ? path : tree.name);
    loaded->trees.push_back(std::move(tree));
  }
  return ExitCode::kOk;
}

ExitCode LoadPolicies(const std::string& argument,
                      const std::vector<std::string>& only,
                      LoadedPolicies* loaded) {
  const auto [kind, path] = SplitPath(argument);
  const auto paths = ExpandPaths({path});
  if (!paths.ok()) {
    ComplainAbout(path, paths.status());
    return ExitCode::kUsage;
  }
  ExitCode worst = ExitCode::kOk;
  for (const std::string& file : *paths) {
    worst = Worst(worst, LoadFile(file, kind, only, loaded));
  }
  return worst;
}

// Keeps the policies that --only names; false, with a complaint, when there is
// none of that name.
bool KeepOnly(const OneRequest& one, LoadedPolicies* loaded) {
  const std::vector<std::string>& names = one.only;
  if (names.empty()) return true;
  LoadedPolicies kept;
  for (const std::string& name : names) {
    const auto found =
        std::find(loaded->names.begin(), loaded->names.end(), name);
    if (found == loaded->names.end()) {
      Complain(one.command,
               "--only: no policy is called `" + Printable(name) + "`");
      return false;
    }
    const auto at = static_cast<size_t>(found - loaded->names.begin());
    kept.policies.push_back(loaded->policies[at]);
    kept.trees.push_back(loaded->trees[at]);
    kept.names.push_back(loaded->names[at]);
  }
  *loaded = std::move(kept);
  return true;
}

// Writes the command line's request as the JSON that --request would hold.
std::string RequestJson(const OneRequest& one) {
  std::string json = "{\"principal\":" + JsonQuote(one.principal) +
                     ",\"action\":" + JsonQuote(one.action);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    json += ",\"" + std::string(name) + "\":" + JsonQuote(value);
  };
  add("principalId", one.principal_id);
  add("principalType", one.principal_type);
  add("account", one.account);
  add("resourceGroup", one.resource_group);
  json += ",\"resource\":[";
  for (size_t i = 0; i < one.resources.size(); ++i) {
    json += (i == 0 ? "" : ",") + JsonQuote(one.resources[i]);
  }
  return json + "]}";
}

// Adds `key=value`; the same key again makes a list.
bool AddContext(const std::string& argument, CaseRequest* request) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  const std::string key = argument.substr(0, equals);
  std::string value = argument.substr(equals + 1);
  for (CaseContextEntry& entry : request->context) {
    if (entry.key != key) continue;
    entry.values.push_back(std::move(value));
    return true;
  }
  request->context.push_back({key, {std::move(value)}});
  return true;
}

std::string PrettyText(const CaseOutcome& outcome,
                       const LoadedPolicies& loaded) {
  const Decision& decision = outcome.decision;
  std::string text(VerdictName(decision.verdict));
  text += "\n  layer   ";
  text += LayerName(decision.layer);
  text += "\n  reason  ";
  text += ReasonName(decision.reason);
  text += "\n";
  for (const StatementRef& ref : outcome.statements) {
    const ast::Statement& statement =
        loaded.trees[ref.policy].statements[ref.statement];
    text += "  by      " + loaded.names[ref.policy] + ", statement " +
            std::to_string(ref.statement + 1);
    if (statement.label) text += " `" + statement.label->text + "`";
    if (statement.sid) text += " `" + statement.sid->text + "`";
    text += "\n";
  }
  return text;
}

}  // namespace

void DeclareQuestion(Flags* flags, OneRequest* one) {
  flags->Strings("-p,--policy", "[KIND:]PATH",
                 "a policy or a folder of them, RAM JSON or .writ; KIND is "
                 "identity, resource, trust, session or control",
                 &one->policies);
  flags->Strings("--only", "NAME",
                 "of the policies read, those in force; without it all",
                 &one->only);
  flags->String("--request", "FILE",
                "the request as JSON, as a case has it; - is the input",
                &one->file);
  flags->String("--principal", "ARN", "who asks", &one->principal);
  flags->String("--principal-id", "ID", "user id, or ROLEID:SESSION",
                &one->principal_id);
  flags->String("--principal-type", "TYPE", "Service or ServiceLinkedRole",
                &one->principal_type);
  flags->String("--account", "ID", "the account that a service acts for",
                &one->account);
  flags->String("--action", "ACTION", "what, as in fc:InvokeFunction",
                &one->action);
  flags->Strings("--resource", "ARN", "on what; several must all be allowed",
                 &one->resources);
  flags->String("--resource-group", "ID", "the group the resource is in",
                &one->resource_group);
  flags->Strings("--context", "KEY=VALUE",
                 "a condition key; the same key again adds a value",
                 &one->context);
  flags->String("--now", "TIME",
                "sets acs:CurrentTime, which nothing else does", &one->now);
}

bool IsAsked(const OneRequest& one) {
  return !one.policies.empty() || !one.file.empty() || !one.principal.empty() ||
         !one.action.empty() || !one.resources.empty() ||
         !one.context.empty() || !one.now.empty() || !one.only.empty();
}

std::optional<CaseRequest> ReadRequest(const OneRequest& one) {
  std::string json;
  if (one.file.empty()) {
    if (one.principal.empty() || one.action.empty() || one.resources.empty()) {
      Complain(one.command,
               "give --cases, --request, or all of --principal, --action and "
               "--resource");
      return std::nullopt;
    }
    json = RequestJson(one);
  } else {
    if (!one.principal.empty() || !one.action.empty() ||
        !one.resources.empty()) {
      Complain(one.command, "--request already says who, what and on what");
      return std::nullopt;
    }
    auto text = one.file == "-" ? ReadAll(STDIN_FILENO, kMaxCaseLineBytes)
                                : ReadFile(one.file, kMaxCaseLineBytes);
    if (!text.ok()) {
      Complain(one.command,
               "cannot read `" + one.file + "`: " + text.status().ToString());
      return std::nullopt;
    }
    json = std::move(text).value();
  }
  CaseRequest request;
  if (const auto error = ReadCaseRequest(json, &request)) {
    Complain(one.command, "the request: " + error->message +
                              (error->at.empty() ? "" : " at " + error->at));
    return std::nullopt;
  }
  for (const std::string& argument : one.context) {
    if (AddContext(argument, &request)) continue;
    Complain(one.command, "--context takes KEY=VALUE, not `" + argument + "`");
    return std::nullopt;
  }
  if (!one.now.empty()) {
    request.context.push_back({std::string(kTimeKey), {one.now}});
  }
  return request;
}

ExitCode AnswerQuestion(const OneRequest& one, bool pretty, Detail detail) {
  const auto request = ReadRequest(one);
  if (!request) return ExitCode::kUsage;
  LoadedPolicies loaded;
  ExitCode worst = ExitCode::kOk;
  for (const std::string& argument : one.policies) {
    worst = Worst(worst, LoadPolicies(argument, one.only, &loaded));
  }
  if (worst != ExitCode::kOk) return worst;
  if (!KeepOnly(one, &loaded)) return ExitCode::kUsage;
  const auto compiled =
      CompileCase(loaded.policies, loaded.trees, one.max_steps);
  if (!compiled.ok()) {
    Complain(one.command,
             "cannot compile the policies: " + compiled.status().ToString());
    return compiled.status().code() == StatusCode::kResourceExhausted
               ? ExitCode::kFindings
               : ExitCode::kInternal;
  }
  const RequestView view(*request);
  const CaseOutcome outcome = DecideCompiled(view.request(), *compiled);
  if (outcome.error) {
    Complain(one.command, "the request: " + outcome.error->message);
    return ExitCode::kUsage;
  }
  std::string text = pretty ? PrettyText(outcome, loaded)
                            : OutcomeJson("null", outcome) + "\n";
  if (detail != Detail::kNone) {
    std::vector<const ast::Policy*> trees;
    for (const ast::Policy& tree : loaded.trees) trees.push_back(&tree);
    const auto trace = TraceDecision(view.request(), loaded.policies, trees,
                                     compiled->attachments);
    if (!trace.ok()) {
      Complain(one.command, "cannot explain: " + trace.status().ToString());
      return ExitCode::kInternal;
    }
    if (!pretty) {
      text =
          OutcomeJson("null", outcome, TraceJson(*trace, loaded.names)) + "\n";
    } else {
      const std::string why_not = outcome.decision.allowed()
                                      ? ""
                                      : WhyNotText(*trace, loaded.names, trees);
      if (detail != Detail::kWhyNot) {
        text += "\n" +
                TraceText(*trace, loaded.names, trees, detail == Detail::kFull);
      }
      if (!why_not.empty()) text += "\n" + why_not;
    }
  }
  std::cout << text;
  return outcome.decision.allowed() ? ExitCode::kOk : ExitCode::kDenied;
}

}  // namespace writ
