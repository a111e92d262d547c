// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/control/platform.h"

namespace writ::testing {
namespace {

constexpr std::string_view kGood =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*",)"
    R"("Resource":"*"}]})";

Draft Create(const Platform& platform, const std::string& name,
             std::string_view document) {
  return platform.Rpc(
      "CreatePolicy",
      {{"PolicyName", name}, {"PolicyDocument", std::string(document)}});
}

TEST(Policies, LiveTheirLife) {
  Platform platform;
  const Json made = platform.Do(Create(platform, "p1", kGood));
  EXPECT_EQ(made["Policy"]["PolicyType"], "Custom");
  EXPECT_EQ(made["Policy"]["DefaultVersion"], "v1");
  EXPECT_EQ(platform.Do(Create(platform, "p1", kGood), 409)["Code"],
            "EntityAlreadyExists.Policy");
  const Json got = platform.Do(platform.Rpc(
      "GetPolicy", {{"PolicyName", "p1"}, {"PolicyType", "Custom"}}));
  // Byte for byte what the author sent.
  EXPECT_EQ(got["DefaultPolicyVersion"]["PolicyDocument"], kGood);
  EXPECT_EQ(got["Policy"]["AttachmentCount"], 0);
  const Json list = platform.Do(platform.Rpc("ListPolicies", {}));
  ASSERT_EQ(list["Policies"]["Policy"].size(), 1u);
  EXPECT_EQ(list["Policies"]["Policy"][0]["PolicyName"], "p1");
  platform.Do(platform.Rpc("DeletePolicy", {{"PolicyName", "p1"}}));
  EXPECT_EQ(platform.Do(platform.Rpc("GetPolicy", {{"PolicyName", "p1"},
                                                   {"PolicyType", "Custom"}}),
                        404)["Code"],
            "EntityNotExist.Policy");
}

TEST(Policies, ThatAreMalformedSayWhereAndWhyAndAreNotStored) {
  struct Case {
    std::string_view document;
    std::string_view place;   // line:column
    std::string_view ruling;  // may be empty
  };
  const Case cases[] = {
      {"{", "1:", ""},
      {"{\"Version\":\"1\",\n\"Statement\":[{\"Effect\":\"Allow\","
       "\"Action\":\"a:b\",\"NotAction\":\"a:c\",\"Resource\":\"*\"}]}",
       "2:", "R16"},
      {"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Deny\","
       "\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"}]}",
       "1:", "R17"},
      {"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\","
       "\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{"
       "\"IpAddress\":{\"acs:SourceIp\":\"10.0.0.0/33\"}}}]}",
       "1:", "R"},
      {"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\","
       "\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{"
       "\"NoSuchOperator\":{\"k\":\"v\"}}}]}",
       "1:", "R05"},
  };
  Platform platform;
  const uint64_t revision = platform.store->revision();
  for (const Case& test : cases) {
    const Json refused = platform.Do(Create(platform, "p", test.document), 400);
    EXPECT_EQ(refused["Code"], "MalformedPolicyDocument") << test.document;
    const auto message = refused["Message"].get<std::string>();
    EXPECT_NE(message.find(test.place), std::string::npos) << message;
    EXPECT_NE(message.find("W-"), std::string::npos) << message;
    EXPECT_NE(message.find(test.ruling), std::string::npos) << message;
  }
  EXPECT_EQ(platform.store->revision(), revision);
  EXPECT_EQ(platform.Do(platform.Rpc("ListPolicies", {}))["Policies"]["Policy"]
                .size(),
            0u);
}

TEST(Policies, ParametersAreChecked) {
  Platform platform;
  EXPECT_EQ(platform.Do(platform.Rpc("CreatePolicy", {{"PolicyName", "p"}}),
                        400)["Code"],
            "MissingParameter");
  EXPECT_EQ(platform.Do(Create(platform, "under_score", kGood), 400)["Code"],
            "InvalidParameter.PolicyName");
  EXPECT_EQ(platform.Do(platform.Rpc("GetPolicy", {{"PolicyName", "p"}}),
                        400)["Code"],
            "MissingParameter");
  EXPECT_EQ(platform.Do(platform.Rpc("GetPolicy", {{"PolicyName", "p"},
                                                   {"PolicyType", "Mine"}}),
                        400)["Code"],
            "InvalidParameter.PolicyType");
}

TEST(Policies, LongerThanTheLimitAreRefused) {
  Platform platform;
  // White space outside strings does not count, so the length is in a name.
  const auto document = [](size_t length) {
    std::string text(kGood);
    text.insert(text.find("fc:") + 3, std::string(length - text.size(), 'a'));
    return text;
  };
  platform.Do(Create(platform, "just", document(6144)));
  EXPECT_EQ(platform.Do(Create(platform, "over", document(6145)), 400)["Code"],
            "MalformedPolicyDocument");
}

TEST(Attachments, CountAndConflict) {
  Platform platform;
  platform.Do(Create(platform, "p1", kGood));
  platform.Do(platform.Rpc("CreateUser", {{"UserName", "alice"}}));
  const Parameters both = {
      {"PolicyType", "Custom"}, {"PolicyName", "p1"}, {"UserName", "alice"}};
  platform.Do(platform.Rpc("AttachPolicyToUser", both));
  EXPECT_EQ(platform.Do(platform.Rpc("AttachPolicyToUser", both), 409)["Code"],
            "EntityAlreadyExists.User.Policy");
  EXPECT_EQ(platform.Do(platform.Rpc("DeletePolicy", {{"PolicyName", "p1"}}),
                        409)["Code"],
            "DeleteConflict.Policy.User");
  EXPECT_EQ(platform.Do(platform.Rpc("DeleteUser", {{"UserName", "alice"}}),
                        409)["Code"],
            "DeleteConflict.User.Policy");
  const Json list =
      platform.Do(platform.Rpc("ListPoliciesForUser", {{"UserName", "alice"}}));
  ASSERT_EQ(list["Policies"]["Policy"].size(), 1u);
  EXPECT_EQ(list["Policies"]["Policy"][0]["PolicyName"], "p1");
  EXPECT_EQ(list["Policies"]["Policy"][0]["AttachDate"],
            "2026-12-01T00:00:00Z");
  platform.Do(platform.Rpc("DetachPolicyFromUser", both));
  EXPECT_EQ(
      platform.Do(platform.Rpc("DetachPolicyFromUser", both), 404)["Code"],
      "EntityNotExist.User.Policy");
  platform.Do(platform.Rpc("DeletePolicy", {{"PolicyName", "p1"}}));
  platform.Do(platform.Rpc("DeleteUser", {{"UserName", "alice"}}));
}

TEST(Attachments, AreTenAtMost) {
  Platform platform;
  platform.Do(platform.Rpc("CreateUser", {{"UserName", "alice"}}));
  for (int i = 0; i <= 10; ++i) {
    const std::string name = "p" + std::to_string(i);
    platform.Do(Create(platform, name, kGood));
    const Json answer = platform.Do(
        platform.Rpc("AttachPolicyToUser", {{"PolicyType", "Custom"},
                                            {"PolicyName", name},
                                            {"UserName", "alice"}}),
        i < 10 ? 200 : 409);
    if (i == 10) {
      EXPECT_EQ(answer["Code"], "LimitExceeded.User.Policy");
    }
  }
}

TEST(Attachments, OfMissingThingsSayWhichIsMissing) {
  Platform platform;
  platform.Do(Create(platform, "p1", kGood));
  platform.Do(platform.Rpc("CreateUser", {{"UserName", "alice"}}));
  const auto attach = [&](const char* user, const char* policy,
                          const char* type) {
    return platform.Do(
        platform.Rpc(
            "AttachPolicyToUser",
            {{"PolicyType", type}, {"PolicyName", policy}, {"UserName", user}}),
        404)["Code"];
  };
  EXPECT_EQ(attach("bob", "p1", "Custom"), "EntityNotExist.User");
  EXPECT_EQ(attach("alice", "p2", "Custom"), "EntityNotExist.Policy");
  EXPECT_EQ(attach("alice", "AdministratorAccess", "System"),
            "EntityNotExist.Policy");
}

TEST(Attachments, ActOnTheVeryNextCall) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  const Draft list = platform.Rpc("ListUsers", {});
  platform.DoAs(alice, list, 403);
  platform.Grant(
      "alice", "allow",
      {{"Effect", "Allow"}, {"Action", "ram:List*"}, {"Resource", "*"}});
  platform.DoAs(alice, list, 200);
  platform.Grant(
      "alice", "deny-here",
      {{"Effect", "Deny"},
       {"Action", "*"},
       {"Resource", "*"},
       {"Condition", {{"IpAddress", {{"acs:SourceIp", "127.0.0.0/8"}}}}}});
  const Json denied = platform.DoAs(alice, list, 403);
  EXPECT_EQ(denied["Code"], "NoPermission");
  EXPECT_EQ(denied["AccessDeniedDetail"]["NoPermissionType"], "ExplicitDeny");
  Draft elsewhere = list;
  elsewhere.source_ip = "192.0.2.7";
  platform.DoAs(alice, elsewhere, 200);
  platform.Do(platform.Rpc("DetachPolicyFromUser", {{"PolicyType", "Custom"},
                                                    {"PolicyName", "deny-here"},
                                                    {"UserName", "alice"}}));
  platform.DoAs(alice, list, 200);
}

TEST(Attachments, NeedPermissionOnUserAndPolicyBoth) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  platform.Do(platform.Rpc("CreateUser", {{"UserName", "bob"}}));
  platform.Do(Create(platform, "p1", kGood));
  const Draft attach = platform.Rpc(
      "AttachPolicyToUser",
      {{"PolicyType", "Custom"}, {"PolicyName", "p1"}, {"UserName", "bob"}});
  const std::string prefix = "acs:ram:*:" + platform.account + ":";
  platform.Grant("alice", "users",
                 {{"Effect", "Allow"},
                  {"Action", "ram:AttachPolicyToUser"},
                  {"Resource", prefix + "user/*"}});
  const Json denied = platform.DoAs(alice, attach, 403);
  EXPECT_NE(denied["Message"].get<std::string>().find(":policy/p1"),
            std::string::npos);
  platform.Grant("alice", "policies",
                 {{"Effect", "Allow"},
                  {"Action", "ram:AttachPolicyToUser"},
                  {"Resource", prefix + "policy/p1"}});
  platform.DoAs(alice, attach, 200);
}

}  // namespace
}  // namespace writ::testing
