// SPDX-License-Identifier: Apache-2.0
//
// Explanations of a snapshot's decisions. That they never disagree with Decide
// is tested on random directories in tests/property/snapshot_image_test.cc.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authz/explain_text.h"
#include "authz/snapshot.h"
#include "compiler/snapshot_compiler.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOther = "2000000000000002";
constexpr std::string_view kAllowAll =
    R"({"Effect":"Allow","Action":"*","Resource":"*"})";
constexpr std::string_view kOssForAll =
    R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],"Resource":"*"})";
constexpr std::string_view kSecondObject =
    "acs:oss:oss-cn-hangzhou:1000000000000001:bkt2/o";

class SnapshotExplainTest : public ::testing::Test {
 protected:
  SnapshotExplainTest() {
    Must(compiler_.PutAccount(kAccount));
    Must(compiler_.PutAccount(kOther));
    Must(compiler_.PutUser(kAccount, "alice", "27"));
    Must(compiler_.PutUser(kOther, "bob", "28"));
  }

  static void Must(const Status& status) {
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void Give(HolderKind kind, std::string_view holder, std::string_view policy,
            std::string_view statements, std::string_view group = {}) {
    Must(compiler_.PutPolicy(kAccount, policy, ParseStatements(statements)));
    Must(compiler_.Attach(kAccount, kind, holder, policy, group));
  }

  // Keeps the snapshot that the answer borrows from.
  SnapshotExplanation Explained(const Ask& ask,
                                const Attachment* session = nullptr) {
    snapshot_ = compiler_.Publish(1).value();
    const AskedRequest asked(ask);
    auto explained = snapshot_->Explain(asked.request(), {}, session);
    EXPECT_TRUE(explained.ok()) << explained.status().ToString();
    if (!explained.ok()) return {};
    const Decision decision = snapshot_->Decide(asked.request(), {}, session);
    EXPECT_EQ(Show(explained->explanation.decision), Show(decision));
    return std::move(explained).value();
  }
  // The units: resource, layer, names of the policies that were looked at.
  std::string Units(const SnapshotExplanation& explained) const {
    std::string text;
    for (const ExplainedUnit& unit : explained.explanation.units) {
      text += (text.empty() ? "" : "; ") + std::to_string(unit.resource) + " " +
              std::string(LayerName(unit.layer));
      std::set<std::string> names;
      for (const ExplainedStatement& statement : unit.statements) {
        const PolicyLabel* const label =
            snapshot_->FindPolicy(statement.ref.policy);
        names.insert(label == nullptr ? "?" : label->name);
      }
      for (const std::string& name : names) text += " " + name;
      if (unit.decided) text += " decided";
    }
    return text;
  }
  static std::string Flip(const SnapshotExplanation& explained) {
    std::string text;
    for (const Change& change : explained.explanation.flip) {
      text += (text.empty() ? "" : "; ") + ChangeText(change);
    }
    return text;
  }

  SnapshotCompiler compiler_;
  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(SnapshotExplainTest, EachResourceIsExplainedByWhatIsAttachedToIt) {
  Must(compiler_.PutBucketPolicy(kAccount, "bkt", ParseStatements(kOssForAll)));
  Must(
      compiler_.PutBucketPolicy(kAccount, "bkt2", ParseStatements(kOssForAll)));
  Give(HolderKind::kUser, "alice", "other",
       R"({"Effect":"Allow","Action":"fc:*","Resource":"*"})");
  Ask ask = {.action = "oss:GetObject",
             .resources = {kObject, kSecondObject, kObject}};
  const SnapshotExplanation allowed = Explained(ask);
  EXPECT_EQ(Units(allowed),
            "0 identity other; 0 resource bkt; 1 identity other; "
            "1 resource bkt2; 2 identity other; 2 resource bkt decided");
  EXPECT_EQ(allowed.explanation.statements.size(), 2u);
  // Those of alice, and of each bucket once.
  EXPECT_EQ(allowed.attachments.size(), 3u);

  Must(compiler_.PutBucketPolicy(
      kAccount, "bkt2",
      ParseStatements(
          R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],)"
          R"("Resource":"*","Condition":{"Bool":{"acs:MFAPresent":"true"}}})")));
  const SnapshotExplanation denied = Explained(ask);
  EXPECT_EQ(denied.explanation.decision.resource, 1u);
  EXPECT_EQ(Units(denied), "1 identity other; 1 resource bkt2");
  EXPECT_EQ(denied.explanation.near_misses.size(), 2u);
  EXPECT_NE(Flip(denied).find("acs:mfapresent"), std::string::npos)
      << Flip(denied);
}

TEST_F(SnapshotExplainTest, AFlipMustMendEveryResource) {
  constexpr std::string_view kUnless =
      R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],"Resource":"*",)"
      R"("Condition":{"Bool":{"acs:MFAPresent":"false"}}})";
  constexpr std::string_view kWith =
      R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],"Resource":"*",)"
      R"("Condition":{"Bool":{"acs:MFAPresent":"true"}}})";
  Must(compiler_.PutBucketPolicy(kAccount, "bkt", ParseStatements(kUnless)));
  Must(compiler_.PutBucketPolicy(kAccount, "bkt2", ParseStatements(kWith)));
  Ask ask = {.action = "oss:GetObject",
             .resources = {kSecondObject},
             .context = {{"acs:MFAPresent", {"false"}}}};
  EXPECT_NE(Flip(Explained(ask)), "");
  ask.resources = {kObject, kSecondObject};
  EXPECT_EQ(Explained(ask).explanation.decision.resource, 1u);
  EXPECT_EQ(Flip(Explained(ask)), "");
}

TEST_F(SnapshotExplainTest, ARemovedStatementIsRemovedForEveryResource) {
  Give(HolderKind::kUser, "alice", "all", kAllowAll);
  Give(HolderKind::kUser, "alice", "never",
       R"({"Effect":"Deny","Action":"fc:*","Resource":"*"})");
  Ask ask;
  ask.resources = {kWeb, "acs:fc:cn-hangzhou:1000000000000001:functions/api"};
  const SnapshotExplanation explained = Explained(ask);
  ASSERT_EQ(explained.explanation.flip.size(), 1u);
  const Change& change = explained.explanation.flip[0];
  EXPECT_EQ(change.kind, Change::Kind::kRemoveStatement);
  EXPECT_EQ(snapshot_->FindPolicy(change.statement.policy)->name, "never");
  ASSERT_LT(change.attachment, explained.attachments.size());
}

// Somebody else would not have alice's policies.
TEST_F(SnapshotExplainTest, AFlipOfThePrincipalCountsWithItsOwnPolicies) {
  const auto trust = ParseStatements(
      R"({"Effect":"Allow","Action":"sts:AssumeRole",)"
      R"("Principal":{"RAM":["acs:ram::1000000000000001:user/carol"]}})");
  Must(compiler_.PutRole(kAccount, "Worker", "", trust));
  Give(HolderKind::kUser, "alice", "all", kAllowAll);
  const Ask ask = {.action = "sts:AssumeRole",
                   .resources = {"acs:ram:*:1000000000000001:role/Worker"}};
  EXPECT_EQ(Flip(Explained(ask)), "");
  Must(compiler_.PutUser(kAccount, "carol"));
  Give(HolderKind::kUser, "carol", "all", kAllowAll);
  EXPECT_NE(Flip(Explained(ask)).find("carol"), std::string::npos);
}

TEST_F(SnapshotExplainTest, TheDirectoryKnowsMoreThanTheRequest) {
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr, true));
  Give(HolderKind::kRole, "Worker", "all", kAllowAll, "blue");
  Must(compiler_.PutControlPolicy(
      "never",
      ParseStatements(R"({"Effect":"Deny","Action":"*","Resource":"*"})")));
  Must(compiler_.AttachControl(ControlTarget::kRoot, "", "never"));
  Must(compiler_.PutResource(kWeb, "blue"));
  const Ask ask = {.principal = kWorker, .resource_group = "red"};
  EXPECT_EQ(Units(Explained(ask)), "0 resource-group all decided");
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr, false));
  Ask claimed = ask;
  claimed.declared = RequestPrincipal::Declared::kServiceLinkedRole;
  EXPECT_EQ(Units(Explained(claimed)), "0 control never decided");
  Must(compiler_.PutAccount(kAccount, true));
  EXPECT_EQ(Units(Explained(claimed)), "0 resource-group all decided");
}

TEST_F(SnapshotExplainTest, ASessionPolicyIsAmongTheAttachments) {
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr));
  Give(HolderKind::kRole, "Worker", "all", kAllowAll);
  const auto program =
      LoadStatements(AttachmentKind::kSession,
                     R"({"Effect":"Allow","Action":"fc:Get*","Resource":"*"})");
  const Attachment session = {.program = program.get(),
                              .kind = AttachmentKind::kSession};
  const SnapshotExplanation explained =
      Explained({.principal = kWorker}, &session);
  EXPECT_EQ(Units(explained), "0 session ? decided");
  ASSERT_EQ(explained.explanation.near_misses.size(), 1u);
  const ExplainedUnit& unit = explained.explanation.units[0];
  EXPECT_EQ(explained.attachments[unit.attachments[0]].program, program.get());
}

TEST_F(SnapshotExplainTest, WhatCannotBeAskedIsRefused) {
  snapshot_ = compiler_.Publish(1).value();
  const auto code = [&](const Ask& ask) {
    const AskedRequest asked(ask);
    return snapshot_->Explain(asked.request()).status().code();
  };
  EXPECT_EQ(code({.principal = "x"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.context = {{"a", {"1"}}, {"A", {"2"}}}}),
            StatusCode::kInvalidArgument);
  // Malformed all the same, but that is a decision.
  Ask nothing;
  nothing.resources.clear();
  EXPECT_EQ(Units(Explained(nothing)), "");
  EXPECT_EQ(Units(Explained({.resources = {"web"}})), "");
  EXPECT_EQ(Units(Explained({.action = "Invoke"})), "");
}

}  // namespace
}  // namespace writ::testing
