// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/grammar/writ_text_of.h"

namespace writ {
namespace {

using testing::HasSubstr;

constexpr const char* kPolicy =
    "policy photo { read => allow oss:Get* on *; deny oss:* on *; }\n"
    "set Reads = { oss:GetObject, oss:GetObjectAcl }\n";

std::string Findings(const std::string& body) {
  return Read(kPolicy + ("test \"t\" {\n" + body + "\n}")).Findings(true);
}

TEST(WritTests, SayWhatIsGivenAndExpected) {
  const ReadText read = Read(
      std::string(kPolicy) +
      "@slow test \"reads\" {\n"
      "  given principal = acs:ram::1:user/rosa;\n"
      "  given now = 2026-11-01T00:00:00Z;\n"
      "  given policies = [photo];\n"
      "  given acs:SourceIp = 10.1.2.3;\n"
      "  given \"acs:PrincipalTag/team\" = [\"red\", \"blue\"];\n"
      "  expect deny(implicit) $Reads on [a, b] because photo.read, photo.1;\n"
      "  expect allow oss:Put on *;\n"
      "  expect deny oss:Put on *;\n"
      "}\n");
  ASSERT_TRUE(read.file) << read.Findings(true);
  ASSERT_EQ(read.file->tests.size(), 1u);
  const WritTest& test = read.file->tests[0];
  EXPECT_EQ(test.name.text, "reads");
  EXPECT_EQ(test.annotations.size(), 1u);
  ASSERT_EQ(test.givens.size(), 5u);
  EXPECT_EQ(test.givens[0].values.items[0].text, "acs:ram::1:user/rosa");
  EXPECT_EQ(test.givens[3].values.items[0].text, "10.1.2.3");
  EXPECT_EQ(test.givens[4].values.items.size(), 2u);
  ASSERT_EQ(test.expectations.size(), 3u);
  EXPECT_FALSE(test.expectations[0].allow);
  EXPECT_EQ(test.expectations[0].explicit_deny, false);
  EXPECT_EQ(test.expectations[0].actions.items.size(), 2u);
  EXPECT_EQ(test.expectations[0].resources.items.size(), 2u);
  EXPECT_EQ(test.expectations[0].because[1].text, "photo.1");
  EXPECT_TRUE(test.expectations[1].allow);
  EXPECT_FALSE(test.expectations[2].explicit_deny.has_value());
}

TEST(WritTests, NamesInThemAreLookedUp) {
  EXPECT_EQ(
      Findings("expect allow a:b on * because photo.raed;"),
      "4:37 unknown statement `photo.raed` | did you mean `photo.read`?\n");
  EXPECT_EQ(Findings("expect allow a:b on * because phto.read;"),
            "4:31 unknown policy `phto` | did you mean `photo`?\n");
  EXPECT_THAT(Findings("expect allow a:b on * because photo.2;"),
              HasSubstr("the policy has 2 statements"));
  EXPECT_THAT(Findings("expect allow a:b on * because photo;"),
              HasSubstr("does not name a statement"));
  EXPECT_EQ(Findings("given policies = [photos];\nexpect allow a:b on *;"),
            "4:19 unknown policy `photos` | did you mean `photo`?\n");
  EXPECT_EQ(Findings("given principle = x; expect allow a:b on *;"),
            "4:7 unknown part of a request `principle` | did you mean "
            "`principal`?\n");
}

TEST(WritTests, ValuesAreReadLikeThoseOfConditions) {
  EXPECT_THAT(Findings("given now = 2026-11-01; expect allow a:b on *;"),
              HasSubstr("is not a full date"));
  EXPECT_THAT(Findings("given acs:X = red; expect allow a:b on *;"),
              HasSubstr("stands without quotes"));
  EXPECT_THAT(Findings("given acs:X = 1; given ACS:x = 2; expect allow a:b on "
                       "*;"),
              HasSubstr("is given twice"));
  EXPECT_THAT(Findings("given principal = [a, b]; expect allow a:b on *;"),
              HasSubstr("is one value"));
  EXPECT_THAT(Findings("given principal = a;"), HasSubstr("expects nothing"));
}

TEST(WritTests, MayBeAboutImportedPolicies) {
  const Files files = {{"photo.writ", kPolicy}};
  const ReadText read = Read(
      "import \"photo.writ\" as p;\n"
      "test \"t\" { given policies = p.photo; "
      "expect allow oss:GetObject on * because p.photo.read; }",
      files, "photo.test.writ");
  EXPECT_TRUE(read.file) << read.Findings(true);
}

}  // namespace
}  // namespace writ
