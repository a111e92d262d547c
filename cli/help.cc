// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>
#include <utility>

namespace writ {
namespace {

constexpr HelpExample kExamples[] = {
#define EXAMPLE(command, line, meaning) {command, line, meaning},
#include "cli/examples.def"
#undef EXAMPLE
};

constexpr size_t kHelpColumn = 30;
constexpr size_t kLineWidth = 79;

// The text from `indent` on, broken between words; its own line breaks stay.
std::string Wrapped(std::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (column > indent && column + 1 + end > kLineWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out.push_back(' ');
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    if (end < text.size() && text[end] == '\n') {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void AppendFlag(const FlagInfo& flag, std::string* out) {
  std::string left = "      ";
  if (!flag.short_name.empty()) left = "  " + flag.short_name + ", ";
  if (!flag.name.starts_with("--")) left = "  ";
  left += flag.name;
  if (!flag.value_name.empty()) left += " " + flag.value_name;
  if (left.size() + 2 > kHelpColumn) {
    *out += left + "\n" + std::string(kHelpColumn, ' ');
  } else {
    left.resize(kHelpColumn, ' ');
    *out += left;
  }
  *out += Wrapped(flag.help, kHelpColumn) + "\n";
}

}  // namespace

std::vector<HelpExample> ExamplesOf(std::string_view command) {
  std::vector<HelpExample> examples;
  for (const HelpExample& example : kExamples) {
    if (example.command == command) examples.push_back(example);
  }
  return examples;
}

std::string HelpText(const CommandInfo& info) {
  std::string out = "usage: writ " + info.name;
  if (!info.flags.empty()) out += " [flags]";
  if (!info.positionals.empty()) out += " " + info.positionals;
  out += "\n\n" + Wrapped(info.about, 0) + "\n";
  if (!info.flags.empty()) out += "\nflags:\n";
  for (const FlagInfo& flag : info.flags) AppendFlag(flag, &out);
  out += "\nflags of every command:\n";
  for (const FlagInfo& flag : info.global_flags) AppendFlag(flag, &out);
  const std::vector<HelpExample> examples = ExamplesOf(info.name);
  if (!examples.empty()) out += "\nexamples:\n";
  for (const HelpExample& example : examples) {
    out += "  " + std::string(example.line) + "\n      " +
           std::string(example.meaning) + "\n";
  }
  return out;
}

}  // namespace writ
