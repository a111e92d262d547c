// SPDX-License-Identifier: Apache-2.0
//
// Becomes `writd supervise`, which stands beside this program.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"

namespace writ {

ExitCode RunUp(Args args) {
  std::string data = "./.writ";
  std::string listen = "127.0.0.1:9443";
  Flags flags("up", "",
              "Runs the whole platform on this machine, in the foreground, "
              "until SIGTERM or SIGINT. Needs root. Says `writ is ready on "
              "URL` once it serves; DATA/credentials.json tells clients how "
              "to reach it.");
  flags.String("--data", "DIR", "where everything is kept (default ./.writ)",
               &data);
  flags.String("--listen", "HOST:PORT",
               "loopback address of the endpoint (default 127.0.0.1:9443; "
               "port 0: a free one)",
               &listen);
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  std::string program(self, size > 0 ? static_cast<size_t>(size) : 0);
  program.resize(program.rfind('/') + 1);
  program += "writd";
  std::vector<std::string> words = {program, "supervise", "--data=" + data,
                                    "--listen=" + listen};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::cout.flush();
  // A stop that is asked for while the program changes waits for the
  // supervisor, which answers it in order (P01).
  sigset_t held;
  ::sigemptyset(&held);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    ::sigaddset(&held, number);
  }
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
  ::execv(program.c_str(), arguments.data());
  std::cerr << "writ: cannot run `" << program << "`: " << std::strerror(errno)
            << "\n";
  return ExitCode::kUsage;
}

}  // namespace writ
