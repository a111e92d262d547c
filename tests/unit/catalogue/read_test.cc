// SPDX-License-Identifier: Apache-2.0
#include "catalogue/read.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kPhotos = R"({
  "version": 1,
  "service": "photos",
  "title": "Photo Albums",
  "actions_are_complete": true,
  "keys_are_complete": true,
  "resources": {"album": "acs:photos:*:*:album/*"},
  "keys": {
    "photos:Size": {"type": "number", "actions": ["photos:GetPhoto"]},
    "photos:tag/*": {"type": "string", "several": true},
    "photos:Old": {"type": "bool", "always_there": true,
                   "use_instead": "photos:Size", "values": ["true"]}
  },
  "actions": {
    "ListPhotos": {"access": "list", "resources": []},
    "GetPhoto": {"access": "read", "resources": ["album"],
                 "traits": ["reads-data", "sensitive"]},
    "sharePhoto": {"access": "permissions", "resources": "unknown"}
  }
})";

// What the reader says about kPhotos with one piece of text replaced.
std::string Complaint(std::string_view from, std::string_view to) {
  std::string text(kPhotos);
  const size_t at = text.find(from);
  if (at == std::string::npos) return "no such text";
  text.replace(at, from.size(), to);
  const Result<CatalogueService> service =
      ReadCatalogueService(SourceText("photos.json", text));
  return service.ok() ? "" : std::string(service.status().message());
}

TEST(ReadCatalogueServiceTest, EveryMemberArrives) {
  const Result<CatalogueService> read =
      ReadCatalogueService(SourceText("photos.json", std::string(kPhotos)));
  ASSERT_TRUE(read.ok()) << read.status().message();
  const CatalogueService& photos = *read;
  EXPECT_EQ(photos.code, "photos");
  EXPECT_EQ(photos.title, "Photo Albums");
  EXPECT_TRUE(photos.actions_are_complete);
  EXPECT_TRUE(photos.keys_are_complete);
  ASSERT_EQ(photos.resources.size(), 1u);
  EXPECT_EQ(photos.resources[0].name, "album");
  EXPECT_EQ(photos.resources[0].shape, "acs:photos:*:*:album/*");

  ASSERT_EQ(photos.actions.size(), 3u);
  const CatalogueAction& get = photos.actions[0];
  EXPECT_EQ(get.service, "photos");
  EXPECT_EQ(get.name, "GetPhoto");
  EXPECT_EQ(get.access, AccessLevel::kRead);
  EXPECT_TRUE(get.has(ActionTrait::kReadsData));
  EXPECT_TRUE(get.has(ActionTrait::kSensitive));
  EXPECT_FALSE(get.has(ActionTrait::kGivesCredentials));
  EXPECT_THAT(get.resources, ElementsAre("album"));
  EXPECT_THAT(get.keys, ElementsAre("photos:Size"));
  EXPECT_FALSE(get.resources_unknown);
  const CatalogueAction& list = photos.actions[1];
  EXPECT_EQ(list.access, AccessLevel::kList);
  EXPECT_THAT(list.resources, IsEmpty());
  EXPECT_FALSE(list.resources_unknown);
  EXPECT_EQ(photos.actions[2].access, AccessLevel::kPermissions);
  EXPECT_TRUE(photos.actions[2].resources_unknown);

  ASSERT_EQ(photos.keys.size(), 3u);
  EXPECT_EQ(photos.keys[0].name, "photos:Old");
  EXPECT_EQ(photos.keys[0].type, OperandFamily::kBool);
  EXPECT_TRUE(photos.keys[0].always_there);
  EXPECT_EQ(photos.keys[0].use_instead, "photos:Size");
  EXPECT_THAT(photos.keys[0].values, ElementsAre("true"));
  EXPECT_EQ(photos.keys[1].type, OperandFamily::kNumeric);
  EXPECT_THAT(photos.keys[1].actions, ElementsAre("photos:GetPhoto"));
  EXPECT_TRUE(photos.keys[2].several);
}

TEST(ReadCatalogueServiceTest, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(Complaint("\"version\": 1", "\"version\": 2"),
            "photos.json:2:14: `version` is 1");
  EXPECT_EQ(Complaint("\"version\": 1,", ""),
            "photos.json:1:1: `version` is missing");
  EXPECT_EQ(Complaint("\"title\": \"Photo Albums\",", ""),
            "photos.json:1:1: `title` is missing");
  EXPECT_EQ(Complaint("\"service\": \"photos\"", "\"service\": 7"),
            "photos.json:3:14: `service` holds a string\n"
            "photos.json:3:14: a service code looks like `oss`, in lower "
            "case\nphotos.json:1:1: `service` is missing\n"
            "photos.json:8:11: `photos:Old` is not a key of this service\n"
            "photos.json:8:11: `photos:Size` is not a key of this service\n"
            "photos.json:8:11: `photos:Size` names the action "
            "`photos:GetPhoto`, which is not listed\n"
            "photos.json:8:11: `photos:tag/*` is not a key of this service");
  EXPECT_THAT(Complaint("\"photos\",", "\"Photos\","),
              HasSubstr("a service code looks like `oss`, in lower case"));
  EXPECT_EQ(Complaint("\"actions_are_complete\": true",
                      "\"actions_are_complete\": 1"),
            "photos.json:5:27: `actions_are_complete` is true or false");
  EXPECT_EQ(Complaint("\"title\"", "\"titel\": \"x\", \"title\""),
            "photos.json:4:3: `titel` is not known here; known are version, "
            "service, title, actions_are_complete, keys_are_complete, "
            "resources, keys, actions");
}

TEST(ReadCatalogueServiceTest, ActionsNeedAccessAndResources) {
  EXPECT_EQ(Complaint("\"access\": \"list\", ", ""),
            "photos.json:15:19: `access` is missing");
  EXPECT_EQ(Complaint("\"access\": \"list\"", "\"access\": \"look\""),
            "photos.json:15:30: `access` is one of read, list, write, "
            "permissions, tag");
  EXPECT_EQ(Complaint("\"list\", \"resources\": []", "\"list\""),
            "photos.json:15:19: `resources` is missing");
  EXPECT_EQ(Complaint("\"unknown\"", "\"none\""),
            "photos.json:18:58: `resources` is a list, or \"unknown\"");
  EXPECT_EQ(Complaint("[\"album\"]", "[\"folder\"]"),
            "photos.json:16:50: no resource is called `folder`");
  EXPECT_EQ(Complaint("[\"album\"]", "[\"album\", \"album\"]"),
            "photos.json:16:59: `album` stands twice");
  EXPECT_EQ(Complaint("\"reads-data\"", "\"reads\""),
            "photos.json:17:29: `traits` is one of reads-data, "
            "gives-credentials, exposes-resource, changes-logging, sensitive");
  EXPECT_EQ(Complaint("\"sharePhoto\"", "\"getphoto\""),
            "photos.json:1:1: two actions are called `getphoto`");
  EXPECT_EQ(Complaint("\"sharePhoto\"", "\"share photo\""),
            "photos.json:18:5: not a name of an action");
}

TEST(ReadCatalogueServiceTest, KeysAndShapesAreOfTheirForm) {
  EXPECT_EQ(Complaint("acs:photos:*:*:album/*", "arn:photos:*:*:album/*"),
            "photos.json:7:26: a shape looks like `acs:oss:*:*:*/**`");
  EXPECT_EQ(Complaint("\"type\": \"number\", ", ""),
            "photos.json:9:20: `type` is missing");
  EXPECT_EQ(Complaint("\"number\"", "\"numeric\""),
            "photos.json:9:29: `type` is one of string, number, date, bool, "
            "ip");
  EXPECT_THAT(Complaint("photos:tag/*", "phototag"),
              HasSubstr("a condition key looks like `oss:Prefix`"));
  EXPECT_EQ(Complaint("photos:tag/*", "oss:tag/*"),
            "photos.json:8:11: `oss:tag/*` is not a key of this service");
  EXPECT_EQ(Complaint("photos:GetPhoto", "photos:GetPhotos"),
            "photos.json:8:11: `photos:Size` names the action "
            "`photos:GetPhotos`, which is not listed");
}

TEST(ReadCatalogueServiceTest, TextThatIsNoJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(Complaint("\"version\": 1,", "\"version\": 1,,"),
              HasSubstr("photos.json:2:16: "));
  EXPECT_THAT(
      Complaint("\"title\": \"Photo Albums\",", "\"service\": \"twice\","),
      HasSubstr("photos.json:4:3: the member `service` stands twice"));
  const Result<CatalogueService> list =
      ReadCatalogueService(SourceText("x.json", "[1]"));
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.status().message(), "x.json:1:1: `the file` holds an object");
  EXPECT_FALSE(ReadCatalogueService(SourceText("x.json", "")).ok());
}

TEST(ReadCatalogueServiceTest, AThousandMistakesGiveAShortReport) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) {
    text += (i == 0 ? "\"m" : ", \"m") + std::to_string(i) + "\": 1";
  }
  const Result<CatalogueService> read =
      ReadCatalogueService(SourceText("x.json", text + "}"));
  ASSERT_FALSE(read.ok());
  EXPECT_LT(read.status().message().size(), 4096u);
}

TEST(ReadCatalogueGlobalsTest, UnknownMembersAreRefused) {
  const Result<CatalogueGlobals> read = ReadCatalogueGlobals(
      SourceText("global.json", R"({"version": 1, "zones": []})"));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().message(),
            "global.json:1:16: `zones` is not known here; known are version, "
            "regions, other_services, also_called, keys");
}

}  // namespace
}  // namespace writ
