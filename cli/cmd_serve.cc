// SPDX-License-Identifier: Apache-2.0
//
// Becomes `writ-sidecar`, which stands beside this program and holds no
// compiler.
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"

namespace writ {
namespace {

// The flags of the sidecar, declared here so that help, completion and manual
// pages know them; they are passed on as they were given.
struct ServeFlags {
  using Text = std::string;
  using Texts = std::vector<std::string>;
  using Switch = bool;
#define FLAG(Kind, field, ...) Kind field = {};
#include "sidecar/flags.def"
#undef FLAG
};

// --help and --version are those of every command.
bool IsGlobal(std::string_view name) {
  return name == "--help" || name == "--version";
}

void Declare(std::string_view name, std::string_view value,
             std::string_view meaning, std::string* out, Flags* flags) {
  flags->String(name, value, meaning, out);
}
void Declare(std::string_view name, std::string_view value,
             std::string_view meaning, std::vector<std::string>* out,
             Flags* flags) {
  flags->Strings(name, value, meaning, out);
}
void Declare(std::string_view name, std::string_view, std::string_view meaning,
             bool* out, Flags* flags) {
  if (!IsGlobal(name)) flags->Bool(name, meaning, out);
}

void Pass(std::string_view name, const std::string& value,
          std::vector<std::string>* words) {
  if (!value.empty()) words->push_back(std::string(name) + "=" + value);
}
void Pass(std::string_view name, const std::vector<std::string>& values,
          std::vector<std::string>* words) {
  for (const std::string& value : values) Pass(name, value, words);
}
void Pass(std::string_view name, bool given, std::vector<std::string>* words) {
  if (given) words->emplace_back(name);
}

// The program of that name beside this one.
std::string BesideThis(std::string_view name) {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  std::string program(self, size > 0 ? static_cast<size_t>(size) : 0);
  program.resize(program.rfind('/') + 1);
  return program + std::string(name);
}

}  // namespace

ExitCode RunServe(Args args) {
  ServeFlags given;
  Flags flags("serve", "",
              "Answers authorization questions of other programs from a signed "
              "bundle, in the foreground, until SIGTERM or SIGINT; SIGHUP "
              "reads keys, bundle and certificates again. Says `writ-sidecar "
              "is ready` once it serves. This is the program `writ-sidecar`.");
#define FLAG(Kind, field, name, value, meaning) \
  Declare(name, value, meaning, &given.field, &flags);
#include "sidecar/flags.def"
#undef FLAG
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  std::vector<std::string> words = {BesideThis("writ-sidecar")};
#define FLAG(Kind, field, name, value, meaning) Pass(name, given.field, &words);
#include "sidecar/flags.def"
#undef FLAG
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::cout.flush();
  ::execv(arguments[0], arguments.data());
  std::cerr << "writ: cannot run `" << words[0] << "`: " << std::strerror(errno)
            << "\n";
  return ExitCode::kUsage;
}

}  // namespace writ
