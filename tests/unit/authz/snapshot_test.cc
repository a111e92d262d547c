// SPDX-License-Identifier: Apache-2.0
//
// What a snapshot gathers for a decision. Its making is tested in
// tests/unit/compiler/snapshot_compiler_test.cc.
#include "authz/snapshot.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authz/shared_table.h"
#include "authz/snapshot_image.h"
#include "compiler/snapshot_compiler.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOther = "2000000000000002";
constexpr std::string_view kAllowAll =
    R"({"Effect":"Allow","Action":"*","Resource":"*"})";
constexpr std::string_view kDenyAll =
    R"({"Effect":"Deny","Action":"*","Resource":"*"})";
constexpr std::string_view kInvoke =
    R"({"Effect":"Allow","Action":"fc:InvokeFunction","Resource":"*"})";

// A compiler that takes no for an error of the test.
class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() {
    Must(compiler_.PutAccount(kAccount));
    Must(compiler_.PutAccount(kOther));
    Must(compiler_.PutUser(kAccount, "alice", "2700000000000001"));
    Must(compiler_.PutUser(kOther, "bob", "2800000000000001"));
  }

  static void Must(const Status& status) {
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  void Policy(std::string_view name, std::string_view statements) {
    Must(compiler_.PutPolicy(kAccount, name, ParseStatements(statements)));
  }
  void Give(HolderKind kind, std::string_view holder, std::string_view policy,
            std::string_view group = {}) {
    Must(compiler_.Attach(kAccount, kind, holder, policy, group));
  }
  void Control(ControlTarget kind, std::string_view target,
               std::string_view policy, std::string_view statements) {
    Must(compiler_.PutControlPolicy(policy, ParseStatements(statements)));
    Must(compiler_.AttachControl(kind, target, policy));
  }
  // The decision, with its statements by the names of their policies: the same
  // whether the snapshot was published, or packed and read again.
  std::string Decided(const Ask& ask, const Attachment* session = nullptr) {
    const std::string text =
        DecidedBy(*compiler_.Publish(1).value(), ask, session);
    const PackedSnapshot packed = compiler_.Pack().value();
    const auto image = SnapshotImage::Load(1, packed.directory, packed.program);
    EXPECT_TRUE(image.ok()) << image.status().ToString();
    if (image.ok()) {
      EXPECT_EQ(DecidedBy(*image.value()->snapshot(), ask, session), text);
    }
    return text;
  }
  static std::string DecidedBy(const Snapshot& snapshot, const Ask& ask,
                               const Attachment* session) {
    const AskedRequest asked(ask);
    const Decision decision = snapshot.Decide(asked.request(), {}, session);
    std::string text = std::string(VerdictName(decision.verdict)) + " " +
                       std::string(LayerName(decision.layer));
    if (decision.reason == Reason::kMalformedRequest) text += " malformed";
    std::set<std::string> statements;
    for (uint32_t i = 0; i < decision.statement_count; ++i) {
      const StatementRef ref = decision.statements[i];
      const PolicyLabel* const label = snapshot.FindPolicy(ref.policy);
      statements.insert((label == nullptr ? "?" : label->name) + "#" +
                        std::to_string(ref.statement));
    }
    EXPECT_EQ(statements.size(), decision.statement_count);
    for (const std::string& statement : statements) text += " " + statement;
    return text;
  }

  SnapshotCompiler compiler_;
};

TEST_F(SnapshotTest, DecidesWithThePoliciesOfTheUser) {
  Policy("invoke", kInvoke);
  Give(HolderKind::kUser, "alice", "invoke");
  EXPECT_EQ(Decided({}), "ALLOW identity invoke#0");
  EXPECT_EQ(Decided({.action = "fc:GetFunction"}), "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.principal = "acs:ram::1000000000000001:user/carol"}),
            "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.principal = kBob}), "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.principal = kRoot}), "ALLOW root");
  EXPECT_EQ(Decided({.principal = "x"}), "IMPLICIT_DENY default malformed");
  EXPECT_EQ(Decided({.account = kOther}), "IMPLICIT_DENY default malformed");
  EXPECT_EQ(compiler_.Publish(7).value()->revision(), 7u);
}

TEST_F(SnapshotTest, OwnAndInheritedPoliciesAreOneUnit) {
  Must(compiler_.PutGroup(kAccount, "devs"));
  Must(compiler_.AddMember(kAccount, "devs", "alice"));
  Policy("invoke", kInvoke);
  Policy("never", kDenyAll);
  Give(HolderKind::kGroup, "devs", "invoke");
  EXPECT_EQ(Decided({}), "ALLOW identity invoke#0");
  Give(HolderKind::kUser, "alice", "never");
  EXPECT_EQ(Decided({}), "EXPLICIT_DENY identity never#0");
  Must(compiler_.Detach(kAccount, HolderKind::kUser, "alice", "never"));
  Must(compiler_.RemoveMember(kAccount, "devs", "alice"));
  EXPECT_EQ(Decided({}), "IMPLICIT_DENY default");
}

TEST_F(SnapshotTest, AGroupScopedPolicyCoversResourcesOfItsGroupOnly) {
  Policy("invoke", kInvoke);
  Give(HolderKind::kUser, "alice", "invoke", "blue");
  EXPECT_EQ(Decided({}), "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.resource_group = "red"}), "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.resource_group = "blue"}),
            "ALLOW resource-group invoke#0");
  // What the directory knows goes before the asker's word.
  Must(compiler_.PutResource(kWeb, "red"));
  EXPECT_EQ(Decided({.resource_group = "blue"}), "IMPLICIT_DENY default");
  Must(compiler_.PutResource(kWeb, "blue"));
  EXPECT_EQ(Decided({}), "ALLOW resource-group invoke#0");
  EXPECT_EQ(Decided({.resources = {"*"}, .resource_group = "blue"}),
            "IMPLICIT_DENY default");
  Must(compiler_.RemoveResource(kWeb));
  EXPECT_EQ(Decided({}), "IMPLICIT_DENY default");
}

TEST_F(SnapshotTest, ASessionHasThePoliciesOfItsRoleInAnyCase) {
  Policy("invoke", kInvoke);
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr));
  Give(HolderKind::kRole, "WORKER", "invoke");
  EXPECT_EQ(Decided({.principal = kWorker}), "ALLOW identity invoke#0");
  EXPECT_EQ(Decided({.principal = "acs:ram::1000000000000001:role/wORKER/x"}),
            "ALLOW identity invoke#0");
  EXPECT_EQ(Decided({.principal = "acs:ram::1000000000000001:role/Other/x"}),
            "IMPLICIT_DENY default");
  EXPECT_EQ(Decided({.principal = "acs:ram::1000000000000001:role/worker"}),
            "IMPLICIT_DENY default malformed");
  EXPECT_EQ(Decided({.principal = "acs:ram::1000000000000001:role/" +
                                  std::string(kMaxRoleKeyBytes, 'w') + "/x"}),
            "IMPLICIT_DENY default");
}

TEST_F(SnapshotTest, ASessionPolicyIsHandedAlong) {
  Policy("all", kAllowAll);
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr));
  Give(HolderKind::kRole, "Worker", "all");
  Give(HolderKind::kUser, "alice", "all");
  const auto invoke = LoadStatements(AttachmentKind::kSession, kInvoke);
  const Attachment session = {.program = invoke.get(),
                              .kind = AttachmentKind::kSession};
  EXPECT_EQ(Decided({.principal = kWorker}, &session), "ALLOW identity all#0");
  EXPECT_EQ(
      Decided({.principal = kWorker, .action = "fc:GetFunction"}, &session),
      "IMPLICIT_DENY session");
  EXPECT_EQ(Decided({}, &session), "IMPLICIT_DENY default malformed");
  const auto never = LoadStatements(AttachmentKind::kSession, kDenyAll);
  const Attachment nothing = {.program = never.get(),
                              .kind = AttachmentKind::kSession};
  EXPECT_EQ(Decided({.principal = kWorker}, &nothing),
            "EXPLICIT_DENY session ?#0");
}

TEST_F(SnapshotTest, AssumingARoleAsksItsTrustPolicy) {
  Policy("all", kAllowAll);
  Give(HolderKind::kUser, "alice", "all");
  const auto trust = ParseStatements(
      R"({"Effect":"Allow","Action":"sts:AssumeRole",)"
      R"("Principal":{"RAM":["acs:ram::1000000000000001:user/alice"]}})");
  Must(compiler_.PutRole(kAccount, "Worker", "300", trust));
  const auto assume = [&](std::string_view role) {
    return Decided({.action = "STS:assumerole", .resources = {role}});
  };
  EXPECT_EQ(assume("acs:ram:*:1000000000000001:role/worker"),
            "ALLOW trust Worker#0 all#0");
  EXPECT_EQ(assume("acs:ram:*::role/Worker"), "ALLOW trust Worker#0 all#0");
  EXPECT_EQ(assume("acs:ram:*:1000000000000001:role/Other"),
            "IMPLICIT_DENY trust");
  EXPECT_EQ(assume("acs:ram:*:2000000000000002:role/Worker"),
            "IMPLICIT_DENY trust");
  Must(compiler_.PutRole(kAccount, "worker", "300", nullptr));
  EXPECT_EQ(assume("acs:ram:*:1000000000000001:role/worker"),
            "IMPLICIT_DENY trust");
}

TEST_F(SnapshotTest, ABucketPolicyIsAskedForWhatLiesInTheBucket) {
  Must(compiler_.PutBucketPolicy(
      kAccount, "bkt",
      ParseStatements(R"({"Effect":"Allow","Action":"oss:*",)"
                      R"("Principal":["*"],"Resource":"acs:oss:*:*:*"})")));
  const Ask read = {
      .principal = kBob, .action = "oss:GetObject", .resources = {kObject}};
  EXPECT_EQ(Decided(read), "ALLOW resource bkt#0");
  Ask elsewhere = read;
  elsewhere.resources = {"acs:oss:oss-cn-hangzhou:1000000000000001:bkt2/o"};
  EXPECT_EQ(Decided(elsewhere), "IMPLICIT_DENY default");
  Ask both = read;
  both.resources = {kObject, elsewhere.resources[0]};
  EXPECT_EQ(Decided(both), "IMPLICIT_DENY default");
  Must(compiler_.PutBucketPolicy(
      kAccount, "bkt2",
      ParseStatements(R"({"Effect":"Allow","Action":"oss:*",)"
                      R"("Principal":["*"],"Resource":"*"})")));
  EXPECT_EQ(Decided(both), "ALLOW resource bkt#0 bkt2#0");
  Must(compiler_.RemoveBucketPolicy("bkt"));
  EXPECT_EQ(Decided(read), "IMPLICIT_DENY default");
}

TEST_F(SnapshotTest, EveryLevelOfControlIsAsked) {
  Must(compiler_.PutFolder("outer"));
  Must(compiler_.PutFolder("inner", "outer"));
  Must(compiler_.PutAccount(kAccount, false, "inner"));
  Policy("all", kAllowAll);
  Give(HolderKind::kUser, "alice", "all");
  Control(ControlTarget::kRoot, "", "at-root", kAllowAll);
  Control(ControlTarget::kFolder, "outer", "outside", kAllowAll);
  Control(ControlTarget::kFolder, "inner", "inside", kAllowAll);
  Control(ControlTarget::kAccount, kAccount, "member", kAllowAll);
  EXPECT_EQ(Decided({}), "ALLOW identity all#0");
  for (const std::string_view level :
       {"at-root", "outside", "inside", "member"}) {
    Must(compiler_.PutControlPolicy(level, ParseStatements(kDenyAll)));
    EXPECT_EQ(Decided({}),
              "EXPLICIT_DENY control " + std::string(level) + "#0");
    Must(compiler_.PutControlPolicy(
        level, ParseStatements(
                   R"({"Effect":"Allow","Action":"a:b","Resource":"*"})")));
    EXPECT_EQ(Decided({}), "IMPLICIT_DENY control") << level;
    Must(compiler_.PutControlPolicy(level, ParseStatements(kAllowAll)));
  }
  // The inner level is asked first.
  Must(compiler_.PutControlPolicy("outside", ParseStatements(kDenyAll)));
  Must(compiler_.PutControlPolicy("inside", ParseStatements(kDenyAll)));
  EXPECT_EQ(Decided({}), "EXPLICIT_DENY control inside#0");
  // Out of the folders.
  Must(compiler_.PutAccount(kAccount));
  EXPECT_EQ(Decided({}), "ALLOW identity all#0");
  Must(compiler_.PutAccount(kAccount, true));
  Must(compiler_.PutControlPolicy("at-root", ParseStatements(kDenyAll)));
  EXPECT_EQ(Decided({}), "ALLOW identity all#0");
}

TEST_F(SnapshotTest, ControlOfOwnerAndCallerBindsOtherwiseNot) {
  Must(compiler_.PutBucketPolicy(
      kAccount, "bkt",
      ParseStatements(R"({"Effect":"Allow","Action":"oss:*",)"
                      R"("Principal":["*"],"Resource":"*"})")));
  const Ask read = {
      .principal = kBob, .action = "oss:GetObject", .resources = {kObject}};
  Control(ControlTarget::kAccount, kOther, "of-caller", kDenyAll);
  EXPECT_EQ(Decided(read), "EXPLICIT_DENY control of-caller#0");
  Must(compiler_.DetachControl(ControlTarget::kAccount, kOther, "of-caller"));
  Control(ControlTarget::kAccount, kAccount, "of-owner", kDenyAll);
  EXPECT_EQ(Decided(read), "EXPLICIT_DENY control of-owner#0");
  Must(compiler_.RemoveControlPolicy("of-owner"));
  EXPECT_EQ(Decided(read), "ALLOW resource bkt#0");
}

TEST_F(SnapshotTest, TheDirectoryKnowsWhichRoleIsServiceLinked) {
  Policy("all", kAllowAll);
  Control(ControlTarget::kAccount, kAccount, "never", kDenyAll);
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr, true));
  Give(HolderKind::kRole, "Worker", "all");
  const Ask plain = {.principal = kWorker};
  EXPECT_EQ(Decided(plain), "ALLOW identity all#0");
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr, false));
  EXPECT_EQ(Decided(plain), "EXPLICIT_DENY control never#0");
  Ask claimed = plain;
  claimed.declared = RequestPrincipal::Declared::kServiceLinkedRole;
  EXPECT_EQ(Decided(claimed), "EXPLICIT_DENY control never#0");
  Ask managed = plain;
  managed.in_management_account = true;
  EXPECT_EQ(Decided(managed), "EXPLICIT_DENY control never#0");
}

TEST_F(SnapshotTest, TheIdOfTheDirectoryIsUsedWhenTheRequestBringsNone) {
  const auto by_id = [&](std::string_view id) {
    Must(compiler_.PutBucketPolicy(
        kAccount, "bkt",
        ParseStatements(R"({"Effect":"Allow","Action":"oss:*",)"
                        R"("Principal":[")" +
                        std::string(id) + R"("],"Resource":"*"})")));
  };
  Must(compiler_.PutRole(kAccount, "Worker", "300", nullptr));
  Ask read = {.action = "oss:GetObject", .resources = {kObject}};
  by_id("2700000000000001");
  EXPECT_EQ(Decided(read), "ALLOW resource bkt#0");
  read.principal_id = "2700000000000009";
  EXPECT_EQ(Decided(read), "IMPLICIT_DENY default");
  by_id("300");
  read.principal = kWorker;
  read.principal_id = "";
  EXPECT_EQ(Decided(read), "ALLOW resource bkt#0");
}

TEST_F(SnapshotTest, CallersWithoutAnEntryAreDecidedToo) {
  Must(compiler_.PutRole(
      kAccount, "Worker", "300",
      ParseStatements(R"({"Effect":"Allow","Action":"sts:AssumeRole",)"
                      R"("Principal":{"Service":["fc.aliyuncs.com"]}})")));
  EXPECT_EQ(Decided({.principal = "fc.aliyuncs.com",
                     .action = "sts:AssumeRole",
                     .resources = {"acs:ram:*:1000000000000001:role/worker"},
                     .declared = RequestPrincipal::Declared::kService}),
            "ALLOW trust Worker#0");
  Must(compiler_.PutBucketPolicy(
      kAccount, "bkt",
      ParseStatements(R"({"Effect":"Allow","Action":"oss:*",)"
                      R"("Principal":["*"],"Resource":"*"})")));
  EXPECT_EQ(Decided({.principal = "*",
                     .action = "oss:GetObject",
                     .resources = {kObject}}),
            "ALLOW resource bkt#0");
}

TEST(SnapshotHolder, AnOldSnapshotGoesWithItsLastReader) {
  SnapshotCompiler compiler;
  SnapshotHolder holder;
  EXPECT_EQ(holder.Current(), nullptr);
  holder.Publish(compiler.Publish(1).value());
  const std::shared_ptr<const Snapshot> reader = holder.Current();
  std::weak_ptr<const Snapshot> old = reader;
  holder.Publish(compiler.Publish(2).value());
  EXPECT_EQ(holder.Current()->revision(), 2u);
  ASSERT_FALSE(old.expired());
  EXPECT_EQ(reader->revision(), 1u);
  const_cast<std::shared_ptr<const Snapshot>&>(reader).reset();
  EXPECT_TRUE(old.expired());
}

struct Numbered {
  std::string_view key() const { return name; }
  std::string name;
  int number = 0;
};

TEST(SharedTable, CopiesDoNotSeeLaterChanges) {
  SharedTableEditor<Numbered> editor;
  std::vector<SharedTable<Numbered>> tables;
  constexpr int kEntries = 3000;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kEntries; ++i) {
      editor.Put(std::make_shared<Numbered>(
          Numbered{"n" + std::to_string(i), i + round}));
    }
    tables.push_back(editor.Share());
  }
  for (int i = 0; i < kEntries; i += 2) editor.Erase("n" + std::to_string(i));
  editor.Erase("none");
  for (int i = 0; i < kEntries; ++i) {
    const std::string name = "n" + std::to_string(i);
    for (int round = 0; round < 3; ++round) {
      const Numbered* const entry =
          tables[static_cast<size_t>(round)].Find(name);
      ASSERT_NE(entry, nullptr) << name;
      ASSERT_EQ(entry->number, i + round);
    }
    ASSERT_EQ(editor.Find(name) == nullptr, i % 2 == 0) << name;
  }
  EXPECT_EQ(tables[0].Find("n"), nullptr);
  for (int i = 1; i < kEntries; i += 2) editor.Erase("n" + std::to_string(i));
  EXPECT_EQ(editor.Find("n1"), nullptr);
}

}  // namespace
}  // namespace writ::testing
