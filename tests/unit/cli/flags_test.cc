// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace writ {
namespace {

struct Parsed {
  std::optional<ExitCode> exit;
  std::string complaint;
  std::string output;
  std::string kind = "identity";
  std::vector<std::string> contexts;
  bool check = false;
  std::vector<std::string> paths;
};

Parsed Parse(const std::vector<std::string_view>& args) {
  Parsed parsed;
  Flags flags("demo", "PATH...", "For the test.");
  flags.String("-o,--output", "FILE", "where to", &parsed.output);
  flags.Choice("--kind", "which", {"identity", "trust"}, &parsed.kind);
  flags.Strings("--context", "K=V", "what else", &parsed.contexts);
  flags.Bool("--check", "only look", &parsed.check);
  flags.Positionals(&parsed.paths, 1, 2);
  ::testing::internal::CaptureStderr();
  parsed.exit = flags.Parse(args);
  parsed.complaint = ::testing::internal::GetCapturedStderr();
  return parsed;
}

TEST(Flags, ReadsEveryForm) {
  const Parsed parsed =
      Parse({"-o", "x", "--kind=trust", "--context", "a=1", "--context=b=2",
             "--check", "-", "--", "--file"});
  EXPECT_FALSE(parsed.exit) << parsed.complaint;
  EXPECT_EQ(parsed.output, "x");
  EXPECT_EQ(parsed.kind, "trust");
  EXPECT_EQ(parsed.contexts, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_TRUE(parsed.check);
  EXPECT_EQ(parsed.paths, (std::vector<std::string>{"-", "--file"}));
}

TEST(Flags, RefusesWhatItDoesNotKnow) {
  const struct {
    std::vector<std::string_view> args;
    const char* complaint;
  } cases[] = {
      {{"--chekc", "x"}, "did you mean `--check`"},
      {{"--kind", "other", "x"}, "identity|trust"},
      {{"x", "--output"}, "needs a value"},
      {{"--check=yes", "x"}, "takes no value"},
      {{"-o", "a", "-o", "b", "x"}, "given twice"},
      {{}, "PATH..."},
      {{"a", "b", "c"}, "too much"},
  };
  for (const auto& c : cases) {
    const Parsed parsed = Parse(c.args);
    EXPECT_EQ(parsed.exit, ExitCode::kUsage) << c.complaint;
    EXPECT_NE(parsed.complaint.find(c.complaint), std::string::npos)
        << parsed.complaint;
  }
}

}  // namespace
}  // namespace writ
