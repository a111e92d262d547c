// SPDX-License-Identifier: Apache-2.0
// `writ man`: manual pages, made from what the commands say about themselves.
// `writ man check | man -l -` shows one.
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/version.h"
#include "grammar/render.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// Text for roff: no character of it is a request or an escape.
std::string Roff(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool at_line_start = i == 0 || text[i - 1] == '\n';
    if (at_line_start && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else if (text[i] == '`') {
      out += "\\(ga";
    } else if (static_cast<unsigned char>(text[i]) >= 0x80) {
      const CodePoint point = DecodeUtf8(text, i);
      char escape[16];
      std::snprintf(escape, sizeof(escape), "\\[u%04X]", point.value);
      out += escape;
      i += point.size - 1;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// A macro argument in quotes.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : Roff(text)) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  return out + "\"";
}

std::string Title(std::string_view name) {
  std::string upper;
  for (char c : name) {
    upper.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A')
                                         : c);
  }
  return ".TH " + Quoted(upper) + " 1 \"\" " +
         Quoted("writ " + std::string(BuildVersion())) + " \"Writ\"\n";
}

std::string FlagItem(const FlagInfo& flag) {
  std::string item = ".TP\n";
  if (!flag.short_name.empty())
    item += "\\fB" + Roff(flag.short_name) + "\\fR, ";
  item += "\\fB" + Roff(flag.name) + "\\fR";
  if (!flag.value_name.empty()) {
    item += " \\fI" + Roff(flag.value_name) + "\\fR";
  }
  return item + "\n" + Roff(flag.help) + (flag.repeats ? " (repeatable)" : "") +
         "\n";
}

std::string ExitStatus() {
  std::string out = ".SH EXIT STATUS\n";
#define EXIT_CODE(number, Name, meaning) \
  out += ".TP\n.B " #number "\n" + Roff(meaning) + "\n";
#include "cli/exit_codes.def"
#undef EXIT_CODE
  return out;
}

std::string CommandPage(const Command& command) {
  const CommandInfo info = Describe(command);
  const std::string name = "writ-" + info.name;
  std::string page = Title(name) + ".SH NAME\n" + Roff(name) + " \\- " +
                     Roff(command.summary) + "\n.SH SYNOPSIS\n.B writ " +
                     Roff(info.name) + "\n[flags]";
  if (!info.positionals.empty()) page += " " + Roff(info.positionals);
  page += "\n.SH DESCRIPTION\n" + Roff(info.about) + "\n";
  if (!info.flags.empty()) page += ".SH OPTIONS\n";
  for (const FlagInfo& flag : info.flags) page += FlagItem(flag);
  page += ".SH OPTIONS OF EVERY COMMAND\n";
  for (const FlagInfo& flag : info.global_flags) page += FlagItem(flag);
  const std::vector<HelpExample> examples = ExamplesOf(info.name);
  if (!examples.empty()) page += ".SH EXAMPLES\n";
  for (const HelpExample& example : examples) {
    page +=
        ".TP\n.B " + Quoted(example.line) + "\n" + Roff(example.meaning) + "\n";
  }
  return page + ExitStatus() + ".SH SEE ALSO\n.BR writ (1)\n";
}

std::string ProgramPage() {
  std::string page = Title("writ") +
                     ".SH NAME\nwrit \\- write, check, test and enforce "
                     "policies\n.SH SYNOPSIS\n.B writ\nCOMMAND [flags] ...\n"
                     ".SH COMMANDS\n";
  for (const Command& command : Commands()) {
    page += ".TP\n.BR " + Quoted("writ-" + std::string(command.name)) +
            " (1)\n" + Roff(command.summary) + "\n";
  }
  return page + ExitStatus();
}

}  // namespace

ExitCode RunMan(Args args) {
  std::vector<std::string> names;
  Flags flags("man", "[COMMAND]",
              "Prints the manual page of a command, or of writ itself, for "
              "man(1).");
  flags.Positionals(&names, 0, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  if (names.empty()) return Deliver(ProgramPage(), "");
  for (const Command& command : Commands()) {
    if (command.name == names[0]) return Deliver(CommandPage(command), "");
  }
  std::cerr << "writ man: no command `" << Printable(names[0]) << "`\n";
  return ExitCode::kUsage;
}

}  // namespace writ
