// SPDX-License-Identifier: Apache-2.0
// `writ inspect`: what policies and program images hold, in numbers.
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/format.h"
#include "authz/program/program.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/inspect.h"
#include "cli/max_steps.h"
#include "cli/output.h"
#include "grammar/json_out.h"
#include "grammar/render.h"
#include "lint/policy_file.h"

namespace writ {
namespace {

// Prints as it goes: text at once, JSON at the end.
class Inspection {
 public:
  Inspection(bool as_json, const VerifyOptions& options)
      : as_json_(as_json), options_(options) {
    json_.Open('{').Member("schema_version").Number(1);
    json_.Member("files").Open('[');
  }
  ExitCode Inspect(const std::string& path);
  void Finish() {
    json_.Close().Close();
    if (as_json_) std::cout << json_.Take();
  }

 private:
  ExitCode InspectProgram(
      const std::string& path,
      const Result<std::unique_ptr<const Program>>& program);
  ExitCode InspectPolicies(const std::string& path, std::string text);
  void Begin(const std::string& path, std::string_view what) {
    json_.Open('{').Member("file").Text(path);
    json_.Member("is").Text(what);
  }

  const bool as_json_;
  const VerifyOptions options_;
  JsonOut json_{2};
};

// Whether the file is to be used where it lies, and not read.
bool IsImageFile(const std::string& path) {
  Result<MappedFile> file = MappedFile::Open(path, kMaxProgramBytes);
  return file.ok() && file->bytes().starts_with(
                          std::string_view(kImageMagic, sizeof(kImageMagic)));
}

ExitCode Inspection::Inspect(const std::string& path) {
  if (path != "-" && IsImageFile(path)) {
    return InspectProgram(path, Program::Open(path, options_));
  }
  Result<std::string> bytes = path == "-"
                                  ? ReadAll(STDIN_FILENO, kMaxProgramBytes)
                                  : ReadFile(path, kMaxProgramBytes);
  if (!bytes.ok()) return ComplainAbout(path, bytes.status());
  if (bytes->starts_with(std::string_view(kImageMagic, sizeof(kImageMagic)))) {
    return InspectProgram(path,
                          Program::Load(std::move(bytes).value(), options_));
  }
  if (bytes->size() > kMaxPolicyTextBytes) {
    return ComplainAbout(path,
                         InvalidArgument("neither a program image nor a policy "
                                         "text: too large"));
  }
  return InspectPolicies(path, std::move(bytes).value());
}

ExitCode Inspection::InspectProgram(
    const std::string& path,
    const Result<std::unique_ptr<const Program>>& program) {
  Begin(path, "program");
  if (program.ok()) {
    json_.Member("program");
    AddSummary(**program, &json_);
    json_.Close();
    if (!as_json_) {
      std::cout << Printable(path) << ": " << SummaryText(**program) << "\n";
    }
    return ExitCode::kOk;
  }
  json_.Member("refused").Text(program.status().ToString()).Close();
  std::cerr << "writ inspect: " << Printable(path) << ": "
            << Printable(program.status().ToString()) << "\n";
  return ExitCode::kFindings;
}

ExitCode Inspection::InspectPolicies(const std::string& path,
                                     std::string text) {
  PolicyFile file = ParsePolicyText(path, std::move(text));
  CheckFile({}, &file);
  if (file.diagnostics.has_errors()) ComplainAbout(file);
  Begin(path, "policies");
  json_.Member("language").Text(file.is_json ? "json" : "writ");
  json_.Member("valid").Bool(!file.diagnostics.has_errors());
  json_.Member("tests").Number(file.content.tests.size());
  json_.Member("policies").Open('[');
  // Policies of imported files are counted where they stand.
  for (size_t i = 0; i < file.content.own_policies; ++i) {
    const PolicySummary summary = Summarise(
        file.content.policies[i], file.kinds[i], file.kind_was_guessed[i]);
    AddSummary(summary, &json_);
    if (!as_json_) {
      std::cout << Printable(path) << ": " << SummaryText(summary) << "\n";
    }
  }
  json_.Close().Close();
  return file.diagnostics.has_errors() ? ExitCode::kFindings : ExitCode::kOk;
}

}  // namespace

ExitCode RunInspect(Args args) {
  std::string format;
  std::vector<std::string> paths;
  Flags flags("inspect", "FILE...",
              "Sums up policies and program images: what they are about, how "
              "wide they are,\nhow much of the limits they use, and their "
              "digest. FILE may be a directory or -.");
  std::string max_steps;
  flags.Format({"pretty", "json"}, &format);
  flags.String("--max-steps", "N",
               "refuse an image whose worst request takes more steps of a unit",
               &max_steps);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  const std::optional<uint64_t> steps = ReadMaxSteps("inspect", max_steps);
  if (!steps) return ExitCode::kUsage;
  const Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("inspect", files.status());
  Inspection inspection(format == "json", {.max_steps = *steps});
  ExitCode exit = ExitCode::kOk;
  for (const std::string& path : *files) {
    exit = Worst(exit, inspection.Inspect(path));
  }
  inspection.Finish();
  return exit;
}

}  // namespace writ
