// SPDX-License-Identifier: Apache-2.0
// `writ fmt`: the canonical form. JSON keeps the author's order of members, the
// Writ language the author's words and comments; a file with findings of syntax
// stays as it is.
#include <charconv>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "cli/text_diff.h"
#include "grammar/format_writ.h"
#include "grammar/json_tree.h"
#include "grammar/print.h"
#include "grammar/render.h"

namespace writ {
namespace {

struct FormatRequest {
  bool check = false;
  bool diff = false;
  bool write = false;
  size_t width = 100;
};

// The canonical text, or nothing; then the file has findings.
std::optional<std::string> Format(const FormatRequest& request,
                                  PolicyFile* file) {
  if (!file->is_json) {
    return FormatWrit(file->source, request.width, &file->diagnostics);
  }
  const std::optional<JsonTree> tree =
      ReadJson(file->source, &file->diagnostics);
  if (!tree || file->diagnostics.has_errors()) return std::nullopt;
  return PrintJson(*tree, JsonLayout::kPretty) + "\n";
}

ExitCode FormatFile(const std::string& path, const FormatRequest& request) {
  Result<PolicyFile> file = ReadPolicyFile(path);
  if (!file.ok()) return ComplainAbout(path, file.status());
  file->diagnostics = Diagnostics();  // only those of syntax matter here
  const std::optional<std::string> text = Format(request, &*file);
  if (!text) {
    ComplainAbout(*file);
    return ExitCode::kFindings;
  }
  const bool same = *text == file->source.text();
  if (request.diff) {
    std::cout << UnifiedDiff(path, file->source.text(), *text);
  } else if (request.check && !same) {
    std::cout << Printable(path) << "\n";
  }
  if (request.write) {
    if (path == "-") {
      std::cerr << "writ fmt: standard input cannot be written back\n";
      return ExitCode::kUsage;
    }
    if (same) return ExitCode::kOk;
    const Status status = WriteBack(path, *text);
    return status.ok() ? ExitCode::kOk : ComplainAbout(path, status);
  }
  if (!request.check && !request.diff) {
    std::cout << *text;
    return ExitCode::kOk;
  }
  return same ? ExitCode::kOk : ExitCode::kFindings;
}

}  // namespace

ExitCode RunFmt(Args args) {
  FormatRequest request;
  std::string width;
  std::vector<std::string> paths;
  Flags flags("fmt", "PATH...",
              "Prints policies in canonical form on standard output.\n"
              "More than one file needs --write, --check or --diff.");
  flags.Bool("--check", "name the files that are not in form; exit 3",
             &request.check);
  flags.Bool("--diff", "show what would change; exit 3 when something would",
             &request.diff);
  flags.Bool("--write", "write the canonical form back into the files",
             &request.write);
  flags.String("--width", "N",
               "columns of a line of the Writ language (default: 100)", &width);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  if (!width.empty()) {
    const char* end = width.data() + width.size();
    const auto read = std::from_chars(width.data(), end, request.width);
    if (read.ec != std::errc() || read.ptr != end || request.width < 40 ||
        request.width > 1000) {
      std::cerr << "writ fmt: --width takes a number from 40 to 1000\n";
      return ExitCode::kUsage;
    }
  }
  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("fmt", files.status());
  if (files->size() > 1 && !request.check && !request.diff && !request.write) {
    std::cerr << "writ fmt: more than one file needs --write, --check or "
                 "--diff\n";
    return ExitCode::kUsage;
  }
  ExitCode exit = ExitCode::kOk;
  for (const std::string& path : *files) {
    exit = Worst(exit, FormatFile(path, request));
  }
  return exit;
}

}  // namespace writ
