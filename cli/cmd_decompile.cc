// SPDX-License-Identifier: Apache-2.0
// `writ decompile`: a translation, which refuses only what does not parse.
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/print.h"
#include "grammar/render.h"

namespace writ {
namespace {

struct DecompileRequest {
  std::string name;
  std::optional<ast::PolicyKind> kind;
  bool check = false;
  bool infer_sets = false;
};

// Whether `text` compiles to the same JSON as these policies.
bool ComesBack(const std::vector<ast::Policy>& policies,
               const std::string& text) {
  const PolicyFile again = ParsePolicyText("decompiled.writ", text);
  if (again.content.policies.size() != policies.size()) return false;
  for (size_t i = 0; i < policies.size(); ++i) {
    if (PrintJson(again.content.policies[i], JsonLayout::kMinified) !=
        PrintJson(policies[i], JsonLayout::kMinified)) {
      return false;
    }
  }
  return true;
}

// The text, or nothing; then what is wrong is said already and `exit` set.
std::optional<std::string> Decompile(const DecompileRequest& request,
                                     PolicyFile* file, ExitCode* exit) {
  *exit = ExitCode::kFindings;
  if (request.check) CheckFile(request.kind, file);
  ComplainAbout(*file);
  if (!file->parsed || file->diagnostics.tree_is_broken() ||
      (request.check && file->diagnostics.has_errors())) {
    return std::nullopt;
  }
  // What a file imports has a file of its own.
  file->content.policies.erase(
      file->content.policies.begin() +
          static_cast<ptrdiff_t>(file->content.own_policies),
      file->content.policies.end());
  for (ast::Policy& policy : file->content.policies) {
    bool guessed = false;
    policy.kind = KindOf(policy, request.kind, &guessed);
    if (!request.name.empty()) policy.name = request.name;
  }
  std::string text = request.infer_sets
                         ? PrintWritWithSets(file->content.policies)
                         : PrintWrit(file->content.policies);
  if (!ComesBack(file->content.policies, text)) {
    std::cerr << "writ: " << Printable(file->source.name())
              << ": the text does not compile to this policy again; this is "
                 "a fault of writ, please report it\n";
    *exit = ExitCode::kInternal;
    return std::nullopt;
  }
  return text;
}

}  // namespace

ExitCode RunDecompile(Args args) {
  DecompileRequest request;
  std::string output;
  std::string kind;
  std::vector<std::string> paths;
  Flags flags("decompile", "FILE...",
              "Turns RAM JSON into the Writ language. What RAM refuses is "
              "shown too;\nonly text that does not parse is refused. Several "
              "files go into the directory\nof -o, NAME.json as NAME.writ.");
  flags.String("--name", "NAME", "name of the policy (default: the file's)",
               &request.name);
  flags.Choice("--kind", "kind of the policy (default: guessed)",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Bool("--infer-sets", "write lists that repeat as sets",
             &request.infer_sets);
  flags.String("-o,--output", "FILE", "write there instead of standard output",
               &output);
  flags.Bool("--check", "refuse an invalid policy", &request.check);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  request.kind = KindNamed(kind);
  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("decompile", files.status());
  std::error_code ignored;
  const bool into_folder = std::filesystem::is_directory(output, ignored);
  if (files->size() > 1 && (!into_folder || !request.name.empty())) {
    std::cerr << "writ decompile: more than one file needs `-o` with a "
                 "directory that is there, and takes no --name\n";
    return ExitCode::kUsage;
  }
  ExitCode exit = ExitCode::kOk;
  for (const std::string& path : *files) {
    Result<PolicyFile> file = ReadPolicyFile(path);
    if (!file.ok()) {
      exit = Worst(exit, ComplainAbout(path, file.status()));
      continue;
    }
    std::string name = output;
    if (into_folder) {
      // The policy is still called after the file.
      const std::string policy = file->content.policies.empty()
                                     ? std::string("policy")
                                     : file->content.policies[0].name;
      name += "/" + policy + ".writ";
    }
    ExitCode refused = ExitCode::kOk;
    const std::optional<std::string> text =
        Decompile(request, &*file, &refused);
    exit = Worst(exit, text ? Deliver(*text, name) : refused);
  }
  return exit;
}

}  // namespace writ
