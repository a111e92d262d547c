// SPDX-License-Identifier: Apache-2.0
// `writ roundtrip`: turns RAM JSON into the Writ language and back and compares
// values with what was read. On the way it holds the formatter to leaving the
// text alone. A file of the Writ language is compiled first.
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/json_difference.h"
#include "cli/output.h"
#include "grammar/format_writ.h"
#include "grammar/json_out.h"
#include "grammar/json_tree.h"
#include "grammar/parse_json.h"
#include "grammar/print.h"
#include "grammar/render.h"

namespace writ {
namespace {

// Places shown of one document.
constexpr size_t kMaxDifferences = 20;

struct Journey {
  std::string path;
  std::string policy;
  size_t statements = 0;
  // Why the way back could not be gone; empty when it could.
  std::string obstacle;
  std::vector<JsonDifference> differences;

  bool identical() const { return obstacle.empty() && differences.empty(); }
};

std::string FirstMessage(const Diagnostics& findings) {
  return findings.all().empty() ? "no finding" : findings.all()[0].message;
}

// There and back again, from the tree of the JSON text.
void Travel(const ast::Policy& policy, const JsonTree& json, Journey* journey) {
  journey->policy = policy.name;
  journey->statements = policy.statements.size();
  const std::string text = PrintWrit(policy);
  SourceText writ("-", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&writ, {}, &findings);
  if (!file || findings.tree_is_broken() || file->policies.size() != 1) {
    journey->obstacle = "its text in the Writ language does not parse: " +
                        FirstMessage(findings);
    return;
  }
  constexpr size_t kColumns = 100;
  if (FormatWrit(writ, kColumns, &findings) != text) {
    journey->obstacle = "its text in the Writ language is not in form";
    return;
  }
  const SourceText back("-",
                        PrintJson(file->policies[0], JsonLayout::kMinified));
  const std::optional<JsonTree> tree = ReadJson(back, &findings);
  if (!tree) {
    journey->obstacle = "its JSON does not parse: " + FirstMessage(findings);
    return;
  }
  journey->differences = JsonDifferences(json, *tree, kMaxDifferences);
}

std::string Pretty(const Journey& journey) {
  std::string out;
  const std::string path = Printable(journey.path) + ": ";
  if (!journey.obstacle.empty()) out += path + journey.obstacle + "\n";
  for (const JsonDifference& difference : journey.differences) {
    const auto shown = [](const std::string& value) {
      return value.empty() ? std::string("nothing")
                           : "`" + Excerpt(value) + "`";
    };
    out += path +
           Printable(difference.pointer.empty() ? "/" : difference.pointer) +
           ": " + shown(difference.before) + " came back as " +
           shown(difference.after) + "\n";
  }
  return out;
}

std::string Json(const std::vector<Journey>& journeys) {
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("policies").Open('[');
  for (const Journey& journey : journeys) {
    json.Open('{').Member("file").Text(journey.path);
    json.Member("policy").Text(journey.policy);
    json.Member("statements").Number(journey.statements);
    json.Member("identical").Bool(journey.identical());
    if (!journey.obstacle.empty()) {
      json.Member("obstacle").Text(journey.obstacle);
    }
    json.Member("differences").Open('[');
    for (const JsonDifference& difference : journey.differences) {
      json.Open('{').Member("pointer").Text(difference.pointer);
      json.Member("before").Text(difference.before);
      json.Member("after").Text(difference.after).Close();
    }
    json.Close().Close();
  }
  json.Close().Close();
  return json.Take();
}

// The journeys of all policies of a file, or nothing when it does not parse.
std::optional<std::vector<Journey>> TravelFrom(const PolicyFile& file) {
  std::vector<Journey> journeys;
  if (!file.parsed || file.diagnostics.tree_is_broken()) return std::nullopt;
  for (size_t i = 0; i < file.content.own_policies; ++i) {
    const ast::Policy& policy = file.content.policies[i];
    Journey journey;
    journey.path = file.source.name();
    Diagnostics ignored;
    if (file.is_json) {
      const std::optional<JsonTree> tree = ReadJson(file.source, &ignored);
      if (!tree) return std::nullopt;
      Travel(policy, *tree, &journey);
    } else {
      const SourceText json(policy.name,
                            PrintJson(policy, JsonLayout::kMinified));
      const std::optional<JsonTree> tree = ReadJson(json, &ignored);
      const std::optional<ast::Policy> read = ParseJsonPolicy(json, &ignored);
      if (!tree || !read || ignored.tree_is_broken()) {
        journey.obstacle = "its JSON does not parse: " + FirstMessage(ignored);
      } else {
        Travel(*read, *tree, &journey);
      }
      journey.policy = policy.name;
    }
    journeys.push_back(std::move(journey));
  }
  return journeys;
}

}  // namespace

ExitCode RunRoundtrip(Args args) {
  std::string format;
  std::vector<std::string> paths;
  Flags flags("roundtrip", "FILE...",
              "Proves of policies that turning JSON into the Writ language and "
              "back gives\nthe same JSON values again, and shows where it does "
              "not.");
  flags.Format({"pretty", "json"}, &format);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("roundtrip", files.status());
  ExitCode exit = ExitCode::kOk;
  std::vector<Journey> journeys;
  for (const std::string& path : *files) {
    const Result<PolicyFile> file = ReadPolicyFile(path);
    if (!file.ok()) {
      exit = Worst(exit, ComplainAbout(path, file.status()));
      continue;
    }
    std::optional<std::vector<Journey>> gone = TravelFrom(*file);
    if (!gone) {
      ComplainAbout(*file);
      exit = Worst(exit, ExitCode::kFindings);
      continue;
    }
    for (Journey& journey : *gone) {
      if (!journey.identical()) exit = Worst(exit, ExitCode::kFindings);
      journeys.push_back(std::move(journey));
    }
  }
  if (format == "json") {
    std::cout << Json(journeys);
    return exit;
  }
  size_t identical = 0;
  for (const Journey& journey : journeys) {
    identical += journey.identical() ? 1 : 0;
    std::cout << Pretty(journey);
  }
  if (!flags.global().quiet) {
    std::cout << identical << " of " << journeys.size()
              << (journeys.size() == 1 ? " policy" : " policies")
              << " came back identical\n";
  }
  return exit;
}

}  // namespace writ
