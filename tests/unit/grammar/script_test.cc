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
       {"acs:oss:*:*:plain/*", "acs:oss:*:*:фото/*", "照片-photos",
        "photos照片", "Ärger", "", "acs:fc:*:*:functions/касса", "касса_2",
        "café", "acs:oss:*:*:x«фото»y/*", "Ωmega"}) {
    EXPECT_FALSE(FindLookAlike(text)) << text;
  }
}

TEST(MixedScript, JudgesEachComponentByItself) {
  // Nothing but look-alikes, with Latin elsewhere or not.
  EXPECT_TRUE(FindLookAlike("acs:fc:*:*:functions/асе"));
  EXPECT_TRUE(FindLookAlike("оса"));
  EXPECT_TRUE(FindLookAlike("фото-асе"));
  // `к` is no `k` in a Cyrillic word, and is one among Latin letters.
  EXPECT_FALSE(FindLookAlike("как"));
  EXPECT_TRUE(FindLookAlike("кms"));
  for (const char* sign : {":", "/", ".", "-", "_", "*", "?", "@", "+", " "}) {
    const std::string apart = "photos" + std::string(sign) + "касса";
    EXPECT_FALSE(FindLookAlike(apart)) << apart;
    const std::string mixed = apart + sign + "rоle";
    ASSERT_TRUE(FindLookAlike(mixed)) << mixed;
    EXPECT_EQ(FindLookAlike(mixed)->value, 0x43Eu) << mixed;
  }
}

TEST(MixedScript, LatinLettersTakeThePlaceOfTheirLookAlikesOnly) {
  EXPECT_EQ(WithLatinLetters("acs:оss:*:*:фото/касса/Gеt"),
            "acs:oss:*:*:фото/касса/Get");
  EXPECT_EQ(WithLatinLetters("кms:Dесrypt"), "kms:Decrypt");
  // The word would stay mixed.
  EXPECT_EQ(WithLatinLetters("fооф"), "");
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
