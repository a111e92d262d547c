// SPDX-License-Identifier: Apache-2.0
//
// writ-sidecar: answers authorization questions from a signed bundle. Holds no
// compiler and no grammar.
#include <cstdio>
#include <span>
#include <string>

#include "sidecar/flags.h"
#include "sidecar/service.h"

int main(int argc, char** argv) {
  const std::span<const char* const> words(argv + 1, argv + argc);
  const writ::Result<writ::SidecarFlags> flags = writ::ParseSidecarFlags(words);
  if (!flags.ok()) {
    const std::string what(flags.status().message());
    std::fprintf(stderr, "writ-sidecar: %s\n`writ-sidecar --help` says more.\n",
                 what.c_str());
    return 2;
  }
  if (flags.value().help) {
    std::fputs(writ::SidecarHelp().c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  if (flags.value().version) {
    std::puts("writ-sidecar " WRIT_VERSION);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  return writ::RunService(flags.value());
}
