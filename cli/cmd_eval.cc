// SPDX-License-Identifier: Apache-2.0
//
// `writ eval`: decides one request, or every line of a case file, with the
// compiler and the authorizer that everything else uses.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/source.h"
#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "cases/explain.h"
#include "cases/policy_test.h"
#include "cases/probe.h"
#include "cases/suite.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

constexpr size_t kFlushBytes = 64 << 10;
constexpr std::string_view kTimeKey = "acs:CurrentTime";

void Complain(std::string_view text) {
  std::fprintf(stderr, "writ eval: %.*s\n", static_cast<int>(text.size()),
               text.data());
}

// ---- a file of cases ------------------------------------------------------

struct Tally {
  uint64_t lines = 0;
  uint64_t expectations = 0;
  uint64_t mismatches = 0;
};

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Answers one line; says on standard error when it is not what was expected.
std::string AnswerLine(std::string_view line, uint64_t number, bool expect,
                       Tally* tally) {
  Case one;
  ++tally->lines;
  if (const auto error = ReadCase(line, &one)) {
    if (expect) {
      ++tally->mismatches;
      Complain("line " + std::to_string(number) +
               ": not a case: " + error->message);
    }
    return BadLineJson(number, *error);
  }
  const CaseOutcome outcome = DecideCase(one);
  if (expect && one.expect) {
    ++tally->expectations;
    const auto met = ExpectationMet(outcome);
    if (met != one.expect) {
      ++tally->mismatches;
      std::string text = "line " + std::to_string(number) + ": " +
                         JsonQuote(one.id) + ": expected ";
      text += CaseExpectationName(*one.expect);
      text += ", got ";
      text += met ? CaseExpectationName(*met) : std::string_view("no decision");
      if (outcome.error) {
        text += " (" + outcome.error->code + ": " + outcome.error->message +
                (outcome.error->at.empty() ? "" : " at " + outcome.error->at) +
                ")";
      }
      Complain(text);
    }
  }
  return OutcomeJson(JsonQuote(one.id), outcome);
}

ExitCode EvalCases(const std::string& path, bool expect) {
  UniqueFd file;
  int fd = STDIN_FILENO;
  if (path != "-") {
    file.Reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
      Complain("cannot read `" + path + "`");
      return ExitCode::kUsage;
    }
    fd = file.get();
  }
  LineReader reader(fd);
  Tally tally;
  std::string out;
  const auto flush = [&] {
    std::cout << out << std::flush;
    out.clear();
    return std::cout.good();
  };
  while (true) {
    // Whoever feeds lines by hand gets each answer before the next read.
    if (!reader.HasLine() && !flush()) return ExitCode::kInternal;
    auto line = reader.Next();
    if (!line.ok()) {
      Complain("cannot read `" + path + "`: " + line.status().ToString());
      if (!flush()) return ExitCode::kInternal;
      return ExitCode::kUsage;
    }
    if (!line->has_value()) break;
    if (IsBlank(**line)) continue;
    out += AnswerLine(**line, reader.line_number(), expect, &tally);
    out += '\n';
    if (out.size() >= kFlushBytes && !flush()) return ExitCode::kInternal;
  }
  if (!flush()) return ExitCode::kInternal;
  if (!expect) return ExitCode::kOk;
  Complain(std::to_string(tally.lines) + " lines, " +
           std::to_string(tally.expectations) + " expectations, " +
           std::to_string(tally.mismatches) + " mismatches");
  return tally.mismatches == 0 ? ExitCode::kOk : ExitCode::kTestFailure;
}

// ---- one request ----------------------------------------------------------

// The words of the command line for the one-request form.
struct OneRequest {
  std::vector<std::string> policies;
  std::string file;
  std::string principal;
  std::string principal_id;
  std::string principal_type;
  std::string account;
  std::string resource_group;
  std::string action;
  std::vector<std::string> resources;
  std::vector<std::string> context;
  std::string now;
  std::vector<std::string> only;  // names of the policies in force
};

// How much of the trace is asked for.
enum class Explanation : uint8_t { kNone, kShort, kFull };

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
bool KeepOnly(const std::vector<std::string>& names, LoadedPolicies* loaded) {
  if (names.empty()) return true;
  LoadedPolicies kept;
  for (const std::string& name : names) {
    const auto found =
        std::find(loaded->names.begin(), loaded->names.end(), name);
    if (found == loaded->names.end()) {
      Complain("--only: no policy is called `" + Printable(name) + "`");
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

// Why the decision is what it is.
Result<Trace> ExplainOutcome(const Request& request,
                             const LoadedPolicies& loaded,
                             const CaseOutcome& outcome) {
  std::vector<PolicyProbes> probes;
  probes.reserve(loaded.trees.size());
  std::vector<const ast::Policy*> trees;
  std::vector<const PolicyProbes*> asked;
  for (size_t i = 0; i < loaded.trees.size(); ++i) {
    WRIT_ASSIGN_OR_RETURN(
        PolicyProbes one,
        PolicyProbes::Compile(loaded.trees[i], loaded.policies[i].kind));
    probes.push_back(std::move(one));
    trees.push_back(&loaded.trees[i]);
    asked.push_back(&probes.back());
  }
  return Explain(request, loaded.policies, trees, asked, outcome.decision,
                 outcome.statements);
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

std::optional<CaseRequest> ReadRequest(const OneRequest& one) {
  std::string json;
  if (one.file.empty()) {
    if (one.principal.empty() || one.action.empty() || one.resources.empty()) {
      Complain(
          "give --cases, --request, or all of --principal, --action and "
          "--resource");
      return std::nullopt;
    }
    json = RequestJson(one);
  } else {
    if (!one.principal.empty() || !one.action.empty() ||
        !one.resources.empty()) {
      Complain("--request already says who, what and on what");
      return std::nullopt;
    }
    auto text = one.file == "-" ? ReadAll(STDIN_FILENO, kMaxCaseLineBytes)
                                : ReadFile(one.file, kMaxCaseLineBytes);
    if (!text.ok()) {
      Complain("cannot read `" + one.file + "`: " + text.status().ToString());
      return std::nullopt;
    }
    json = std::move(text).value();
  }
  CaseRequest request;
  if (const auto error = ReadCaseRequest(json, &request)) {
    Complain("the request: " + error->message +
             (error->at.empty() ? "" : " at " + error->at));
    return std::nullopt;
  }
  for (const std::string& argument : one.context) {
    if (AddContext(argument, &request)) continue;
    Complain("--context takes KEY=VALUE, not `" + argument + "`");
    return std::nullopt;
  }
  if (!one.now.empty()) {
    request.context.push_back({std::string(kTimeKey), {one.now}});
  }
  return request;
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

ExitCode EvalOne(const OneRequest& one, bool pretty, Explanation explanation,
                 bool no_exit_status) {
  const auto request = ReadRequest(one);
  if (!request) return ExitCode::kUsage;
  LoadedPolicies loaded;
  ExitCode worst = ExitCode::kOk;
  for (const std::string& argument : one.policies) {
    worst = Worst(worst, LoadPolicies(argument, one.only, &loaded));
  }
  if (worst != ExitCode::kOk) return worst;
  if (!KeepOnly(one.only, &loaded)) return ExitCode::kUsage;
  const auto compiled = CompileCase(loaded.policies, loaded.trees);
  if (!compiled.ok()) {
    Complain("cannot compile the policies: " + compiled.status().ToString());
    return ExitCode::kInternal;
  }
  const RequestView view(*request);
  const CaseOutcome outcome = DecideCompiled(view.request(), *compiled);
  if (outcome.error) {
    Complain("the request: " + outcome.error->message);
    return ExitCode::kUsage;
  }
  std::string text = pretty ? PrettyText(outcome, loaded)
                            : OutcomeJson("null", outcome) + "\n";
  if (explanation != Explanation::kNone) {
    const auto trace = ExplainOutcome(view.request(), loaded, outcome);
    if (!trace.ok()) {
      Complain("cannot explain: " + trace.status().ToString());
      return ExitCode::kInternal;
    }
    if (pretty) {
      std::vector<const ast::Policy*> trees;
      for (const ast::Policy& tree : loaded.trees) trees.push_back(&tree);
      text += "\n" + TraceText(*trace, loaded.names, trees,
                               explanation == Explanation::kFull);
    } else {
      text =
          OutcomeJson("null", outcome, TraceJson(*trace, loaded.names)) + "\n";
    }
  }
  std::cout << text;
  if (outcome.decision.allowed() || no_exit_status) return ExitCode::kOk;
  return ExitCode::kDenied;
}

}  // namespace

ExitCode RunEval(Args args) {
  Flags flags("eval", "",
              "Decides one request, or every line of a case file. Answers go "
              "to standard output as JSON, one object a line. One request: "
              "exits 5 on any deny.");
  std::string cases;
  bool expect = false;
  std::string format;
  bool no_exit_status = false;
  std::string explain;
  OneRequest one;
  flags.String("--cases", "FILE", "decide every line of FILE; - is the input",
               &cases);
  flags.Bool("--expect", "with --cases: exit 4 unless all are as expected",
             &expect);
  flags.Strings("-p,--policy", "[KIND:]PATH",
                "a policy or a folder of them, RAM JSON or .writ; KIND is "
                "identity, resource, trust, session or control",
                &one.policies);
  flags.Strings("--only", "NAME",
                "of the policies read, those in force; without it all",
                &one.only);
  flags.String("--request", "FILE",
               "the request as JSON, as a case has it; - is the input",
               &one.file);
  flags.String("--principal", "ARN", "who asks", &one.principal);
  flags.String("--principal-id", "ID", "user id, or ROLEID:SESSION",
               &one.principal_id);
  flags.String("--principal-type", "TYPE", "Service or ServiceLinkedRole",
               &one.principal_type);
  flags.String("--account", "ID", "the account that a service acts for",
               &one.account);
  flags.String("--action", "ACTION", "what, as in fc:InvokeFunction",
               &one.action);
  flags.Strings("--resource", "ARN", "on what; several must all be allowed",
                &one.resources);
  flags.String("--resource-group", "ID", "the group the resource is in",
               &one.resource_group);
  flags.Strings("--context", "KEY=VALUE",
                "a condition key; the same key again adds a value",
                &one.context);
  flags.String("--now", "TIME", "sets acs:CurrentTime, which nothing else does",
               &one.now);
  flags.Choice("--explain",
               "what each statement and clause came to: `short` leaves out "
               "what is about something else; --explain alone is short",
               {"short", "full"}, &explain);
  flags.Format({"json", "pretty"}, &format);
  flags.Bool("--no-exit-status", "exit 0 on a deny too", &no_exit_status);
  std::vector<std::string_view> words(args.begin(), args.end());
  std::ranges::replace(words, "--explain", "--explain=short");
  if (const auto exit = flags.Parse(words)) return *exit;
  const Explanation explanation = explain.empty()     ? Explanation::kNone
                                  : explain == "full" ? Explanation::kFull
                                                      : Explanation::kShort;

  const bool has_one =
      !one.policies.empty() || !one.file.empty() || !one.principal.empty() ||
      !one.action.empty() || !one.resources.empty() || !one.context.empty() ||
      !one.now.empty() || !one.only.empty() || !explain.empty();
  if (cases.empty()) {
    if (expect) {
      Complain("--expect goes with --cases");
      return ExitCode::kUsage;
    }
    return EvalOne(one, format == "pretty", explanation, no_exit_status);
  }
  if (has_one || format == "pretty") {
    Complain(
        "a case file holds its policies and requests: --cases goes with "
        "--expect only");
    return ExitCode::kUsage;
  }
  return EvalCases(cases, expect);
}

}  // namespace writ
