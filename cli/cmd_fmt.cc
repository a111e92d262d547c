// SPDX-License-Identifier: Apache-2.0
// `writ fmt`: the canonical form. JSON keeps the author's order of members,
// the Writ language its comments; a file with findings of syntax, or with a
// comment that would be lost, stays as it is.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"
#include "grammar/format_writ.h"
#include "grammar/json_tree.h"
#include "grammar/print.h"

namespace writ {
namespace {

std::optional<std::string> Format(PolicyFile* file) {
  if (file->is_json) {
    Diagnostics findings;
    const std::optional<JsonTree> tree = ReadJson(file->source, &findings);
    if (!tree || findings.has_errors()) return std::nullopt;
    return PrintJson(*tree, JsonLayout::kPretty) + "\n";
  }
  constexpr size_t kColumns = 100;
  file->diagnostics = Diagnostics();
  return FormatWrit(file->source, kColumns, &file->diagnostics);
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

void PrintLine(char mark, std::string_view line) {
  std::cout << mark << line;
  if (!line.ends_with('\n')) std::cout << "\n\\ no newline at end of file\n";
}

// One hunk: what lies between the lines that both texts begin and end with.
void PrintDiff(const std::string& path, std::string_view before,
               std::string_view after) {
  const std::vector<std::string_view> a = Lines(before);
  const std::vector<std::string_view> b = Lines(after);
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  const auto range = [head](size_t size) {
    return std::to_string(size == 0 ? head : head + 1) + "," +
           std::to_string(size);
  };
  std::cout << "--- " << Printable(path) << "\n+++ " << Printable(path) << "\n"
            << "@@ -" << range(a.size() - head - tail) << " +"
            << range(b.size() - head - tail) << " @@\n";
  for (size_t i = head; i < a.size() - tail; ++i) PrintLine('-', a[i]);
  for (size_t i = head; i < b.size() - tail; ++i) PrintLine('+', b[i]);
}

}  // namespace

ExitCode RunFmt(Args args) {
  bool check = false;
  bool diff = false;
  bool write = false;
  std::vector<std::string> paths;
  Flags flags("fmt", "PATH...",
              "Prints policies in canonical form on standard output.\n"
              "More than one file needs --write, --check or --diff.");
  flags.Bool("--check", "exit 3 when a file is not in canonical form", &check);
  flags.Bool("--diff", "show what would change, exit 3 when something would",
             &diff);
  flags.Bool("--write", "write the canonical form back into the files", &write);
  flags.Positionals(&paths, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  Result<std::vector<std::string>> files = ExpandPaths(paths);
  if (!files.ok()) return ComplainAbout("fmt", files.status());
  if (files->size() > 1 && !check && !diff && !write) {
    std::cerr << "writ fmt: more than one file needs --write, --check or "
                 "--diff\n";
    return ExitCode::kUsage;
  }
  ExitCode exit = ExitCode::kOk;
  for (const std::string& path : *files) {
    Result<PolicyFile> file = ReadPolicyFile(path);
    if (!file.ok()) {
      exit = Worst(exit, ComplainAbout(path, file.status()));
      continue;
    }
    const std::optional<std::string> text = Format(&*file);
    if (!text) {
      ComplainAbout(*file);
      exit = Worst(exit, ExitCode::kFindings);
      continue;
    }
    const bool same = *text == file->source.text();
    if (!same && diff) PrintDiff(path, file->source.text(), *text);
    if (!same && check && !diff) std::cout << Printable(path) << "\n";
    if (!same && (check || diff) && !write) {
      exit = Worst(exit, ExitCode::kFindings);
    }
    if (write && path == "-") {
      std::cerr << "writ fmt: standard input cannot be written back\n";
      exit = Worst(exit, ExitCode::kUsage);
    } else if (write && !same) {
      exit = Worst(exit, Deliver(*text, path));
    }
    if (!check && !diff && !write) std::cout << *text;
  }
  return exit;
}

}  // namespace writ
