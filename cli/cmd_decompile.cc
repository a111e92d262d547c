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

namespace writ {
namespace {

struct DecompileRequest {
  std::string name;
  std::optional<ast::PolicyKind> kind;
  bool check = false;
  bool infer_sets = false;
};

// The text, or nothing; then the findings are out already.
std::optional<std::string> Decompile(const DecompileRequest& request,
                                     PolicyFile* file) {
  if (request.check) CheckFile(request.kind, file);
  ComplainAbout(*file);
  if (!file->parsed || file->diagnostics.tree_is_broken() ||
      (request.check && file->diagnostics.has_errors())) {
    return std::nullopt;
  }
  for (ast::Policy& policy : file->content.policies) {
    bool guessed = false;
    policy.kind = KindOf(policy, request.kind, &guessed);
    if (!request.name.empty()) policy.name = request.name;
  }
  return request.infer_sets ? PrintWritWithSets(file->content.policies)
                            : PrintWrit(file->content.policies);
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
    const std::optional<std::string> text = Decompile(request, &*file);
    exit = Worst(exit, text ? Deliver(*text, name) : ExitCode::kFindings);
  }
  return exit;
}

}  // namespace writ
