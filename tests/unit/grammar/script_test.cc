// SPDX-License-Identifier: Apache-2.0
#include "grammar/script.h"

#include <string>

#include "gmock/gmock.h"
#include "grammar/parse_json.h"
#include "gtest/gtest.h"
#include "tests/unit/grammar/writ_text_of.h"

namespace writ {
namespace {

using testing::HasSubstr;

TEST(MixedScript, FindsTheLetterThatLooksLatin) {
  const auto found = FindLookAlike("acs:\xD0\xBEss:x");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at, 4u);
  EXPECT_EQ(found->value, 0x43Eu);
  EXPECT_EQ(found->latin, 'o');
  EXPECT_EQ(found->script, "Cyrillic");
  EXPECT_TRUE(FindLookAlike("r\xCE\xBFle"));  // Greek omicron
  EXPECT_TRUE(
      FindLookAlike("\xEF\xBD\x86"
                    "c:Get"));  // full-width f
  // A whole run of look-alikes beside Latin text: `оос` for `oos`.
  EXPECT_TRUE(FindLookAlike("acs:\xD0\xBE\xD0\xBE\xD1\x81:*"));
}

TEST(MixedScript, LetsOtherScriptsBe) {
  for (const char* text :
       {"acs:oss:*:*:plain/*", "acs:oss:*:*:\xD1\x84\xD0\xBE\xD1\x82\xD0\xBE/*",
        "\xE7\x85\xA7\xE7\x89\x87-photos", "\xC3\xA4rger", "",
        "\xD0\xBE\xD1\x81\xD0\xB0"}) {
    EXPECT_FALSE(FindLookAlike(text)) << text;
  }
}

TEST(MixedScript, IsFoundInBothLanguages) {
  EXPECT_THAT(Read("policy p { allow oss:G\xD0\xB5t on *; }").Findings(true),
              HasSubstr("(U+0435) is Cyrillic and looks like the Latin `e`"));
  const SourceText source(
      "p.json",
      "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
      "\"\xD0\xBEss:Get\",\"Resource\":\"*\"}]}");
  Diagnostics findings;
  ASSERT_TRUE(ParseJsonPolicy(source, &findings));
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(InfoOf(findings.all()[0].id).code, "W-SYN-022");
  EXPECT_EQ(findings.all()[0].pointer, "/Statement/0/Action");
}

}  // namespace
}  // namespace writ
