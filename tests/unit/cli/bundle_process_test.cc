// SPDX-License-Identifier: Apache-2.0
// `writ bundle` as a user meets it.
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr char kDirectory[] = R"json({
  "version": 1,
  "accounts": {
    "1001": {
      "users": {"ada": {"id": "2001", "policies": ["read-photos"]}},
      "groups": {"studio": {"members": ["ada"], "policies": ["all"]}}
    }
  }
})json";
constexpr char kReadPhotos[] =
    "writ 1;\npolicy read-photos identity {\n"
    "  allow oss:GetObject on acs:oss:*:*:photos/*;\n}\n";
constexpr char kAll[] =
    R"json({"Version": "1", "Statement": [
      {"Effect": "Allow", "Action": "fc:*", "Resource": "*"}]})json";

class BundleProcessTest : public WritProgramTest {
 protected:
  BundleProcessTest() {
    Write("dir/directory.json", kDirectory);
    Write("dir/policies/read-photos.writ", kReadPhotos);
    Write("dir/policies/all.ram.json", kAll);
  }

  Outcome Bundle(const std::string& arguments) {
    return Run("-C " + folder() + " bundle " + arguments);
  }
  // A key as KEY.pem and KEY.pub.
  void MakeKey(const std::string& name) {
    const Outcome outcome = Bundle("keygen -o " + name + ".pem");
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    Write(name + ".pub", outcome.out);
  }
  void Build(const std::string& flags) {
    const Outcome outcome = Bundle("build dir " + flags);
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
  }
  std::string FileText(const std::string& name) const {
    return Read(folder() + "/" + name);
  }
};

TEST_F(BundleProcessTest, GoesFromAFolderToAFileThatVerifies) {
  MakeKey("k");
  Build("-o a --revision 7");
  EXPECT_EQ(Bundle("verify a --pub k.pub").exit, 3);
  const Outcome signed_one = Bundle("sign a --key k.pem");
  EXPECT_EQ(signed_one.exit, 0) << signed_one.err;
  const Outcome outcome = Bundle("verify a --pub k.pub");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("a: good: revision 7, 1 account, 1 principal, 2 "
                        "policies, 2 statements, signed by key "));
  EXPECT_EQ(Bundle("verify -q a --pub k.pub").out, "");
}

TEST_F(BundleProcessTest, SameFolderSameBytes) {
  Build("-o a --revision 7");
  // The files were made in another order.
  std::filesystem::remove_all(folder() + "/dir");
  Write("dir/policies/all.ram.json", kAll);
  Write("dir/policies/read-photos.writ", kReadPhotos);
  Write("dir/directory.json", kDirectory);
  Build("-o b --revision 7");
  EXPECT_EQ(FileText("a"), FileText("b"));
  Build("-o c --revision 8");
  EXPECT_NE(FileText("a"), FileText("c"));
}

TEST_F(BundleProcessTest, LetsAKeyBeReplaced) {
  MakeKey("old");
  MakeKey("new");
  Build("-o a --revision 7");
  ASSERT_EQ(Bundle("sign a --key old.pem -o b").exit, 0);
  ASSERT_EQ(Bundle("sign b --key new.pem").exit, 0);
  EXPECT_EQ(Bundle("verify b --pub old.pub").exit, 0);
  EXPECT_EQ(Bundle("verify b --pub new.pub").exit, 0);
  ASSERT_EQ(Bundle("sign a --key new.pem -o c").exit, 0);
  EXPECT_EQ(Bundle("verify c --pub old.pub").exit, 3);
  EXPECT_EQ(Bundle("verify c --pub old.pub --pub new.pub").exit, 0);
  // With -o the bundle itself stays as it was.
  EXPECT_EQ(Bundle("verify a --pub new.pub").exit, 3);
}

TEST_F(BundleProcessTest, SaysWhyABundleMayNotBeServed) {
  MakeKey("k");
  MakeKey("other");
  Build("-o a --revision 7 --not-after 2030-01-01T00:00:00Z");
  EXPECT_THAT(Bundle("verify a --pub k.pub").err, HasSubstr("is not signed"));
  ASSERT_EQ(Bundle("sign a --key k.pem").exit, 0);
  EXPECT_THAT(Bundle("verify a --pub other.pub").err,
              HasSubstr("no trusted key signed the bundle"));
  EXPECT_THAT(Bundle("verify a --pub k.pub --min-revision 8").err,
              HasSubstr("the bundle has revision 7; the oldest that may be "
                        "served is 8"));
  const std::string at = "--pub k.pub --now ";
  EXPECT_EQ(Bundle("verify a " + at + "2030-01-01T00:00:00Z").exit, 0);
  const Outcome late = Bundle("verify a " + at + "2030-01-01T00:00:01Z");
  EXPECT_EQ(late.exit, 3);
  EXPECT_THAT(late.err, HasSubstr("was good until 2030-01-01T00:00:00Z"));
  Write("b", FileText("a").substr(0, 100));
  EXPECT_THAT(Bundle("verify b --pub k.pub").err, HasSubstr("cut short"));
}

TEST_F(BundleProcessTest, WritesNothingWhenThereAreFindings) {
  Write("dir/policies/read-photos.writ",
        "writ 1;\npolicy read-photos identity {\n  allow oss on *;\n}\n");
  const Outcome outcome = Bundle("build dir -o a --revision 7");
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_THAT(outcome.err, HasSubstr("error[W-TYP-001]"));
  EXPECT_THAT(outcome.err, HasSubstr("dir/policies/read-photos.writ:3:9"));
  EXPECT_FALSE(std::filesystem::exists(folder() + "/a"));
}

TEST_F(BundleProcessTest, SignsNothingThatCouldNotBeLoaded) {
  MakeKey("k");
  Build("-o a --revision 7");
  std::string damaged = FileText("a");
  damaged[damaged.size() / 2] ^= 1;
  Write("a", damaged);
  EXPECT_EQ(Bundle("sign a --key k.pem").exit, 3);
  EXPECT_EQ(FileText("a"), damaged);
}

TEST_F(BundleProcessTest, KeepsPrivateKeysPrivate) {
  MakeKey("k");
  struct stat info = {};
  ASSERT_EQ(::stat((folder() + "/k.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const std::string before = FileText("k.pem");
  const Outcome again = Bundle("keygen -o k.pem");
  EXPECT_EQ(again.exit, 2);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
  EXPECT_EQ(FileText("k.pem"), before);
  Build("-o a --revision 7");
  for (const char* line :
       {"verify a --pub k.pem", "sign a --key k.pub", "sign a --key a"}) {
    const Outcome outcome = Bundle(line);
    EXPECT_EQ(outcome.exit, 2) << line;
    EXPECT_THAT(outcome.err, Not(HasSubstr(before.substr(30, 20)))) << line;
  }
}

TEST_F(BundleProcessTest, SaysWhatAnotherBundleChanges) {
  Build("-o a --revision 7");
  Write("dir/policies/read-photos.writ",
        "writ 1;\npolicy read-photos identity {\n"
        "  allow oss:GetObject on acs:oss:*:*:pictures/*;\n}\n");
  Write("dir/directory.json", R"json({
    "version": 1,
    "accounts": {
      "1001": {
        "users": {
          "ada": {"id": "2002", "policies": ["read-photos"]},
          "grace": {"policies": [
            {"policy": "all", "resourceGroup": "rg-1"}]}
        }
      }
    }
  })json");
  Build("-o b --revision 8");
  const Outcome same = Bundle("diff a a");
  EXPECT_EQ(same.exit, 0);
  EXPECT_THAT(same.out, HasSubstr("no difference"));
  const Outcome outcome = Bundle("diff a b");
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(
      outcome.out,
      "- revision 7, 1 account, 1 principal, 2 policies, 2 statements\n"
      "+ revision 8, 1 account, 2 principals, 2 policies, 2 statements\n"
      "- attachment acs:ram::1001:user/ada has all\n"
      "+ attachment acs:ram::1001:user/grace has all in resource group rg-1\n"
      "~ policy identity read-photos of 1001: other statements\n"
      "~ user acs:ram::1001:user/ada: was id 2001, is id 2002\n"
      "+ user acs:ram::1001:user/grace\n");
  const Json json = Json::parse(Bundle("diff a b --format json").out);
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["changes"].size(), 5u);
  EXPECT_EQ(json["changes"][3]["after"], "id 2002");
  EXPECT_EQ(json["before"]["revision"], 7);
}

TEST_F(BundleProcessTest, PoliciesAreComparedByWhatTheySay) {
  Build("-o a --revision 7");
  // Another policy moves everything in the program.
  Write("dir/policies/a.writ",
        "writ 1;\npolicy a identity {\n  deny ecs:* on * when acs:SourceIp within "
        "10.0.0.0/8;\n}\n");
  std::string text = kDirectory;
  text.replace(text.find("\"read-photos\""), 0, "\"a\", ");
  Write("dir/directory.json", text);
  const Outcome built = Bundle("build dir -o b --revision 7");
  ASSERT_EQ(built.exit, 0) << built.err;
  EXPECT_THAT(Bundle("diff a b").out, Not(HasSubstr("~ policy")));
}

TEST_F(BundleProcessTest, InspectsWithoutBelieving) {
  MakeKey("k");
  Build("-o a --revision 7 --not-after 2030-01-01T00:00:00Z");
  EXPECT_THAT(Bundle("inspect a").out, HasSubstr("signatures  none"));
  ASSERT_EQ(Bundle("sign a --key k.pem").exit, 0);
  const std::string text = Bundle("inspect a --now 2031-01-01T00:00:00Z").out;
  EXPECT_THAT(text, HasSubstr("not verified"));
  EXPECT_THAT(text, HasSubstr("2030-01-01T00:00:00Z, which is over"));
  const Json json = Json::parse(Bundle("inspect a --format json").out);
  EXPECT_EQ(json["bundle"]["revision"], 7);
  EXPECT_EQ(json["bundle"]["notAfter"], "2030-01-01T00:00:00Z");
  EXPECT_EQ(json["bundle"]["keyIds"].size(), 1u);
  Write("b", "WRITBNDLxx");
  EXPECT_EQ(Bundle("inspect b").exit, 3);
  EXPECT_EQ(Bundle("inspect none").exit, 2);
}

TEST_F(BundleProcessTest, RefusesLinesThatMakeNoSense) {
  Build("-o a --revision 7");
  const std::vector<std::string> lines = {
      "",
      "bild dir",
      "build dir -o b",
      "build dir --revision 7",
      "build dir -o b --revision 0",
      "build dir -o b --revision -1",
      "build dir -o b --revision 7x",
      "build dir -o b --revision 99999999999999999999",
      "build dir -o b --revision 7 --not-after tomorrow",
      "build dir dir -o b --revision 7",
      "build none -o b --revision 7",
      "build dir/directory.json -o b --revision 7",
      "build dir -o b --revision 7 --key k",
      "build dir -o none/b --revision 7",
      "sign a",
      "sign a --key none",
      "verify a",
      "verify a --pub none",
      "verify a --pub a",
      "inspect",
      "inspect a a",
      "diff a",
      "keygen",
      "keygen k -o k"};
  for (const std::string& line : lines) {
    const Outcome outcome = Bundle(line);
    EXPECT_EQ(outcome.exit, 2) << line << ": " << outcome.err;
    EXPECT_NE(outcome.err, "") << line;
  }
  EXPECT_FALSE(std::filesystem::exists(folder() + "/b"));
}

}  // namespace
}  // namespace writ
