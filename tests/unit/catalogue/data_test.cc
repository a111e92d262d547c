// SPDX-License-Identifier: Apache-2.0
// The data files that are built in keep what the rules rely on.
#include <algorithm>
#include <string>
#include <string_view>

#include "catalogue/built_in.h"
#include "catalogue/catalogue.h"
#include "catalogue/read.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

// Every service of the catalogue, one after the other.
template <typename Visit>
void ForEachService(const Visit& visit) {
  for (const std::string_view code : Catalogue::BuiltIn().ServiceCodes()) {
    SCOPED_TRACE(code);
    visit(*Catalogue::BuiltIn().FindService(code));
  }
}

TEST(CatalogueDataTest, EveryFileReadsAndIsNamedAfterItsService) {
  ASSERT_EQ(BuiltInTexts().front().name, "global");
  for (const BuiltInText& file : BuiltInTexts().subspan(1)) {
    const SourceText source(std::string(file.name) + ".json",
                            std::string(file.text));
    const Result<CatalogueService> service = ReadCatalogueService(source);
    ASSERT_TRUE(service.ok()) << service.status().message();
    EXPECT_EQ(service->code, file.name);
  }
}

TEST(CatalogueDataTest, LinesStandInTheOrderOfTheirNames) {
  for (const BuiltInText& file : BuiltInTexts().subspan(1)) {
    std::string_view text = file.text;
    text.remove_prefix(text.find("\n  \"actions\":"));
    std::string before;
    for (size_t at = text.find("\n    \""); at != text.npos;
         at = text.find("\n    \"", at + 1)) {
      const std::string_view name =
          text.substr(at + 6, text.find('"', at + 6) - at - 6);
      EXPECT_TRUE(LessIgnoreCase(before, name))
          << file.name << ": " << before << " before " << name;
      before = name;
    }
    EXPECT_FALSE(before.empty());
  }
}

TEST(CatalogueDataTest, ActionsAreSortedAndTheirResourcesExist) {
  ForEachService([](const CatalogueService& service) {
    ASSERT_FALSE(service.actions.empty());
    EXPECT_TRUE(
        std::is_sorted(service.actions.begin(), service.actions.end(),
                       [](const CatalogueAction& a, const CatalogueAction& b) {
                         return LessIgnoreCase(a.name, b.name);
                       }));
    for (const CatalogueAction& action : service.actions) {
      EXPECT_EQ(action.service, service.code);
      EXPECT_EQ(
          Catalogue::BuiltIn().FindAction(service.code + ":" + action.name),
          &action);
      if (action.resources_unknown) {
        EXPECT_TRUE(action.resources.empty()) << action.name;
      }
    }
  });
}

TEST(CatalogueDataTest, EveryResourceAndKeyIsOfUse) {
  ForEachService([](const CatalogueService& service) {
    for (const CatalogueResource& resource : service.resources) {
      const bool narrows = resource.shape.find("*:*:") != std::string::npos;
      EXPECT_TRUE(narrows) << resource.shape;
    }
    for (const CatalogueKey& key : service.keys) {
      for (const std::string& action : key.actions) {
        const CatalogueAction* found = Catalogue::BuiltIn().FindAction(action);
        ASSERT_NE(found, nullptr) << key.name << " " << action;
        EXPECT_NE(std::find(found->keys.begin(), found->keys.end(), key.name),
                  found->keys.end());
      }
    }
  });
  for (const CatalogueKey& key : Catalogue::BuiltIn().GlobalKeys()) {
    for (const std::string& action : key.actions) {
      EXPECT_NE(Catalogue::BuiltIn().FindAction(action), nullptr)
          << key.name << " " << action;
    }
  }
}

TEST(CatalogueDataTest, TraitsGoWithTheLevelOfAccess) {
  ForEachService([](const CatalogueService& service) {
    for (const CatalogueAction& action : service.actions) {
      const bool looks = action.access == AccessLevel::kRead ||
                         action.access == AccessLevel::kList;
      if (action.has(ActionTrait::kExposesResource) ||
          action.has(ActionTrait::kChangesLogging)) {
        EXPECT_FALSE(looks) << service.code << ":" << action.name;
      }
      if (action.has(ActionTrait::kReadsData)) {
        EXPECT_NE(action.access, AccessLevel::kTag) << action.name;
      }
      if (action.has(ActionTrait::kExposesResource)) {
        EXPECT_EQ(action.access, AccessLevel::kPermissions) << action.name;
      }
      const std::string_view name = action.name;
      if (name.starts_with("Create") || name.starts_with("Delete") ||
          name.starts_with("Update") || name.starts_with("Put")) {
        EXPECT_FALSE(looks) << service.code << ":" << action.name;
      }
    }
  });
}

TEST(CatalogueDataTest, ServicesWithoutDataAreNotThoseWithData) {
  const Result<CatalogueGlobals> globals = ReadCatalogueGlobals(
      SourceText("global.json", std::string(BuiltInTexts().front().text)));
  ASSERT_TRUE(globals.ok()) << globals.status().message();
  for (const std::string& other : globals->other_services) {
    EXPECT_EQ(Catalogue::BuiltIn().FindService(other), nullptr) << other;
  }
  for (const auto& [name, code] : globals->also_called) {
    EXPECT_NE(Catalogue::BuiltIn().FindService(code), nullptr) << code;
    EXPECT_FALSE(Catalogue::BuiltIn().IsServiceCode(name)) << name;
  }
  EXPECT_GT(globals->regions.size(), 30u);
}

}  // namespace
}  // namespace writ
