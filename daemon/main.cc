// SPDX-License-Identifier: Apache-2.0
//
// writd: the platform's own processes.
//   writd supervise [--data=DIR] [--listen=HOST:PORT]   what `writ up` runs
//   writd core …                                        started by supervise
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/core.h"
#include "daemon/supervisor.h"

namespace {

int Usage() {
  std::fputs("usage: writd supervise [--data=DIR] [--listen=HOST:PORT]\n",
             stderr);
  return 2;
}

int Supervise(std::span<const std::string_view> arguments) {
  writ::SupervisorOptions options;
  for (const std::string_view argument : arguments) {
    if (argument.starts_with("--data=")) {
      options.data_path = argument.substr(7);
    } else if (argument.starts_with("--listen=")) {
      options.listen = argument.substr(9);
    } else {
      return Usage();
    }
  }
  return writ::RunSupervisor(options);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) return Usage();
  const std::span<const std::string_view> rest = std::span(words).subspan(1);
  if (words[0] == "supervise") return Supervise(rest);
  if (words[0] == "core") return writ::RunCore(rest);
  return Usage();
}
