// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>
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
  // The system's own messages name the file.
  std::string_view lines = status.message();
  const bool named = lines.find("`" + path + "`") != std::string_view::npos;
  std::cerr << "writ: " << (named ? "" : Printable(path) + ": ");
  do {
    const size_t end = std::min(lines.find('\n'), lines.size());
    std::cerr << Printable(lines.substr(0, end)) << "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  } while (!lines.empty());
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

Status WriteBack(const std::string& path, std::string_view text) {
  std::error_code error;
  const std::string target = std::filesystem::canonical(path, error).string();
  struct stat info = {};
  if (error || ::stat(target.c_str(), &info) != 0) {
    return WriteFileAtomic(path, text, 0644);
  }
  return WriteFileAtomic(target, text, info.st_mode & 07777U);
}

}  // namespace writ
