// SPDX-License-Identifier: Apache-2.0
//
// Which units a directory becomes when it is packed. The bytes are tested in
// tests/unit/authz/snapshot_image_test.cc.
#include <memory>
#include <string>
#include <string_view>

#include "authz/snapshot_image.h"
#include "compiler/snapshot_compiler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kAccount = "1000000000000001";

std::string Name(std::string_view prefix, size_t number) {
  return std::string(prefix) + std::to_string(number);
}

std::string Arn(std::string_view user) {
  return "acs:ram::1000000000000001:user/" + std::string(user);
}

// A statement of its own for each number.
std::shared_ptr<const ast::Policy> Allow(size_t number) {
  return ParseStatements(
      R"({"Effect":"Allow","Action":"a:b","Resource":"acs:x:*:*:n)" +
      std::to_string(number) + R"("})");
}

class SnapshotPackTest : public ::testing::Test {
 protected:
  explicit SnapshotPackTest(const SnapshotCompiler::Options& options = {})
      : compiler_(options) {
    Must(compiler_.PutAccount(kAccount));
    Must(compiler_.PutGroup(kAccount, "all"));
  }

  static void Must(const Status& status) {
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void User(std::string_view user) { Must(compiler_.PutUser(kAccount, user)); }
  void Member(std::string_view user) {
    User(user);
    Must(compiler_.AddMember(kAccount, "all", user));
  }
  void Policy(std::string_view policy, size_t number) {
    Must(compiler_.PutPolicy(kAccount, policy, Allow(number)));
  }
  void Give(std::string_view user, std::string_view policy) {
    Must(compiler_.Attach(kAccount, HolderKind::kUser, user, policy));
  }
  void GiveAll(std::string_view policy) {
    Must(compiler_.Attach(kAccount, HolderKind::kGroup, "all", policy));
  }

  std::shared_ptr<const SnapshotImage> Load() {
    const Result<PackedSnapshot> packed = compiler_.Pack();
    EXPECT_TRUE(packed.ok()) << packed.status().ToString();
    if (!packed.ok()) return nullptr;
    packed_ = *packed;
    auto image = SnapshotImage::Load(1, packed_.directory, packed_.program);
    EXPECT_TRUE(image.ok()) << image.status().ToString();
    return image.ok() ? image.value() : nullptr;
  }
  static bool Allows(const SnapshotImage& image, std::string_view user,
                     size_t number) {
    const std::string arn = Arn(user);
    const std::string resource =
        "acs:x:r:1000000000000001:" + Name("n", number);
    const AskedRequest asked(
        {.principal = arn, .action = "a:b", .resources = {resource}});
    return image.snapshot()->Decide(asked.request()).allowed();
  }

  SnapshotCompiler compiler_;
  PackedSnapshot packed_;
};

TEST_F(SnapshotPackTest, PoliciesOfNobodyAreNotInTheProgram) {
  User("alice");
  Policy("mine", 1);
  Policy("nobodys", 2);
  Policy("of-an-empty-group", 3);
  Give("alice", "mine");
  GiveAll("of-an-empty-group");
  Must(compiler_.PutControlPolicy("nowhere", Allow(4)));
  Must(compiler_.PutFolder("empty"));
  Must(compiler_.PutControlPolicy("on-an-empty-folder", Allow(5)));
  Must(compiler_.AttachControl(ControlTarget::kFolder, "empty",
                               "on-an-empty-folder"));
  const auto image = Load();
  EXPECT_EQ(image->program().policy_count(), 1u);
  EXPECT_EQ(packed_.policies, 1u);
  EXPECT_EQ(packed_.statements, 1u);
  EXPECT_TRUE(Allows(*image, "alice", 1));
  EXPECT_FALSE(Allows(*image, "alice", 2));
}

TEST_F(SnapshotPackTest, EachSetOfPoliciesIsOneUnit) {
  for (const std::string_view user : {"alice", "bob", "carol"}) Member(user);
  for (size_t i = 0; i < 3; ++i) Policy(Name("p", i), i);
  GiveAll("p0");
  GiveAll("p1");
  Give("carol", "p2");
  // With the scope of a group too: the same policies, the same unit.
  Must(compiler_.Attach(kAccount, HolderKind::kUser, "alice", "p0", "blue"));
  Must(compiler_.Attach(kAccount, HolderKind::kUser, "alice", "p1", "blue"));
  const auto image = Load();
  EXPECT_EQ(image->program().policy_count(), 3u);
  EXPECT_EQ(image->program().unit_count(), 2u);
  EXPECT_TRUE(Allows(*image, "bob", 1));
  EXPECT_FALSE(Allows(*image, "bob", 2));
  EXPECT_TRUE(Allows(*image, "carol", 2));
}

TEST_F(SnapshotPackTest, WhatManySetsShareIsInTheIndexOnce) {
  constexpr size_t kUsers = 300;
  constexpr size_t kShared = 20;
  for (size_t i = 0; i < kUsers; ++i) {
    Member(Name("u", i));
    Policy(Name("own", i), i);
    Give(Name("u", i), Name("own", i));
  }
  for (size_t i = 0; i < kShared; ++i) {
    Policy(Name("shared", i), kUsers + i);
    GiveAll(Name("shared", i));
  }
  const auto image = Load();
  EXPECT_EQ(image->program().unit_count(), kUsers + 1);
  EXPECT_EQ(image->program().view().unit_policies.size(), kUsers + kShared);
  EXPECT_TRUE(Allows(*image, "u7", 7));
  EXPECT_FALSE(Allows(*image, "u7", 8));
  EXPECT_TRUE(Allows(*image, "u7", kUsers + kShared - 1));
}

TEST_F(SnapshotPackTest, NamesThatAreNoTextAreRefused) {
  User("al\xff");
  EXPECT_EQ(compiler_.Pack().status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(compiler_.Pack().status().message(),
              HasSubstr("the name of a user or role"));
  Must(compiler_.RemoveUser(kAccount, "al\xff"));
  Must(compiler_.PutUser(kAccount, "alice", std::string_view("2\0", 2)));
  EXPECT_THAT(compiler_.Pack().status().message(),
              HasSubstr("the id of a user or role"));
  Must(compiler_.PutUser(kAccount, "alice"));
  EXPECT_TRUE(compiler_.Pack().ok());
}

TEST_F(SnapshotPackTest, PackingChangesNothing) {
  User("alice");
  Policy("p", 1);
  Give("alice", "p");
  Load();
  const std::string before = packed_.directory + packed_.program;
  const auto published = compiler_.Publish(1).value();
  Policy("p", 2);
  EXPECT_TRUE(Allows(*Load(), "alice", 2));
  Policy("p", 1);
  Load();
  EXPECT_TRUE(before == packed_.directory + packed_.program);
}

class SmallBudgetTest : public SnapshotPackTest {
 protected:
  SmallBudgetTest() : SnapshotPackTest(Small()) {
    User("alice");
    for (size_t i = 0; i < kPolicies; ++i) {
      Policy(Name("p", i), i);
      Give("alice", Name("p", i));
    }
  }
  static SnapshotCompiler::Options Small() {
    SnapshotCompiler::Options options;
    options.budget.decide_steps = 40;
    return options;
  }
  static constexpr size_t kPolicies = 30;
};

TEST_F(SmallBudgetTest, AUnitThatPassesItIsHalved) {
  const auto image = Load();
  EXPECT_GT(image->program().unit_count(), 1u);
  EXPECT_LT(image->program().unit_count(), kPolicies);
  EXPECT_EQ(image->program().view().unit_policies.size(), kPolicies);
  for (size_t i = 0; i < kPolicies; ++i) {
    EXPECT_TRUE(Allows(*image, "alice", i)) << i;
  }
  EXPECT_FALSE(Allows(*image, "alice", kPolicies));
}

TEST_F(SmallBudgetTest, APolicyThatPassesItIsNamed) {
  std::string statements = R"({"Effect":"Allow","Action":"a:b","Resource":[)";
  for (int i = 0; i < 50; ++i) {
    statements +=
        (i == 0 ? "\"" : ",\"") + ("acs:x:*:*:m" + Name("", i)) + "\"";
  }
  Must(compiler_.PutPolicy(kAccount, "p7", ParseStatements(statements + "]}")));
  const Status status = compiler_.Pack().status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("`p7`"));
}

class SmallImageTest : public SnapshotPackTest {
 protected:
  SmallImageTest() : SnapshotPackTest(Small()) {}
  static SnapshotCompiler::Options Small() {
    SnapshotCompiler::Options options;
    options.budget.image_bytes = 24000;
    return options;
  }
  // So many users with policies that each pair of neighbours shares.
  void Fill(size_t users) {
    for (size_t i = 0; i < users; ++i) {
      User(Name("u", i));
      Policy(Name("p", i), i);
      for (size_t k = i < 6 ? 0 : i - 6; k <= i; ++k) {
        Give(Name("u", i), Name("p", k));
      }
    }
  }
};

TEST_F(SmallImageTest, UnitsAreSharedWhenTheProgramWouldBeTooLarge) {
  Fill(60);
  const auto image = Load();
  EXPECT_EQ(image->program().view().unit_policies.size(), 60u);
  EXPECT_TRUE(Allows(*image, "u20", 14));
  EXPECT_FALSE(Allows(*image, "u20", 13));
}

TEST_F(SmallImageTest, AllPoliciesTogetherMayBeTooLarge) {
  Fill(600);
  const Status status = compiler_.Pack().status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("all policies of the directory"));
}

}  // namespace
}  // namespace writ::testing
