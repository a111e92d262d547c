// SPDX-License-Identifier: Apache-2.0
// Hostile files through the built program: it says what is wrong, ends within a
// bound of time and memory, and never by a signal.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

constexpr size_t kTenMegabytes = 10U << 20;
constexpr rlim_t kMostSeconds = 10;
constexpr long kMostKilobytes = 500 * 1024;

std::string Repeat(const std::string& part, size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (size_t i = 0; i < count; ++i) text += part;
  return text;
}

const std::string kHead = "writ 1;\npolicy p identity { allow fc:x on *; }\n";

class HostileFiles : public WritProgramTest {
 protected:
  const std::vector<std::vector<std::string>> kCommands = {
      {"check"},     {"lint"},      {"fmt", "--check"},
      {"compile"},   {"decompile"}, {"fix", "--diff"},
      {"roundtrip"}, {"inspect"},   {"test"},
  };

  // Runs a command on a file in the folder, with a limit on its time, and holds
  // it to the promise: it refuses (or not, when `may_pass`) in words.
  void Holds(const std::vector<std::string>& command, const std::string& name,
             bool may_pass) {
    SCOPED_TRACE("writ " + command[0] + " " + name);
    std::vector<std::string> words = {Program()};
    words.insert(words.end(), command.begin(), command.end());
    words.push_back(name);
    const std::string said = folder() + "/.said";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      const rlimit limit = {kMostSeconds, kMostSeconds};
      ::setrlimit(RLIMIT_CPU, &limit);
      // What waits for ever uses no time of the processor.
      ::alarm(60);
      const int in = ::open("/dev/null", O_RDONLY);
      const int out =
          ::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
      if (::chdir(folder().c_str()) == 0 && ::dup2(in, 0) == 0 &&
          ::dup2(out, 1) == 1 && ::dup2(out, 2) == 2) {
        ::execv(arguments[0], arguments.data());
      }
      ::_exit(127);
    }
    int status = 0;
    rusage used = {};
    ASSERT_EQ(::wait4(child, &status, 0, &used), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_LT(used.ru_maxrss, kMostKilobytes);
    const int exit = WEXITSTATUS(status);
    const std::string words_said = Read(said);
    EXPECT_EQ(words_said.find('\x1b'), std::string::npos);
    if (exit == 0 && may_pass) return;
    EXPECT_TRUE(exit == 1 || exit == 2 || exit == 3) << exit;
    EXPECT_FALSE(words_said.empty());
    if (!may_pass) {
      EXPECT_NE(exit, 0);
    }
  }

  void EveryCommand(const std::string& name, bool may_pass = false) {
    for (const auto& command : kCommands) Holds(command, name, may_pass);
  }
  void EveryCommandRefuses(const std::string& name, const std::string& text) {
    Write(name, text);
    // What does not read is refused by what reads it: check and fmt.
    Holds({"check"}, name, false);
    EveryCommand(name, true);
  }
};

TEST_F(HostileFiles, BytesThatAreNoText) {
  const std::string json =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:@","Resource":"*"}]})";
  const std::string writ = "writ 1;\npolicy p identity { allow fc:@ on *; }\n";
  const std::pair<std::string, std::string> kBytes[] = {
      {"utf8", "\xff\xfe"},
      {"nul", std::string(1, '\0')},
      {"escape", "\x1b[31m"},
  };
  for (const auto& [name, bytes] : kBytes) {
    std::string text = json;
    EveryCommandRefuses(name + ".ram.json",
                        text.replace(text.find('@'), 1, bytes));
    text = writ;
    EveryCommandRefuses(name + ".writ", text.replace(text.find('@'), 1, bytes));
  }
  // Marks that turn the direction of text are a finding, no error.
  Write("bidi.writ",
        "writ 1;\npolicy p identity { allow fc:\xe2\x80\xae on *; }\n");
  EveryCommand("bidi.writ", true);
  EXPECT_NE(Run("lint " + folder() + "/bidi.writ").err.find("W-SYN-021"),
            std::string::npos);
  std::string wide = "\xff\xfe";
  for (char c : writ) wide += {c, '\0'};
  EveryCommandRefuses("utf16.writ", wide);
}

TEST_F(HostileFiles, TenMegabytesOfOneThing) {
  for (const std::string part : {"[", "{", "a", "allow fc:* on *;"}) {
    const std::string text = Repeat(part, (kTenMegabytes - 16) / part.size());
    for (const std::string end : {".ram.json", ".writ"}) {
      Write("big" + end, text);
      Holds({"check"}, "big" + end, false);
      Holds({"fmt", "--check"}, "big" + end, false);
    }
  }
}

TEST_F(HostileFiles, HundredThousandStatements) {
  const std::string statement =
      R"({"Effect":"Allow","Action":"fc:*","Resource":"*"})";
  Write("many.ram.json", R"({"Version":"1","Statement":[)" +
                             Repeat(statement + ",", 99999) + statement + "]}");
  Write("many.writ", "writ 1;\npolicy p identity {\n" +
                         Repeat("allow fc:* on *;\n", 100000) + "}\n");
  for (const std::string name : {"many.ram.json", "many.writ"}) {
    Holds({"check"}, name, false);
    Holds({"compile"}, name, false);
  }
}

TEST_F(HostileFiles, TenThousandLevels) {
  EveryCommandRefuses("deep.ram.json", Repeat("[", 10000) + Repeat("]", 10000));
  EveryCommandRefuses("deep.writ", "writ 1;\npolicy p identity " +
                                       Repeat("{", 10000) + Repeat("}", 10000));
}

TEST_F(HostileFiles, ImportsOfWhatIsNoPolicy) {
  ASSERT_EQ(::mkfifo((folder() + "/pipe").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("/dev/zero", (folder() + "/zero").c_str()), 0);
  for (const std::string name :
       {".", "self.writ", "/etc/passwd", "../../etc/passwd", "pipe", "zero"}) {
    Write("self.writ", "import \"" + name + "\";\n" + kHead);
    Holds({"check"}, "self.writ", false);
    Holds({"compile"}, "self.writ", false);
    Holds({"fix", "--diff"}, "self.writ", true);
  }
  std::string many = "writ 1;\n";
  for (int i = 0; i < 10000; ++i) {
    many += "import \"i" + std::to_string(i) + ".writ\";\n";
  }
  EveryCommandRefuses("many.writ", many);
}

TEST_F(HostileFiles, TestsOfWhatIsNoPolicy) {
  ASSERT_EQ(::mkfifo((folder() + "/pipe.writ").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("/dev/zero", (folder() + "/zero.writ").c_str()), 0);
  for (const std::string name : {".", "pipe.writ", "zero.writ", "none.writ"}) {
    Write("a.test.json",
          R"({"version": 1, "policies": [")" + name + R"("], "tests": []})");
    Holds({"test"}, "a.test.json", false);
  }
}

TEST_F(HostileFiles, ConfigurationThatIsAPipeOrTooDeep) {
  Write("a.writ", kHead);
  ASSERT_EQ(::mkfifo((folder() + "/.writ.toml").c_str(), 0600), 0);
  Holds({"check"}, "a.writ", true);
  Holds({"check", "--config", ".writ.toml"}, "a.writ", false);
  ASSERT_EQ(::unlink((folder() + "/.writ.toml").c_str()), 0);
  for (const std::string& text :
       {"a = " + Repeat("[", 10000), std::string("\xff\0", 2),
        std::string("[rules]\nW-PER-001 = 5\n"), Repeat("a", 2U << 20)}) {
    Write(".writ.toml", text);
    Holds({"check"}, "a.writ", false);
  }
}

TEST_F(HostileFiles, NamesThatStandForTooMuch) {
  std::string sets = "writ 1;\nset s0 = { fc:a, fc:b };\n";
  std::string templates = "writ 1;\ntemplate t0() { allow fc:x on *; }\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = std::to_string(i - 1);
    sets += "set s" + std::to_string(i) + " = { $s" + before + ", $s" + before +
            ", $s" + before + " };\n";
    templates += "template t" + std::to_string(i) + "() { " +
                 Repeat("use t" + before + "(); ", 10) + "}\n";
  }
  EveryCommandRefuses("sets.writ",
                      sets + "policy p identity { allow $s29 on *; }\n");
  EveryCommandRefuses("templates.writ",
                      templates + "policy p identity { use t29(); }\n");
}

}  // namespace
}  // namespace writ
