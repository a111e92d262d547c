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

TEST(Flags, TheFirstFormatIsTheDefault) {
  for (const bool given : {false, true}) {
    std::string format;
    Flags flags("demo", "", "For the test.");
    flags.Format({"pretty", "json"}, &format);
    std::vector<std::string_view> args;
    if (given) args = {"--format", "json"};
    EXPECT_FALSE(flags.Parse(args));
    EXPECT_EQ(format, given ? "json" : "pretty");
  }
}

TEST(Flags, GlobalFlagsAreReadByEveryCommand) {
  Flags flags("demo", "", "For the test.");
  EXPECT_FALSE(flags.Parse(std::vector<std::string_view>{
      "--config", "c.toml", "--color=always", "-q", "-v", "--now",
      "1970-01-02T00:00:00Z"}));
  EXPECT_EQ(flags.global().config, "c.toml");
  EXPECT_EQ(flags.global().color, "always");
  EXPECT_TRUE(flags.global().quiet);
  EXPECT_TRUE(flags.global().verbose);
  EXPECT_EQ(flags.global().now_seconds, 86400);
  EXPECT_EQ(flags.global().timeout_ms, std::nullopt);
}

TEST(Flags, ACommandsOwnFlagReplacesTheGlobalOne) {
  std::string now;
  std::string target;
  Flags flags("demo", "", "For the test.");
  flags.String("--now", "TIME", "its own", &now);
  flags.String("-o,--target", "FILE", "its own", &target);
  EXPECT_FALSE(flags.Parse(
      std::vector<std::string_view>{"--now", "any text", "-o", "x"}));
  EXPECT_EQ(now, "any text");
  EXPECT_EQ(target, "x");
  EXPECT_EQ(flags.global().now_seconds, std::nullopt);
  EXPECT_EQ(flags.global().output, "");
}

TEST(Flags, GlobalFlagsBeforeTheCommandTakeTheirValuesAlong) {
  const auto count = [](const std::vector<std::string_view>& args) {
    return CountLeadingGlobalFlags(args);
  };
  EXPECT_EQ(count({"check", "-q"}), 0U);
  EXPECT_EQ(count({"-C", "check", "-q", "lint"}), 3U);
  EXPECT_EQ(count({"--color=never", "-o", "file", "lint"}), 3U);
  EXPECT_EQ(count({"-C"}), 1U);
  EXPECT_EQ(count({}), 0U);
}

TEST(Flags, DurationsHaveAUnitAndALimit) {
  EXPECT_EQ(ParseDurationMs("500ms"), 500);
  EXPECT_EQ(ParseDurationMs("10s"), 10'000);
  EXPECT_EQ(ParseDurationMs("2m"), 120'000);
  EXPECT_EQ(ParseDurationMs("24h"), 86'400'000);
  for (const char* bad : {"", "s", "10", "0s", "-1s", "1.5s", "10 s", "25h",
                          "99999999999999999999s", "9223372036854775807h"}) {
    EXPECT_EQ(ParseDurationMs(bad), std::nullopt) << bad;
  }
}

TEST(ExitCodes, TroubleGoesBeforeJudgementElseTheLargest) {
  EXPECT_EQ(Worst(ExitCode::kOk, ExitCode::kFindings), ExitCode::kFindings);
  EXPECT_EQ(Worst(ExitCode::kUnknown, ExitCode::kFindings), ExitCode::kUnknown);
  EXPECT_EQ(Worst(ExitCode::kUsage, ExitCode::kUnknown), ExitCode::kUsage);
  EXPECT_EQ(Worst(ExitCode::kDenied, ExitCode::kUnreachable),
            ExitCode::kUnreachable);
  EXPECT_EQ(Worst(ExitCode::kUnreachable, ExitCode::kInternal),
            ExitCode::kInternal);
}

}  // namespace
}  // namespace writ
