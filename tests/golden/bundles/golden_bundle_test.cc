// SPDX-License-Identifier: Apache-2.0
// studio.bundle is what `studio/` gives today, byte for byte: who changes a
// format, or what a compilation makes, sees it here first. format-1.bundle was
// made when format 1 began and is opened as long as that format is read; it is
// never written again.
//
// WRIT_UPDATE_GOLDEN=1 rewrites studio.bundle only.
#include <string>
#include <string_view>

#include "authz/request.h"
#include "base/file.h"
#include "base/limits.h"
#include "bundle/bundle.h"
#include "directory/directory_document.h"
#include "gtest/gtest.h"
#include "tests/support/golden_file.h"
#include "tests/unit/bundle/test_keys.h"

namespace writ {
namespace {

constexpr std::string_view kFolder = "tests/golden/bundles/";

std::string PathOf(std::string_view name) {
  return std::string(kFolder) + std::string(name);
}

// From directory.json to a file with two signatures.
std::string BundleOfToday() {
  const auto build = BuildDirectory(PathOf("studio"), {});
  if (!build.ok() || !build->findings.empty()) {
    ADD_FAILURE() << build.status().ToString();
    return "";
  }
  BundleManifest manifest;
  manifest.revision = 7;
  manifest.not_after = 4102444800;  // 2100-01-01T00:00:00Z
  manifest.accounts = build->packed.accounts;
  manifest.principals = build->packed.principals;
  manifest.policies = build->packed.policies;
  manifest.statements = build->packed.statements;
  std::string bytes =
      MakeBundle(manifest, build->packed.directory, build->packed.program);
  for (const char key : {char{1}, char{2}})
    bytes = SignBundle(bytes, TestKey(key)).value();
  return bytes;
}

TEST(GoldenBundle, TheFolderGivesTheSameBytes) {
  ExpectGolden(PathOf("studio.bundle"), BundleOfToday());
}

class OpenedBundle : public ::testing::TestWithParam<const char*> {};

TEST_P(OpenedBundle, DecidesAsItDid) {
  const Result<std::string> bytes =
      ReadFile(PathOf(GetParam()), kMaxBundleBytes);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  for (const char key : {char{1}, char{2}}) {
    const auto bundle =
        Bundle::Open(*bytes, {{TestKey(key).public_key()}, 7}, WallTime());
    ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
    const Snapshot& snapshot = (*bundle)->snapshot();
    const auto allows = [&](std::string_view principal, std::string_view action,
                            std::string_view address) {
      const std::string_view resource = "acs:oss:cn:1001:photos/a";
      const ContextEntry context = {"acs:SourceIp", {&address, 1}};
      Request request;
      request.principal.name = principal;
      request.action = action;
      request.resources = {&resource, 1};
      request.context = {&context, 1};
      return snapshot.Decide(request).allowed();
    };
    for (const std::string_view principal :
         {"acs:ram::1001:user/ada", "acs:ram::1001:user/grace",
          "acs:ram::1001:role/deployer/s1"}) {
      EXPECT_TRUE(allows(principal, "oss:GetObject", "10.1.2.3")) << principal;
      EXPECT_FALSE(allows(principal, "oss:GetObject", "11.1.2.3")) << principal;
      EXPECT_FALSE(allows(principal, "oss:PutObject", "10.1.2.3")) << principal;
    }
    EXPECT_FALSE(allows("acs:ram::1001:user/zoe", "oss:GetObject", "10.1.2.3"));
    EXPECT_TRUE(allows("acs:ram::1001:root", "oss:PutObject", "10.1.2.3"));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, OpenedBundle,
                         ::testing::Values("studio.bundle", "format-1.bundle"));

}  // namespace
}  // namespace writ
