// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_CLI_RUN_WRIT_H_
#define WRIT_TESTS_UNIT_CLI_RUN_WRIT_H_

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace writ {

// Runs the built program in a folder of its own, which goes with the test.
class WritProgramTest : public ::testing::Test {
 protected:
  struct Outcome {
    int exit;
    std::string out;
    std::string err;
  };

  WritProgramTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "writ-cli-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~WritProgramTest() override { std::filesystem::remove_all(folder_); }

  const std::string& folder() const { return folder_; }
  static std::string Program() { return WRIT_PROGRAM; }

  // Writes a file below the folder and returns its path.
  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  Outcome RunShell(const std::string& script) {
    const std::string command =
        "{ " + script + "\n} >" + folder_ + "/.out 2>" + folder_ + "/.err";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            Read(folder_ + "/.out"), Read(folder_ + "/.err")};
  }
  Outcome Run(const std::string& arguments) {
    return RunShell(Program() + " " + arguments);
  }

  // As `writ help` lists them.
  std::vector<std::string> CommandNames() {
    std::vector<std::string> names;
    std::istringstream lines(Run("help").out);
    bool listed = false;
    for (std::string line; std::getline(lines, line);) {
      if (line == "commands:") {
        listed = true;
      } else if (line.empty()) {
        if (listed) break;
      } else if (listed) {
        names.push_back(line.substr(2, line.find(' ', 2) - 2));
      }
    }
    EXPECT_GT(names.size(), 10U);
    return names;
  }

 private:
  std::string folder_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_CLI_RUN_WRIT_H_
