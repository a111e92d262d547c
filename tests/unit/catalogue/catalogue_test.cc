// SPDX-License-Identifier: Apache-2.0
#include "catalogue/catalogue.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "catalogue/action_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Catalogue& BuiltIn() { return Catalogue::BuiltIn(); }

std::vector<std::string> Names(
    const std::vector<const CatalogueAction*>& actions) {
  std::vector<std::string> names;
  for (const CatalogueAction* action : actions) {
    names.push_back(action->service + ":" + action->name);
  }
  return names;
}

std::string KeyName(std::string_view key) {
  const CatalogueKey* found = BuiltIn().FindKey(key);
  return found == nullptr ? "" : found->name;
}

TEST(CatalogueTest, TheBuiltInServicesAreThere) {
  EXPECT_THAT(BuiltIn().ServiceCodes(),
              ElementsAre("actiontrail", "ecs", "fc", "kms", "log", "oss",
                          "ram", "resourcemanager", "sts"));
  EXPECT_TRUE(BuiltIn().IsServiceCode("OSS"));
  EXPECT_TRUE(BuiltIn().IsServiceCode("vpc"));
  EXPECT_FALSE(BuiltIn().IsServiceCode("os"));
}

TEST(CatalogueTest, ActionsAndServicesAreFoundInAnyCase) {
  ASSERT_NE(BuiltIn().FindService("FC"), nullptr);
  const CatalogueAction* get = BuiltIn().FindAction("OSS:getobject");
  ASSERT_NE(get, nullptr);
  EXPECT_EQ(get->name, "GetObject");
  EXPECT_EQ(BuiltIn().FindAction("oss:GetObjects"), nullptr);
  EXPECT_EQ(BuiltIn().FindAction("oss"), nullptr);
  EXPECT_EQ(BuiltIn().FindAction("nowhere:Get"), nullptr);
  EXPECT_EQ(BuiltIn().FindService(""), nullptr);
}

TEST(CatalogueTest, PatternsMatchActionsInOrder) {
  EXPECT_THAT(Names(BuiltIn().Matching("fc:*Alias")),
              ElementsAre("fc:CreateAlias", "fc:DeleteAlias", "fc:GetAlias",
                          "fc:UpdateAlias"));
  EXPECT_THAT(Names(BuiltIn().Matching("STS:assume????")),
              ElementsAre("sts:AssumeRole"));
  EXPECT_THAT(Names(BuiltIn().Matching("oss:Lst*")), IsEmpty());
  EXPECT_THAT(Names(BuiltIn().Matching("oss")), IsEmpty());
  EXPECT_THAT(Names(BuiltIn().Matching("*:DescribeRegions")),
              ElementsAre("actiontrail:DescribeRegions", "ecs:DescribeRegions",
                          "fc:DescribeRegions", "kms:DescribeRegions",
                          "log:DescribeRegions", "oss:DescribeRegions"));
  EXPECT_EQ(BuiltIn().Matching("*").size(), BuiltIn().Matching("*:*").size());
  EXPECT_GT(BuiltIn().Matching("*").size(), 1000u);
}

TEST(CatalogueTest, ManyStarsMatchInLittleTime) {
  std::string pattern = "ecs:";
  for (int i = 0; i < 5000; ++i) pattern += "*e";
  EXPECT_THAT(BuiltIn().Matching(pattern), IsEmpty());
}

TEST(CatalogueTest, KeysAreFoundByNameAndByFamily) {
  EXPECT_EQ(KeyName("ACS:sourceip"), "acs:SourceIp");
  EXPECT_EQ(KeyName("acs:RequestTag/team"), "acs:RequestTag/*");
  EXPECT_EQ(KeyName("ACS:requesttag/team"), "acs:RequestTag/*");
  EXPECT_EQ(KeyName("acs:RequestTag/"), "");
  EXPECT_EQ(KeyName("acs:RequestTag"), "");
  EXPECT_EQ(KeyName("oss:ExistingObjectTag/a/b"), "oss:ExistingObjectTag/*");
  EXPECT_EQ(KeyName("oss:Prefix"), "oss:Prefix");
  EXPECT_EQ(KeyName("oidc:aud"), "oidc:aud");
  EXPECT_EQ(KeyName("fc:FunctionName"), "");
  EXPECT_EQ(KeyName("Prefix"), "");
}

TEST(CatalogueTest, AnActionSaysWhichKeysItsRequestsCarry) {
  EXPECT_THAT(BuiltIn().FindAction("oss:ListObjects")->keys,
              ElementsAre("oss:Delimiter", "oss:Prefix"));
  EXPECT_THAT(BuiltIn().FindAction("oss:DeleteBucket")->keys, IsEmpty());
}

TEST(CatalogueTest, NamesThatAreNearAreOffered) {
  EXPECT_EQ(BuiltIn().NearestService("os"), "oss");
  EXPECT_EQ(BuiltIn().NearestService("SLS"), "log");
  EXPECT_EQ(BuiltIn().NearestService("resourcemanger"), "resourcemanager");
  EXPECT_EQ(BuiltIn().NearestAction("oss:GetObjects"), "oss:GetObject");
  EXPECT_EQ(BuiltIn().NearestAction("os:GetObject"), "oss:GetObject");
  EXPECT_EQ(BuiltIn().NearestAction("ecs:PutBucketPolicy"),
            "oss:PutBucketPolicy");
  EXPECT_EQ(BuiltIn().NearestKey("acs:SourceIPs"), "acs:SourceIp");
  EXPECT_EQ(BuiltIn().NearestKey("acs:ResuestTag/team"), "acs:RequestTag/team");
  EXPECT_EQ(BuiltIn().NearestKey("oss:Prefx"), "oss:Prefix");
  EXPECT_EQ(BuiltIn().NearestRegion("cn-hangzou"), "cn-hangzhou");
}

TEST(CatalogueTest, NamesThatAreFarAreNot) {
  EXPECT_EQ(BuiltIn().NearestService("photobook"), "");
  EXPECT_EQ(BuiltIn().NearestAction("oss:Frobnicate"), "");
  EXPECT_EQ(BuiltIn().NearestAction("oss"), "");
  EXPECT_EQ(BuiltIn().NearestKey("acs:FunctionName"), "");
  EXPECT_EQ(BuiltIn().NearestRegion("moon-base-1"), "");
}

TEST(CatalogueTest, AFileReplacesAServiceAndAddsOthers) {
  const SourceText texts[] = {
      SourceText("a.json", R"({"version": 1, "service": "oss", "title": "T",
        "actions": {"Mine": {"access": "read", "resources": "unknown"}}})"),
      SourceText("b.json", R"({"version": 1, "service": "photos",
        "title": "T", "keys": {"photos:Size": {"type": "number"}},
        "actions": {"Get": {"access": "read", "resources": []}}})")};
  const Result<Catalogue> mine = Catalogue::WithFiles(texts);
  ASSERT_TRUE(mine.ok()) << mine.status().message();
  EXPECT_NE(mine->FindAction("oss:Mine"), nullptr);
  EXPECT_EQ(mine->FindAction("oss:GetObject"), nullptr);
  EXPECT_NE(mine->FindAction("photos:Get"), nullptr);
  EXPECT_NE(mine->FindKey("photos:size"), nullptr);
  EXPECT_NE(mine->FindAction("fc:InvokeFunction"), nullptr);
  EXPECT_EQ(mine->ServiceCodes().size(), BuiltIn().ServiceCodes().size() + 1);
  EXPECT_TRUE(mine->IsServiceCode("photos"));
  EXPECT_NE(BuiltIn().FindAction("oss:GetObject"), nullptr);
}

TEST(CatalogueTest, FilesThatAreWrongAreAllReported) {
  const SourceText texts[] = {
      SourceText("a.json", "{"),
      SourceText("b.json", R"({"version": 1, "service": "photos",
        "title": "T", "actions": {}})"),
      SourceText("c.json", R"({"version": 1, "service": "photos",
        "title": "T", "actions": {}})")};
  const Result<Catalogue> mine = Catalogue::WithFiles(texts);
  ASSERT_FALSE(mine.ok());
  EXPECT_EQ(mine.status().message(),
            "a.json:1:1: the `{` that opens here is never closed\n"
            "c.json:1:1: the service `photos` is described by two files");
}

TEST(CatalogueTest, ActionNamesAreThoseThatCanBeFound) {
  const std::vector<std::string> names = ActionNames(BuiltIn());
  EXPECT_GT(names.size(), 500u);
  EXPECT_TRUE(std::ranges::count(names, "oss:GetObject") == 1);
  for (const std::string& name : names) {
    EXPECT_NE(BuiltIn().FindAction(name), nullptr) << name;
  }
}

TEST(CatalogueTest, ManyThreadsMayAskAtOnce) {
  const Result<Catalogue> fresh = Catalogue::WithFiles({});
  ASSERT_TRUE(fresh.ok());
  std::vector<std::thread> threads;
  std::vector<size_t> counts(4);
  for (size_t i = 0; i < counts.size(); ++i) {
    threads.emplace_back([&fresh, &counts, i] {
      counts[i] = fresh->Matching("*:Describe*").size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const size_t count : counts) EXPECT_EQ(count, counts.front());
  EXPECT_GT(counts.front(), 100u);
}

}  // namespace
}  // namespace writ
