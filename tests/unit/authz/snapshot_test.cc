// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot.h"

#include <memory>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr std::string_view kAccount = "1000000000000001";

std::shared_ptr<const Program> InvokeOnly() {
  return LoadStatements(
      AttachmentKind::kIdentity,
      R"({"Effect":"Allow","Action":"fc:InvokeFunction","Resource":"*"})");
}

TEST(Snapshot, DecidesWithThePoliciesOfThePrincipal) {
  SnapshotBuilder builder(7);
  builder.AddUser(kAccount, "alice", "2700000000000001");
  builder.AddUser(kAccount, "carol", "2700000000000002");
  builder.AddPolicy(kAccount, "invoke", InvokeOnly());
  ASSERT_TRUE(builder.Attach(kAccount, "alice", "invoke").ok());
  ASSERT_TRUE(builder.Attach(kAccount, "alice", "invoke").ok());
  const std::shared_ptr<const Snapshot> snapshot = builder.Build();
  EXPECT_EQ(snapshot->revision(), 7u);
  EXPECT_EQ(Show(snapshot->Decide(AskedRequest({}).request())),
            "ALLOW identity allowed 0.0");
  EXPECT_EQ(
      Show(snapshot->Decide(
          AskedRequest({.principal = "acs:ram::1000000000000001:user/carol"})
              .request())),
      "IMPLICIT_DENY default no-match");
  EXPECT_FALSE(
      snapshot->Decide(AskedRequest({.principal = kBob}).request()).allowed());
  EXPECT_TRUE(
      snapshot->Decide(AskedRequest({.principal = kRoot}).request()).allowed());
  EXPECT_EQ(snapshot->Decide(AskedRequest({.principal = "x"}).request()).reason,
            Reason::kMalformedRequest);

  const SnapshotUser* alice = snapshot->FindUser(kAccount, "alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->id, "2700000000000001");
  EXPECT_EQ(alice->attachments.size(), 1u);
  EXPECT_EQ(alice->policy_names.at(0), "invoke");
  EXPECT_EQ(snapshot->FindUser(kAccount, "bob"), nullptr);
  EXPECT_EQ(snapshot->FindUser("9", "alice"), nullptr);
}

TEST(Snapshot, AttachNeedsBothEnds) {
  SnapshotBuilder builder(1);
  builder.AddUser(kAccount, "alice", "1");
  builder.AddPolicy(kAccount, "p", InvokeOnly());
  EXPECT_EQ(builder.Attach(kAccount, "bob", "p").code(), StatusCode::kNotFound);
  EXPECT_EQ(builder.Attach(kAccount, "alice", "q").code(),
            StatusCode::kNotFound);
  EXPECT_EQ(builder.Attach("2", "alice", "p").code(), StatusCode::kNotFound);
}

TEST(Snapshot, SharesProgramsAndOutlivesTheBuilder) {
  const std::shared_ptr<const Program> program = InvokeOnly();
  std::shared_ptr<const Snapshot> first;
  std::shared_ptr<const Snapshot> second;
  {
    SnapshotBuilder builder(1);
    for (std::shared_ptr<const Snapshot>* out : {&first, &second}) {
      builder.AddUser(kAccount, "alice", "1");
      builder.AddPolicy(kAccount, "p", program);
      ASSERT_TRUE(builder.Attach(kAccount, "alice", "p").ok());
      *out = builder.Build();
    }
  }
  EXPECT_EQ(program.use_count(), 3);
  first.reset();
  EXPECT_TRUE(second->Decide(AskedRequest({}).request()).allowed());
}

}  // namespace
}  // namespace writ::testing
