// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

#include "base/file.h"
#include "cli/process.h"
#include "cli/version.h"
#include "grammar/render.h"

namespace writ {
namespace {

constexpr std::pair<FindingFormat, std::string_view> kFormats[] = {
    {FindingFormat::kPretty, "pretty"}, {FindingFormat::kCompact, "compact"},
    {FindingFormat::kPlain, "plain"},   {FindingFormat::kJson, "json"},
    {FindingFormat::kJsonl, "jsonl"},   {FindingFormat::kSarif, "sarif"},
    {FindingFormat::kJunit, "junit"},   {FindingFormat::kGithub, "github"},
    {FindingFormat::kTap, "tap"},
};

}  // namespace

void ComplainAbout(const PolicyFile& file) {
  std::cerr << RenderFindings(file.source, file.diagnostics,
                              FindingFormat::kPretty);
}

ExitCode ComplainAbout(const std::string& path, const Status& status) {
  std::cerr << "writ: " << Printable(path) << ": " << status.message() << "\n";
  return status.code() == StatusCode::kInternal ? ExitCode::kInternal
                                                : ExitCode::kUsage;
}

std::optional<FindingFormat> FindingFormatNamed(std::string_view name) {
  for (const auto& [format, known] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

ExitCode DeliverFindings(std::span<const PolicyFile> files,
                         FindingFormat format, const GlobalFlags& global) {
  const bool for_people = format == FindingFormat::kPretty ||
                          format == FindingFormat::kPlain ||
                          format == FindingFormat::kCompact;
  const bool to_file = !OutputFile().empty();
  RenderOptions options;
  options.color = !to_file && UseColor(global, STDERR_FILENO);
  options.verbose = global.verbose;
  options.summary = !global.quiet;
  options.tool_version = BuildVersion();
  ExitCode exit = ExitCode::kOk;
  std::vector<FileFindings> found;
  for (const PolicyFile& file : files) {
    if (file.diagnostics.has_errors()) exit = ExitCode::kFindings;
    found.push_back({&file.source, &file.diagnostics});
  }
  (for_people && !to_file ? std::cerr : std::cout)
      << RenderReport(found, format, options);
  return exit;
}

bool UseColor(const GlobalFlags& global, int fd) {
  if (global.color != "auto") return global.color == "always";
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (refused == nullptr || *refused == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb") &&
         ::isatty(fd) != 0;
}

ExitCode Deliver(const std::string& text, const std::string& path) {
  if (path.empty() || path == "-" || path == OutputFile()) {
    std::cout << text;
    return ExitCode::kOk;
  }
  if (Status status = WriteFileAtomic(path, text, 0644); !status.ok()) {
    return ComplainAbout(path, status);
  }
  return ExitCode::kOk;
}

}  // namespace writ
