// SPDX-License-Identifier: Apache-2.0
// `writ replay` and `writ backtest` as a user runs them.
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "sidecar/decision_record.h"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

constexpr char kDirectory[] = R"({
  "version": 1,
  "accounts": {"1001": {"users": {
    "alice": {"policies": ["photos"]}, "bob": {}}}}
})";

class ReplayProcessTest : public WritProgramTest {
 protected:
  // A bundle in which alice reads what is in the folder `album` of a bucket.
  std::string MakeBundleFile(const std::string& name, const std::string& album,
                             int revision) {
    Write(name + "/directory.json", kDirectory);
    Write(name + "/policies/photos.writ",
          "writ 1;\n\npolicy photos identity {\n  read =>\n"
          "  allow oss:GetObject on acs:oss:*:1001:photos/" +
              album +
              "/*;\n  quiet =>\n  deny oss:GetObject on "
              "acs:oss:*:1001:photos/*/secret\n    when acs:SourceIp not "
              "within 10.0.0.0/8;\n}\n");
    const std::string path = folder() + "/" + name + ".bundle";
    const Outcome made = Run("bundle build " + folder() + "/" + name + " -o " +
                             path + " --revision " + std::to_string(revision));
    EXPECT_EQ(made.exit, 0) << made.err;
    return path;
  }

  // What a sidecar with that bundle would have recorded.
  std::string LineOf(const std::string& bundle_path, const std::string& id,
                     std::string_view object,
                     std::vector<std::string> mask = {}) {
    const auto bundle = Bundle::OpenUnverified(Read(bundle_path));
    EXPECT_TRUE(bundle.ok()) << bundle.status().ToString();
    const std::string resource =
        "acs:oss:cn:1001:photos/" + std::string(object);
    const std::string_view resources[] = {resource};
    const std::string_view address[] = {"10.1.2.3"};
    const std::string_view tag[] = {"red"};
    const ContextEntry context[] = {{"acs:SourceIp", address},
                                    {"app:Color", tag}};
    RecordedDecision record;
    record.id = id;
    record.protocol = "check";
    record.request.principal.name = "acs:ram::1001:user/alice";
    record.request.action = "oss:GetObject";
    record.request.resources = resources;
    record.request.context = context;
    std::vector<StatementRef> all(16);
    const Snapshot& snapshot = (*bundle)->snapshot();
    const Decision decision = snapshot.Decide(record.request, all);
    std::vector<RecordedStatement> statements;
    for (uint32_t i = 0; i < decision.statement_count; ++i) {
      statements.push_back(NameStatement(snapshot, all[i]));
    }
    record.verdict = decision.verdict;
    record.layer = decision.layer;
    record.reason = decision.reason;
    record.resource = decision.resource;
    record.statements = statements;
    record.bundle_digest = (*bundle)->digest();
    record.revision = (*bundle)->revision();
    std::string line;
    DecisionRecordWriter(std::move(mask)).Append(record, WallTime(), &line);
    return line;
  }

  Outcome Replay(const std::string& bundle, const std::string& rest) {
    return Run("replay --unsigned --bundle " + bundle + " " + rest);
  }
};

TEST_F(ReplayProcessTest, AgreesWithWhatWasDecided) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  const std::string log = Write("d.log", LineOf(bundle, "1", "spring/x") +
                                             LineOf(bundle, "2", "autumn/x"));
  const Outcome outcome = Replay(bundle, log);
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "2 records: 2 decided again, 0 differ\n");
  EXPECT_EQ(RunShell(Program() + " replay --unsigned --bundle " + bundle +
                     " - < " + log)
                .out,
            outcome.out);
}

TEST_F(ReplayProcessTest, SaysWhatWasAndWhatIs) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  std::string line = LineOf(bundle, "1", "autumn/x");
  line.replace(line.find("IMPLICIT_DENY"), 13, "ALLOW");
  const Outcome outcome = Replay(bundle, Write("d.log", line));
  EXPECT_EQ(outcome.exit, 4);
  EXPECT_NE(outcome.out.find("was  ALLOW default no-match\n  is   "
                             "IMPLICIT_DENY default no-match\n"),
            std::string::npos)
      << outcome.out;
}

TEST_F(ReplayProcessTest, TakesEachRecordsOwnBundle) {
  const std::string a = MakeBundleFile("a", "spring", 1);
  const std::string b = MakeBundleFile("b", "autumn", 2);
  const std::string log =
      Write("d.log", LineOf(a, "1", "spring/x") + LineOf(b, "2", "autumn/x"));
  EXPECT_EQ(Replay(a, "--bundle " + b + " " + log).exit, 0);
  const Outcome one = Replay(a, log);
  EXPECT_EQ(one.exit, 3);
  EXPECT_TRUE(one.out.starts_with(
      "2 records: 1 decided again, 0 differ; not decided: 1 of other bundles "
      "(first revision 2, digest "))
      << one.out;
  EXPECT_EQ(Replay(a, "--ignore-others " + log).exit, 0);
}

TEST_F(ReplayProcessTest, LeavesOutWhatAMaskMayHaveDecided) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  const std::string log =
      Write("d.log", LineOf(bundle, "1", "spring/x", {"acs:sourceip"}) +
                         LineOf(bundle, "2", "spring/x", {"app:Color"}));
  const Outcome outcome = Replay(bundle, log);
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(outcome.out,
            "2 records: 1 decided again, 0 differ; not decided: 1 masked\n");
}

TEST_F(ReplayProcessTest, ReadsRotatedFilesOldestFirst) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  Write("d.log.2", LineOf(bundle, "1", "spring/x"));
  Write("d.log.1", LineOf(bundle, "2", "spring/x"));
  const std::string log = Write("d.log", LineOf(bundle, "3", "spring/x"));
  EXPECT_EQ(Replay(bundle, "--rotated " + log).out,
            "3 records: 3 decided again, 0 differ\n");
}

TEST_F(ReplayProcessTest, LeavesOutALastLineThatIsCutAndNoOther) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  const std::string line = LineOf(bundle, "1", "spring/x");
  const std::string half = line.substr(0, line.size() / 2);
  const Outcome last = Replay(bundle, Write("d.log", line + half));
  EXPECT_EQ(last.exit, 0);
  EXPECT_NE(last.err.find("d.log:2: the last line is cut short"),
            std::string::npos);
  const Outcome inside = Replay(bundle, Write("e.log", half + "\n" + line));
  EXPECT_EQ(inside.exit, 2);
  EXPECT_NE(inside.err.find("e.log:1: "), std::string::npos) << inside.err;
  EXPECT_NE(inside.err.find("is this a decision log?"), std::string::npos)
      << inside.err;
  const Outcome missing = Replay(bundle, "no-such.log");
  EXPECT_EQ(missing.exit, 2);
  EXPECT_NE(missing.err.find("writ replay: no-such.log: cannot read"),
            std::string::npos)
      << missing.err;
}

TEST_F(ReplayProcessTest, WantsToKnowWhoSigned) {
  const std::string bundle = MakeBundleFile("a", "spring", 1);
  const std::string log = Write("d.log", LineOf(bundle, "1", "spring/x"));
  EXPECT_EQ(Run("replay --bundle " + bundle + " " + log).exit, 2);
  EXPECT_EQ(Run("replay --unsigned " + log).exit, 2);
  ASSERT_EQ(RunShell("openssl genpkey -algorithm ed25519 -out " + folder() +
                     "/k.pem && openssl pkey -in " + folder() +
                     "/k.pem -pubout -out " + folder() + "/p.pem")
                .exit,
            0);
  const std::string with_key =
      "replay --bundle " + bundle + " --pub " + folder() + "/p.pem " + log;
  EXPECT_EQ(Run(with_key).exit, 2);
  ASSERT_EQ(Run("bundle sign " + bundle + " --key " + folder() + "/k.pem").exit,
            0);
  EXPECT_EQ(Run(with_key).exit, 0);
}

TEST_F(ReplayProcessTest, SaysWhatAnotherBundleWouldChange) {
  const std::string a = MakeBundleFile("a", "spring", 1);
  const std::string b = MakeBundleFile("b", "autumn", 2);
  std::string lines;
  for (int i = 0; i < 5; ++i) {
    lines += LineOf(a, "s" + std::to_string(i), "spring/x");
  }
  lines += LineOf(a, "a0", "autumn/x") + LineOf(a, "w0", "winter/x");
  const std::string log = Write("d.log", lines);
  const std::string flags = "backtest --unsigned --bundle ";
  const Outcome same = Run(flags + a + " " + log);
  EXPECT_EQ(same.exit, 0) << same.out << same.err;
  const Outcome text = Run(flags + b + " " + log);
  EXPECT_EQ(text.exit, 3);
  EXPECT_EQ(text.out,
            "newly allowed  1  acs:ram::1001:user/alice  oss:GetObject  "
            "acs:oss:cn:1001:photos/*\n"
            "  before  IMPLICIT_DENY default no-match\n"
            "  after   ALLOW identity allowed, by identity 1001/photos#0 "
            "(read)\n"
            "  records a0\n"
            "newly denied   5  acs:ram::1001:user/alice  oss:GetObject  "
            "acs:oss:cn:1001:photos/*\n"
            "  before  ALLOW identity allowed, by identity 1001/photos#0 "
            "(read)\n"
            "  after   IMPLICIT_DENY default no-match\n"
            "  records s0 s1 s2\n"
            "7 records: 7 decided again, 1 newly allowed, 5 newly denied, 0 "
            "the same for another reason\n");
  const auto json = nlohmann::json::parse(
      Run(flags + b + " --format json " + log).out, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["changes"].size(), 2u);
  EXPECT_EQ(json["changes"][1]["count"], 5);
  EXPECT_EQ(json["newly_denied"], 5);
}

}  // namespace
}  // namespace writ
