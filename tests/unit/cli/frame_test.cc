// SPDX-License-Identifier: Apache-2.0
// What every command has in common, as a user meets it: global flags, help,
// manual pages, completion, paths, and the commands about the tool itself.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class FrameTest : public WritProgramTest {};

constexpr char kBad[] = "writ 1;\npolicy p identity {\n  allow fc on *;\n}\n";

TEST_F(FrameTest, GlobalFlagsStandBeforeAndBehindTheCommand) {
  Write("dir/p.writ", kBad);
  for (const std::string& line :
       {"-C " + folder() + "/dir check --format compact p.writ",
        "check -C " + folder() + "/dir --format compact p.writ",
        "--color never -C " + folder() +
            "/dir check --format=compact p.writ"}) {
    const Outcome outcome = Run(line);
    EXPECT_EQ(outcome.exit, 3) << line << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("p.writ:3:9: error[W-TYP-001]"));
  }
  EXPECT_EQ(Run("-C " + folder() + "/none check p.writ").exit, 2);
  EXPECT_EQ(Run("check -C a -C b p.writ").exit, 2);
}

TEST_F(FrameTest, OutputGoesToTheFile) {
  const std::string path = Write("p.writ", kBad);
  const std::string report = folder() + "/report";
  const Outcome outcome =
      Run("check --format json --output " + report + " " + path);
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(Json::parse(Read(report))["errors"], 1);
  EXPECT_EQ(Run("-o " + report + " check " + path).exit, 3);
  EXPECT_THAT(Read(report), HasSubstr("┌─"));
  EXPECT_THAT(Read(report), Not(HasSubstr("\x1b")));
  EXPECT_EQ(Run("version -o " + folder() + "/none/file").exit, 2);
}

TEST_F(FrameTest, ColourIsForTerminalsUnlessToldOtherwise) {
  const std::string path = Write("p.writ", kBad);
  EXPECT_THAT(Run("check " + path).err, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Run("check --color always " + path).err, HasSubstr("\x1b["));
  EXPECT_THAT(Run("check --color never " + path).err, Not(HasSubstr("\x1b[")));
  EXPECT_EQ(Run("check --color blue " + path).exit, 2);
}

TEST_F(FrameTest, QuietReportsLeaveTheCountOut) {
  const std::string path = Write("p.writ", kBad);
  EXPECT_THAT(Run("check " + path).err, HasSubstr("1 error in 1 file"));
  EXPECT_THAT(Run("check -q " + path).err, Not(HasSubstr("in 1 file")));
}

TEST_F(FrameTest, TheTimeLimitEndsACommandThatWaits) {
  // Nobody ever writes to the pipe that it reads.
  const Outcome outcome =
      RunShell("mkfifo " + folder() + "/pipe; " + Program() +
               " --timeout 200ms check - <>" + folder() + "/pipe");
  EXPECT_EQ(outcome.exit, 6);
  EXPECT_EQ(outcome.err, "writ: no answer within --timeout\n");
  EXPECT_EQ(Run("version --timeout soon").exit, 2);
  EXPECT_EQ(Run("version --timeout 10s").exit, 0);
}

TEST_F(FrameTest, EveryCommandHasHelpAPageAndCompletions) {
  const std::string bash = Run("completion bash").out;
  for (const std::string& name : CommandNames()) {
    const Outcome help = Run(name + " --help");
    EXPECT_EQ(help.exit, 0) << name;
    EXPECT_THAT(help.out, ::testing::StartsWith("usage: writ " + name));
    EXPECT_EQ(help.out, Run("help " + name).out);
    EXPECT_EQ(help.out, Run("--help " + name).out);
    size_t at = 0;
    while (at < help.out.size()) {
      const size_t end = help.out.find('\n', at);
      EXPECT_LE(end - at, 100U)
          << name << ": " << help.out.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_THAT(Run("man " + name).out, HasSubstr(".SH EXIT STATUS"));
    EXPECT_THAT(bash, HasSubstr("      " + name + ") _writ_words"));
  }
  EXPECT_EQ(Run("help nonsense").exit, 2);
  EXPECT_EQ(Run("").exit, 2);
}

TEST_F(FrameTest, ManualPagesAreRoffWithoutComplaints) {
  for (const std::string& name : CommandNames()) {
    const Outcome outcome = RunShell(
        "command -v groff >/dev/null || exit 0; " + Program() + " man " + name +
        " | groff -man -Tutf8 -ww >" + folder() + "/page");
    EXPECT_EQ(outcome.exit, 0) << name;
    EXPECT_EQ(outcome.err, "") << name;
  }
  const std::string page = Run("man check").out;
  EXPECT_THAT(page, HasSubstr(".TH \"WRIT\\-CHECK\" 1"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-kind\\fR"));
  EXPECT_THAT(Run("man").out, HasSubstr("writ\\-check"));
  EXPECT_EQ(Run("man nonsense").exit, 2);
}

TEST_F(FrameTest, BashCompletesCommandsFlagsChoicesAndFiles) {
  Write("some policy.writ", kBad);
  Write("sub/other.writ", kBad);
  Write("completion.bash", Run("completion bash").out);
  // The words of the line; the last one is completed.
  const auto complete = [this](const std::string& words) {
    const Outcome outcome = RunShell(
        "cd " + folder() + " && bash --norc -c 'source completion.bash; " +
        "COMP_WORDS=(" + words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); " +
        "_writ; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
    EXPECT_EQ(outcome.err, "") << words;
    return outcome.out;
  };
  EXPECT_EQ(complete("writ che"), "check\n");
  EXPECT_THAT(complete("writ \"\""), HasSubstr("completion\n"));
  EXPECT_EQ(complete("writ check --ki"), "--kind\n");
  EXPECT_EQ(complete("writ check --kind t"), "trust\n");
  EXPECT_EQ(complete("writ check --format = sa"), "sarif\n");
  EXPECT_EQ(complete("writ check --color ="), "auto\nalways\nnever\n");
  EXPECT_EQ(complete("writ -C sub --color al"), "always\n");
  EXPECT_EQ(complete("writ -C sub check --kind id"), "identity\n");
  EXPECT_EQ(complete("writ check so"), "some policy.writ\n");
  EXPECT_EQ(complete("writ -C s"), "sub\n");
  EXPECT_EQ(complete("writ completion z"), "zsh\n");
  EXPECT_EQ(complete("writ help insp"), "inspect\n");
  EXPECT_EQ(complete("writ man insp"), "inspect\n");
  EXPECT_EQ(complete("writ --timeo"), "--timeout\n");
}

TEST_F(FrameTest, OtherShellsAreGivenEveryCommandToo) {
  const std::string zsh = Run("completion zsh").out;
  const std::string fish = Run("completion fish").out;
  EXPECT_THAT(zsh, ::testing::StartsWith("#compdef writ\n"));
  for (const std::string& name : CommandNames()) {
    EXPECT_THAT(zsh, HasSubstr("    " + name + ")\n"));
    EXPECT_THAT(fish, HasSubstr(" -a " + name + " -d "));
  }
  EXPECT_THAT(fish, HasSubstr("__fish_seen_subcommand_from check' -l kind -x "
                              "-a 'identity resource trust session control'"));
  EXPECT_EQ(Run("completion tcsh").exit, 2);
}

TEST_F(FrameTest, SchemasDescribeTheJsonThatIsPrinted) {
  const std::string path = Write("p.writ", kBad);
  for (const std::string& line : {std::string("check --format json ") + path,
                                  std::string("inspect --format json ") + path,
                                  std::string("version --json")}) {
    const std::string command = line.substr(0, line.find(' '));
    const Json schema = Json::parse(Run(command + " --json-schema").out);
    EXPECT_EQ(schema["$schema"],
              "https://json-schema.org/draft/2020-12/schema");
    const Json document = Json::parse(Run(line).out);
    EXPECT_EQ(document["schema_version"], 1) << line;
    for (const Json& name : schema["required"]) {
      EXPECT_TRUE(document.contains(name.get<std::string>())) << line << name;
    }
    for (const auto& [name, value] : document.items()) {
      EXPECT_TRUE(schema["properties"].contains(name)) << line << name;
    }
  }
  const Json finding =
      Json::parse(Run("check --format json " + path).out)["findings"][0];
  const Json schema =
      Json::parse(Run("check --json-schema").out)["$defs"]["finding"];
  for (const auto& [name, value] : finding.items()) {
    EXPECT_TRUE(schema["properties"].contains(name)) << name;
  }
  EXPECT_EQ(Run("fmt --json-schema").exit, 2);
}

TEST_F(FrameTest, JunitReportsAreXmlWhateverThePolicySays) {
  const std::string path =
      Write("a&b<c>\"d.writ", "policy \x01\xEF\xBF\xBF ]]> <x> & {\n");
  const Outcome outcome = RunShell(
      Program() + " check --format junit '" + path +
      "' | python3 -c 'import "
      "sys, xml.etree.ElementTree as e; "
      "root = e.fromstring(sys.stdin.buffer.read()); "
      "print(root.tag, len(root), root[0].attrib[\"failures\"] != \"0\")'");
  EXPECT_EQ(outcome.out, "testsuites 1 True\n") << outcome.err;
}

TEST_F(FrameTest, PatternsStandForFiles) {
  for (const char* name : {"one.writ", "two.writ", "sub/three.writ"}) {
    Write(name, kBad);
  }
  Write("sub/note.txt", "no policy");
  const auto files = [this](const std::string& pattern) {
    const Outcome outcome =
        Run("-C " + folder() + " check --format compact '" + pattern + "'");
    std::string names;
    for (const char* name : {"one", "two", "three"}) {
      if (outcome.err.find(std::string(name) + ".writ:") != std::string::npos) {
        names += std::string(name) + " ";
      }
    }
    return names;
  };
  EXPECT_EQ(files("*.writ"), "one two ");
  EXPECT_EQ(files("t*.writ"), "two ");
  EXPECT_EQ(files("**/*.writ"), "one two three ");
  EXPECT_EQ(files("s?b/*.writ"), "three ");
  EXPECT_EQ(files("./*.writ"), "one two ");
  EXPECT_EQ(Run("check '" + folder() + "/none*.writ'").exit, 2);
  EXPECT_EQ(Run("check '" + folder() + "/*.writ'").exit, 3);
  // A file of that very name goes before the pattern.
  Write("[a]*.writ", kBad);
  EXPECT_EQ(files("[a]*.writ"), "");
  EXPECT_EQ(Run("-C " + folder() + " check '[a]*.writ'").exit, 3);
}

TEST_F(FrameTest, InitMakesAProjectThatPassesEverything) {
  const std::string project = folder() + "/project";
  ASSERT_EQ(Run("init " + project).exit, 0);
  const std::string in = "-C " + project + " ";
  EXPECT_EQ(Run(in + "check policies").err, "no findings in 1 file\n");
  EXPECT_EQ(Run(in + "lint policies").exit, 0) << Run(in + "lint policies").err;
  EXPECT_EQ(Run(in + "fmt --check policies").exit, 0)
      << Run(in + "fmt --diff policies").out;
  EXPECT_EQ(Run(in + "test policies").exit, 0)
      << Run(in + "test policies").out << Run(in + "test policies").err;
  // Nothing is written over.
  Write("project/.writ.toml", "# mine\n");
  const Outcome again = Run("init " + project);
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.out, HasSubstr("kept     " + project + "/.writ.toml"));
  EXPECT_EQ(Read(project + "/.writ.toml"), "# mine\n");
}

TEST_F(FrameTest, InspectSumsUpPoliciesAndPrograms) {
  const std::string path =
      Write("p.writ",
            "writ 1;\npolicy p identity {\n"
            "  allow [oss:Get*, fc:InvokeFunction] on *\n"
            "    when acs:SourceIp within 10.0.0.0/8;\n"
            "  deny all except oss:GetObject on acs:oss:*:*:b/*;\n}\n");
  const Json report = Json::parse(Run("inspect --format json " + path).out);
  const Json& policy = report["files"][0]["policies"][0];
  EXPECT_EQ(policy["statements"], 2);
  EXPECT_EQ(policy["allows"], 1);
  EXPECT_EQ(policy["denies"], 1);
  EXPECT_EQ(policy["services"], (Json{"fc", "oss"}));
  EXPECT_EQ(policy["condition_keys"], Json::array({"acs:SourceIp"}));
  EXPECT_EQ(policy["wildcards"]["actions"], 1);
  EXPECT_EQ(policy["wildcards"]["every_resource"], 1);
  EXPECT_EQ(policy["wildcards"]["negated_lists"], 1);
  EXPECT_EQ(policy["limit"], 6144);
  const std::string minified = Run("compile --minify " + path).out;
  EXPECT_EQ(policy["characters"], minified.size() - 1);
  // The digest is that of the JSON, whichever language the policy is in.
  Write("p.ram.json", minified);
  const Json twin =
      Json::parse(Run("inspect --format json " + folder() + "/p.ram.json").out);
  EXPECT_EQ(twin["files"][0]["policies"][0]["sha256"], policy["sha256"]);
  EXPECT_THAT(Run("inspect " + path).out, HasSubstr("2: 1 allow, 1 deny"));

  const std::string image = folder() + "/p.prog";
  ASSERT_EQ(Run("compile --target program -o " + image + " " + path).exit, 0);
  const Json program = Json::parse(
      Run("inspect --format json " + image).out)["files"][0]["program"];
  EXPECT_EQ(program["verified"], true);
  EXPECT_EQ(program["statements"], 2);
  EXPECT_GT(program["worst_steps"], 0);
  EXPECT_EQ(program["bytes"], Read(image).size());
  // What is printed is what --max-steps holds it to, here and there.
  const int steps = program["worst_steps"];
  const std::string enough = " --max-steps " + std::to_string(steps) + " ";
  const std::string less = " --max-steps " + std::to_string(steps - 1) + " ";
  EXPECT_EQ(Run("inspect" + enough + image).exit, 0);
  EXPECT_EQ(Run("inspect" + less + image).exit, 3);
  for (const char* without : {"", "--without index"}) {
    const std::string compile =
        "compile --target program -o " + image + " " + without;
    EXPECT_EQ(Run(compile + " " + path).exit, 0);
    const int most =
        Json::parse(Run("inspect --format json " + image)
                        .out)["files"][0]["program"]["worst_steps"];
    std::filesystem::remove(image);
    const auto bounded = [&](int bound) {
      return Run(compile + " --max-steps " + std::to_string(bound) + " " +
                 path);
    };
    const Outcome refused = bounded(most - 1);
    EXPECT_EQ(refused.exit, 3) << without;
    EXPECT_THAT(refused.err, HasSubstr(std::to_string(most) + " steps"));
    EXPECT_FALSE(std::filesystem::exists(image));
    EXPECT_EQ(bounded(most).exit, 0) << without;
    EXPECT_EQ(bounded(0).exit, 2);
  }
  EXPECT_EQ(Run("compile --max-steps 9 " + path).exit, 2);
  std::string damaged = Read(image);
  damaged[damaged.size() / 2] ^= 1;
  Write("damaged.prog", damaged);
  EXPECT_EQ(Run("inspect " + folder() + "/damaged.prog").exit, 3);
  EXPECT_EQ(Run("inspect " + Write("bad.writ", kBad)).exit, 3);
  EXPECT_EQ(Run("inspect " + folder() + "/none").exit, 2);
}

TEST_F(FrameTest, VersionSaysWhatAScriptAsksFor) {
  const Json version = Json::parse(Run("version --json").out);
  EXPECT_EQ(version["language"], 1);
  EXPECT_EQ(version["ram"], "1");
  EXPECT_GE(version["catalogue_services"], 8);
  EXPECT_EQ(Run("version").out, Run("--version").out);
  EXPECT_EQ(Run("version").out, Run("check --version").out);
}

}  // namespace
}  // namespace writ
