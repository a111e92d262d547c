// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

// Two principals; the Deny of user-1 needs plain HTTP, its Allow an address.
constexpr char kLines[] =
    "S\t0\tuser-0\tAllow\toss:Get*,oss:PutObject\tacs:oss:*:*:b/*\t-\t-\n"
    "S\t1\tuser-1\tAllow\tfc:*\tacs:fc:cn-hangzhou:123456789012:functions/*"
    "\t10.0.0.0/8\t-\n"
    "S\t2\tuser-1\tDeny\tfc:DeleteFunction\t*\t-\tfalse\n"
    "R\tuser-0\toss:GetObject\tacs:oss:cn-hangzhou:123456789012:b/x"
    "\t192.0.2.1\ttrue\t1\n"
    "R\tuser-0\toss:DeleteObject\tacs:oss:cn-hangzhou:123456789012:b/x"
    "\t192.0.2.1\ttrue\t0\n"
    "R\tuser-1\tfc:DeleteFunction"
    "\tacs:fc:cn-hangzhou:123456789012:functions/f\t10.1.1.1\tfalse\t0\n"
    "R\tuser-1\tfc:DeleteFunction"
    "\tacs:fc:cn-hangzhou:123456789012:functions/f\t10.1.1.1\ttrue\t1\n"
    "R\tuser-1\tfc:DeleteFunction"
    "\tacs:fc:cn-hangzhou:123456789012:functions/f\t11.1.1.1\ttrue\t-\n"
    "R\tstranger\toss:GetObject\tacs:oss:cn-hangzhou:123456789012:b/x"
    "\t192.0.2.1\ttrue\t0\n";

class BenchProcess : public WritProgramTest {
 protected:
  Outcome BenchOf(const std::string& lines, const std::string& more = "") {
    return Run("bench --rounds 1 --seconds 0 --workload " +
               Write("workload.tsv", lines) + " " + more);
  }
};

TEST_F(BenchProcess, LastLineHoldsTheFigures) {
  const Outcome ran = BenchOf(kLines, "--format json");
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const std::string text = ran.out.substr(0, ran.out.size() - 1);
  const auto line = nlohmann::json::parse(text.substr(text.rfind('\n') + 1));
  EXPECT_EQ(line["engine"], "writ");
  EXPECT_EQ(line["S"], 3);
  EXPECT_EQ(line["requests"], 6);
  EXPECT_EQ(line["checked"], 5);
  EXPECT_EQ(line["mismatches"], 0);
  EXPECT_EQ(line["allows"], 2);
  EXPECT_GT(line["ns"], 0);
  EXPECT_LE(line["p50"], line["p99"]);
  EXPECT_GT(line["imageBytes"], line["hotBytes"]);
}

TEST_F(BenchProcess, WrongExpectationIsFound) {
  std::string lines = kLines;
  lines[lines.rfind("0\n")] = '1';
  const Outcome ran = BenchOf(lines);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("5 decisions, 1 of them wrong"), std::string::npos)
      << ran.out;
}

TEST_F(BenchProcess, MalformedLineIsNamed) {
  const struct {
    const char* line;
    const char* complaint;
  } cases[] = {
      {"X\t1\n", "line 10: a line begins with S or R"},
      {"\n", "line 10: a line begins with S or R"},
      {"S\t1\tu\tAllow\toss:*\t*\t-\n", "a statement has eight fields"},
      {"S\t1\tu\tallow\toss:*\t*\t-\t-\n", "Allow or Deny"},
      {"S\t1\t\tAllow\toss:*\t*\t-\t-\n", "the principal is empty"},
      {"S\t1\tu\tAllow\toss:*,\t*\t-\t-\n", "an action is"},
      {"S\t1\tu\tAllow\toss:*\tb/*\t-\t-\n", "a resource is"},
      {"S\t1\tu\tAllow\toss:*\t*\t10.0.0.0/33\t-\n", "not a block"},
      {"S\t1\tu\tAllow\toss:*\t*\t-\tyes\n", "true, false or -"},
      {"R\tu\toss:X\t*\t1.1.1.1\ttrue\n", "a request has seven fields"},
      {"R\tu\toss:X\t*\t1.1.1.1\tyes\t-\n", "secure is true or false"},
      {"R\tu\toss:X\t*\t1.1.1.1\ttrue\t2\n", "1, 0 or -"},
  };
  for (const auto& [line, complaint] : cases) {
    const Outcome ran = BenchOf(std::string(kLines) + line);
    EXPECT_EQ(ran.exit, 2) << line;
    EXPECT_NE(ran.err.find("line 10: "), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find(complaint), std::string::npos) << ran.err;
  }
}

TEST_F(BenchProcess, WorkloadWithoutStatementsOrRequestsIsRefused) {
  const std::string lines = kLines;
  const size_t requests = lines.find("R\t");
  EXPECT_EQ(BenchOf(lines.substr(requests)).exit, 2);
  EXPECT_EQ(BenchOf(lines.substr(0, requests)).exit, 2);
  EXPECT_EQ(BenchOf("").exit, 2);
}

TEST_F(BenchProcess, MadeWorkloadsDecideAsTheirTables) {
  for (const std::string name :
       {"wide", "deep", "layers", "deny", "conditions", "hostile"}) {
    const Outcome ran =
        Run("bench --rounds 1 --seconds 0 --requests 4096 --size 300 "
            "--format json --workload " +
            name);
    ASSERT_EQ(ran.exit, 0) << name << ran.err;
    const auto line = nlohmann::json::parse(ran.out);
    EXPECT_EQ(line["S"], 300) << name;
    EXPECT_EQ(line["checked"], 512) << name;
    // A workload in which all is allowed, or nothing, would prove little.
    EXPECT_GT(line["allows"], 4096 / 20) << name;
    EXPECT_LT(line["allows"], 4096 * 9 / 10) << name;
  }
}

TEST_F(BenchProcess, EveryPassMayBeLeftOut) {
  for (const std::string pass : {"normalise", "share-atoms", "order-conditions",
                                 "index", "resource-tries", "action-classes",
                                 "known-actions", "intervals", "deny-first"}) {
    const Outcome ran = BenchOf(kLines, "--without " + pass);
    EXPECT_EQ(ran.exit, 0) << pass << ran.err;
  }
  EXPECT_EQ(BenchOf(kLines, "--without everything").exit, 2);
}

TEST_F(BenchProcess, NumbersOutOfRangeAreRefused) {
  for (const std::string flags :
       {"--size 9", "--size x", "--size 1000001", "--requests 0", "--rounds 0",
        "--seconds 3601", "--max-steps 0"}) {
    EXPECT_EQ(BenchOf(kLines, flags).exit, 2) << flags;
  }
}

TEST_F(BenchProcess, StepBoundIsKept) {
  const Outcome ran = BenchOf(kLines, "--max-steps 1");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("steps"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace writ
