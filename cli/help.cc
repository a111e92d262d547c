// SPDX-License-Identifier: Apache-2.0
// What `writ COMMAND --help` prints.
#include <algorithm>
#include <string>
#include <vector>

#include "cli/flags.h"

namespace writ {
namespace {

struct Example {
  std::string_view command;
  std::string_view line;
  std::string_view meaning;
};
constexpr Example kExamples[] = {
#define EXAMPLE(command, line, meaning) {command, line, meaning},
#include "cli/examples.def"
#undef EXAMPLE
};

constexpr size_t kHelpColumn = 30;

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

void AppendFlag(const FlagInfo& flag, std::string* out) {
  std::string left =
      flag.short_name.empty() ? "      " : "  " + flag.short_name + ", ";
  if (!flag.name.starts_with("--")) left = "  ";
  left += flag.name;
  if (!flag.value_name.empty()) left += " " + flag.value_name;
  if (left.size() + 2 > kHelpColumn) {
    *out += left + "\n" + std::string(kHelpColumn, ' ');
  } else {
    *out += Padded(std::move(left), kHelpColumn);
  }
  *out += flag.help + "\n";
}

}  // namespace

std::string HelpText(const CommandInfo& info) {
  std::string out = "usage: writ " + info.name;
  if (!info.flags.empty()) out += " [flags]";
  if (!info.positionals.empty()) out += " " + info.positionals;
  out += "\n\n" + info.about + "\n";
  if (!info.flags.empty()) out += "\nflags:\n";
  for (const FlagInfo& flag : info.flags) AppendFlag(flag, &out);
  out += "\nflags of every command:\n";
  for (const FlagInfo& flag : info.global_flags) AppendFlag(flag, &out);
  bool first = true;
  for (const Example& example : kExamples) {
    if (example.command != info.name) continue;
    if (first) out += "\nexamples:\n";
    first = false;
    out += "  " + std::string(example.line) + "\n";
    out += "      " + std::string(example.meaning) + "\n";
  }
  return out;
}

}  // namespace writ
