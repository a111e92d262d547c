// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/control/platform.h"

namespace writ::testing {
namespace {

TEST(Bootstrap, MakesAnAccountAndARootKeyThatStayTheSame) {
  Platform platform;
  EXPECT_EQ(platform.account.size(), 16u);
  EXPECT_EQ(platform.account.find_first_not_of("0123456789"),
            std::string::npos);
  const std::string account = platform.account;
  const Signer root = platform.root;
  platform.Restart();
  EXPECT_EQ(platform.account, account);
  EXPECT_EQ(platform.root.id, root.id);
  EXPECT_EQ(platform.root.secret, root.secret);
}

TEST(Bootstrap, IsAuditedUnderTheSystemPrincipal) {
  Platform platform;
  const std::vector<Json> records = platform.Audit(10);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["Principal"], "system");
  EXPECT_EQ(records[0]["Operation"], "Bootstrap");
  EXPECT_EQ(records[1]["Phase"], "decided");
}

TEST(Identity, CallerIdentityNeedsNoPermission) {
  Platform platform;
  const Json root = platform.Do(platform.Rpc("GetCallerIdentity", {}));
  EXPECT_EQ(root["IdentityType"], "Account");
  EXPECT_EQ(root["AccountId"], platform.account);
  EXPECT_EQ(root["Arn"], "acs:ram::" + platform.account + ":root");
  const Signer alice = platform.MakeUser("alice");
  const Json user =
      platform.DoAs(alice, platform.Rpc("GetCallerIdentity", {}), 200);
  EXPECT_EQ(user["IdentityType"], "RAMUser");
  EXPECT_EQ(user["Arn"], "acs:ram::" + platform.account + ":user/alice");
  EXPECT_EQ(user["UserId"], user["PrincipalId"]);
}

TEST(Users, LiveTheirLife) {
  Platform platform;
  const Json made = platform.Do(platform.Rpc(
      "CreateUser", {{"UserName", "alice"}, {"DisplayName", "Älice O'Neil*"}}));
  EXPECT_EQ(made["User"]["UserName"], "alice");
  EXPECT_EQ(made["User"]["DisplayName"], "Älice O'Neil*");
  EXPECT_EQ(made["User"]["CreateDate"], "2026-12-01T00:00:00Z");
  EXPECT_FALSE(made["RequestId"].get<std::string>().empty());
  const Json got =
      platform.Do(platform.Rpc("GetUser", {{"UserName", "alice"}}));
  EXPECT_EQ(got["User"]["UserId"], made["User"]["UserId"]);
  const Json updated = platform.Do(platform.Rpc(
      "UpdateUser", {{"UserName", "alice"}, {"NewComments", "hello"}}));
  EXPECT_EQ(updated["User"]["Comments"], "hello");
  EXPECT_EQ(updated["User"]["DisplayName"], "Älice O'Neil*");
  const Json again =
      platform.Do(platform.Rpc("CreateUser", {{"UserName", "alice"}}), 409);
  EXPECT_EQ(again["Code"], "EntityAlreadyExists.User");
  platform.Do(platform.Rpc("DeleteUser", {{"UserName", "alice"}}));
  const Json gone =
      platform.Do(platform.Rpc("GetUser", {{"UserName", "alice"}}), 404);
  EXPECT_EQ(gone["Code"], "EntityNotExist.User");
  platform.Do(platform.Rpc("DeleteUser", {{"UserName", "alice"}}), 404);
}

TEST(Users, ParametersAreChecked) {
  Platform platform;
  EXPECT_EQ(platform.Do(platform.Rpc("CreateUser", {}), 400)["Code"],
            "MissingParameter");
  EXPECT_EQ(platform.Do(platform.Rpc("CreateUser", {{"UserName", "a/b"}}),
                        400)["Code"],
            "InvalidParameter.UserName");
  EXPECT_EQ(platform.Do(platform.Rpc("CreateUser",
                                     {{"UserName", std::string(65, 'a')}}),
                        400)["Code"],
            "InvalidParameter.UserName");
  platform.Do(platform.Rpc("CreateUser", {{"UserName", std::string(64, 'a')}}));
  EXPECT_EQ(platform.Do(platform.Rpc("CreateUser",
                                     {{"UserName", "b"},
                                      {"DisplayName", std::string(129, 'x')}}),
                        400)["Code"],
            "InvalidParameter.DisplayName.Length");
}

TEST(Users, AreListedInPages) {
  Platform platform;
  for (const char* name : {"carol", "alice", "bob"}) {
    platform.Do(platform.Rpc("CreateUser", {{"UserName", name}}));
  }
  const Json first =
      platform.Do(platform.Rpc("ListUsers", {{"MaxItems", "2"}}));
  ASSERT_EQ(first["Users"]["User"].size(), 2u);
  EXPECT_EQ(first["Users"]["User"][0]["UserName"], "alice");
  EXPECT_EQ(first["IsTruncated"], true);
  const Json second = platform.Do(platform.Rpc(
      "ListUsers", {{"MaxItems", "2"}, {"Marker", first["Marker"]}}));
  ASSERT_EQ(second["Users"]["User"].size(), 1u);
  EXPECT_EQ(second["Users"]["User"][0]["UserName"], "carol");
  EXPECT_EQ(second["IsTruncated"], false);
  EXPECT_EQ(
      platform.Do(platform.Rpc("ListUsers", {{"MaxItems", "0"}}), 400)["Code"],
      "InvalidParameter.MaxItems");
}

TEST(Users, ParametersMayComeInAForm) {
  Platform platform;
  Draft draft = platform.Rpc("CreateUser", {});
  draft.body = "UserName=form-user&DisplayName=two+words";
  draft.content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(platform.Do(draft)["User"]["DisplayName"], "two words");
  // The same parameter twice has two readings, so it has none.
  Draft twice = platform.Rpc("CreateUser", {{"UserName", "a"}});
  twice.body = "UserName=b";
  twice.content_type = draft.content_type;
  EXPECT_EQ(platform.Do(twice, 400)["Code"], "InvalidParameter");
}

TEST(AccessKeys, WorkFromTheAnswerOnUntilDeleted) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  EXPECT_EQ(alice.id.size(), 24u);
  EXPECT_EQ(alice.secret.size(), 30u);
  const Draft who = platform.Rpc("GetCallerIdentity", {});
  platform.DoAs(alice, who, 200);
  const Json list =
      platform.Do(platform.Rpc("ListAccessKeys", {{"UserName", "alice"}}));
  ASSERT_EQ(list["AccessKeys"]["AccessKey"].size(), 1u);
  EXPECT_EQ(list["AccessKeys"]["AccessKey"][0]["AccessKeyId"], alice.id);
  EXPECT_FALSE(list["AccessKeys"]["AccessKey"][0].contains("AccessKeySecret"));
  platform.Do(platform.Rpc("DeleteAccessKey", {{"UserName", "alice"},
                                               {"UserAccessKeyId", alice.id}}));
  EXPECT_EQ(platform.DoAs(alice, who, 404)["Code"],
            "InvalidAccessKeyId.NotFound");
}

TEST(AccessKeys, AreTwoAtMostAndKeepTheirUserAlive) {
  Platform platform;
  const Signer first = platform.MakeUser("alice");
  platform.Do(platform.Rpc("CreateAccessKey", {{"UserName", "alice"}}));
  EXPECT_EQ(
      platform.Do(platform.Rpc("CreateAccessKey", {{"UserName", "alice"}}),
                  409)["Code"],
      "LimitExceeded.User.AccessKey");
  EXPECT_EQ(platform.Do(platform.Rpc("DeleteUser", {{"UserName", "alice"}}),
                        409)["Code"],
            "DeleteConflict.User.AccessKey");
  platform.Do(platform.Rpc("CreateAccessKey", {{"UserName", "nobody"}}), 404);
}

TEST(AccessKeys, OfAnotherUserCannotBeDeletedByName) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  platform.MakeUser("bob");
  EXPECT_EQ(platform.Do(platform.Rpc("DeleteAccessKey",
                                     {{"UserName", "bob"},
                                      {"UserAccessKeyId", alice.id}}),
                        404)["Code"],
            "EntityNotExist.User.AccessKey");
  // Nor can the root's key, which no user has.
  platform.Do(
      platform.Rpc("DeleteAccessKey", {{"UserName", "bob"},
                                       {"UserAccessKeyId", platform.root.id}}),
      404);
  platform.Do(platform.Rpc("GetCallerIdentity", {}));
}

TEST(Directory, EverythingIsThereAfterARestart) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  platform.Grant(
      "alice", "may-list",
      {{"Effect", "Allow"}, {"Action", "ram:ListUsers"}, {"Resource", "*"}});
  platform.MakeFunction("f1");
  const uint64_t revision = platform.directory->state()->revision;
  platform.Restart();
  EXPECT_EQ(platform.directory->state()->revision, revision);
  platform.DoAs(alice, platform.Rpc("ListUsers", {}), 200);
  platform.DoAs(alice, platform.Rpc("ListPolicies", {}), 403);
  EXPECT_TRUE(
      platform.directory->FindFunction(platform.account, "f1").has_value());
}

TEST(Directory, KeyMaterialIsForgottenAfterTenMinutes) {
  Platform platform;
  const auto first = platform.directory->FindAccessKey(platform.root.id);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(platform.directory->FindAccessKey(platform.root.id), first);
  platform.clock.Advance(std::chrono::seconds(601));
  platform.directory->WipeExpired();
  const auto second = platform.directory->FindAccessKey(platform.root.id);
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, first);
}

}  // namespace
}  // namespace writ::testing
