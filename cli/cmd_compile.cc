// SPDX-License-Identifier: Apache-2.0
// `writ compile`: RAM JSON, which is a translation and asks only that the text
// parses, or a program, which only a valid policy becomes.
#include <cstdint>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/max_steps.h"
#include "cli/output.h"
#include "cli/proved_program.h"
#include "cli/source_map.h"
#include "compiler/compile.h"
#include "grammar/print.h"
#include "grammar/render.h"

namespace writ {
namespace {

// What the user asked for of a program.
struct ProgramFlags {
  std::string output;
  bool prove = false;
  std::string format;
  std::vector<std::string> without;
  bool together = false;
  std::string max_steps;
};

// The passes that are left; nothing for a name that is no pass.
std::optional<PassSet> PassesWithout(const std::vector<std::string>& names) {
  PassSet passes = PassSet::All();
  for (const std::string& name : names) {
    const std::optional<Pass> pass = PassNamed(name);
    if (!pass) {
      std::cerr << "writ compile: no pass `" << Printable(name)
                << "`; the passes are";
      for (const PassInfo& info : kPasses) {
        std::cerr << (&info == &kPasses[0] ? " " : ", ") << info.name;
      }
      std::cerr << "\n";
      return std::nullopt;
    }
    passes = passes.Without(*pass);
  }
  return passes;
}

// Every program is proved before it is written: that takes no longer than
// compiling it.
ExitCode CompileToProgram(const PolicyFile& file,
                          const std::vector<const ast::Policy*>& policies,
                          std::optional<ast::PolicyKind> asked,
                          const ProgramFlags& flags) {
  if (file.diagnostics.has_errors()) return ExitCode::kFindings;
  const std::optional<PassSet> passes = PassesWithout(flags.without);
  if (!passes) return ExitCode::kUsage;
  const std::optional<uint64_t> steps =
      ReadMaxSteps("compile", flags.max_steps);
  if (!steps) return ExitCode::kUsage;
  if (flags.output.empty() && !flags.prove) {
    std::cerr << "writ compile: a program is binary; name a file with -o, or "
                 "`-o -`\n";
    return ExitCode::kUsage;
  }
  std::vector<PolicyInput> inputs;
  for (const ast::Policy* policy : policies) {
    bool guessed = false;
    inputs.push_back({policy, KindOf(*policy, asked, &guessed)});
  }
  const Result<ProvedProgram> program =
      CompileAndProve(inputs, *passes, flags.together, *steps);
  const std::string& name = file.source.name();
  if (!program.ok()) {
    const ExitCode exit = ComplainAbout(name, program.status());
    return program.status().code() == StatusCode::kResourceExhausted
               ? ExitCode::kFindings
               : exit;
  }
  // The certificate makes room for a program on standard output.
  std::ostream& out = flags.output == "-" ? std::cerr : std::cout;
  if (flags.prove && flags.format == "json") {
    out << CertificateJson(name, *program);
  } else if (!program->proof.ok()) {
    ComplainAbout(name, program->proof);
  } else if (flags.prove) {
    out << CertificateText(name, *program);
  }
  if (!program->proof.ok()) return ExitCodeOfProof(program->proof);
  if (flags.output.empty()) return ExitCode::kOk;
  return Deliver(program->image, flags.output);
}

// The labels of statements without a Sid become theirs.
void LabelsToSids(ast::Policy* policy) {
  for (ast::Statement& statement : policy->statements) {
    if (!statement.sid) statement.sid = statement.label;
  }
}

// `deployer, auditor`.
std::string NamesOf(std::span<const ast::Policy* const> policies) {
  std::string names;
  for (const ast::Policy* policy : policies) {
    names += (names.empty() ? "" : ", ") + Printable(policy->name);
  }
  return names;
}

// The file has no policy of this name, or none of its own at all.
ExitCode ComplainOfNone(const std::string& path, const PolicyFile& file,
                        const std::string& name) {
  std::vector<const ast::Policy*> own;
  std::vector<const ast::Policy*> imported;
  for (size_t i = 0; i < file.content.policies.size(); ++i) {
    const bool is_own = i < file.content.own_policies;
    (is_own ? own : imported).push_back(&file.content.policies[i]);
  }
  std::cerr << "writ compile: " << Printable(path);
  if (own.empty()) {
    std::cerr << " holds no policy of its own";
    if (!imported.empty()) std::cerr << "; it imports " << NamesOf(imported);
  } else {
    std::cerr << " has no policy `" << Printable(name) << "`; it has "
              << NamesOf(own);
  }
  std::cerr << "\n";
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunCompile(Args args) {
  std::string target;
  ProgramFlags of_program;
  std::string& output = of_program.output;
  std::string name;
  std::string kind;
  bool minify = false;
  std::string source_map;
  bool sid = false;
  bool check = false;
  std::vector<std::string> paths;
  Flags flags("compile", "FILE",
              "Turns a policy, in either language, into RAM JSON or a "
              "program.");
  flags.Choice("--target", "what to make (default: json)", {"json", "program"},
               &target);
  flags.String("-o,--output", "FILE", "write there instead of standard output",
               &output);
  flags.String("--policy", "NAME", "the policy of that name", &name);
  flags.Choice("--kind", "the kind of a policy that does not say it",
               {"identity", "resource", "trust", "session", "control"}, &kind);
  flags.Bool("--minify", "JSON without white space", &minify);
  flags.Bool("--sid", "write the labels of statements as Sid", &sid);
  flags.String("--source-map", "FILE",
               "write where each value of the JSON comes from into FILE",
               &source_map);
  flags.Bool("--check", "refuse an invalid policy also for --target json",
             &check);
  flags.Bool("--prove",
             "print what was shown of the program; alone, write none",
             &of_program.prove);
  flags.Format({"pretty", "json"}, &of_program.format);
  flags.Strings("--without", "PASS", "leave a pass of the compiler out",
                &of_program.without);
  flags.Bool("--together", "one unit of all policies of a kind",
             &of_program.together);
  flags.String("--max-steps", "N",
               "refuse policies whose worst request takes more steps of a unit",
               &of_program.max_steps);
  flags.Positionals(&paths, 1, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<PolicyFile> file = ReadPolicyFile(paths[0]);
  if (!file.ok()) return ComplainAbout(paths[0], file.status());
  const std::optional<ast::PolicyKind> asked = KindNamed(kind);
  const bool program =
      target == "program" || (target.empty() && of_program.prove);
  if (program || check) CheckFile(asked, &*file);
  ComplainAbout(*file);
  if (!file->parsed || file->diagnostics.tree_is_broken() ||
      (check && file->diagnostics.has_errors())) {
    return ExitCode::kFindings;
  }

  if (program && (sid || minify || !source_map.empty())) {
    std::cerr << "writ compile: --sid, --minify and --source-map belong to "
                 "--target json\n";
    return ExitCode::kUsage;
  }
  if (!program &&
      (of_program.prove || of_program.together || !of_program.without.empty() ||
       !of_program.max_steps.empty())) {
    std::cerr << "writ compile: --prove, --together, --without and "
                 "--max-steps belong to --target program\n";
    return ExitCode::kUsage;
  }
  std::vector<const ast::Policy*> policies;
  for (size_t i = 0; i < file->content.own_policies; ++i) {
    ast::Policy& policy = file->content.policies[i];
    if (sid) LabelsToSids(&policy);
    if (name.empty() || policy.name == name) policies.push_back(&policy);
  }
  if (policies.empty()) return ComplainOfNone(paths[0], *file, name);
  if (program) return CompileToProgram(*file, policies, asked, of_program);
  if (policies.size() > 1) {
    std::cerr << "writ compile: " << Printable(paths[0]) << " holds "
              << policies.size()
              << " policies; choose one with --policy: " << NamesOf(policies)
              << "\n";
    return ExitCode::kUsage;
  }
  if (!source_map.empty()) {
    const ExitCode exit =
        Deliver(SourceMap(*policies[0], file->source), source_map);
    if (exit != ExitCode::kOk) return exit;
  }
  return Deliver(PrintJson(*policies[0], minify ? JsonLayout::kMinified
                                                : JsonLayout::kPretty) +
                     "\n",
                 output);
}

}  // namespace writ
