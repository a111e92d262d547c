// SPDX-License-Identifier: Apache-2.0
#include "grammar/value.h"

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(ParseDecimal, ReadsJsonNumbersAndNothingElse) {
  for (const char* good : {"0", "-0", "5", "-0.25", "1e3", "1E+2", "1e-999",
                           "1234567890123456789012345678901234"}) {
    EXPECT_TRUE(ParseDecimal(good)) << good;
  }
  for (const char* bad : {"",
                          "-",
                          "+1",
                          ".5",
                          "5.",
                          "01",
                          "1e",
                          "1e1000",
                          "1e9999",
                          " 1",
                          "1 ",
                          "0x10",
                          "NaN",
                          "1_000",
                          "1.2.3",
                          "--1",
                          "1e+",
                          "\xD9\xA1",
                          "12345678901234567890123456789012345",
                          "10000000000000000000000000000000000000000"}) {
    EXPECT_FALSE(ParseDecimal(bad)) << bad;
  }
}

TEST(ParseDecimal, EqualNumbersHaveEqualForms) {
  EXPECT_EQ(ParseDecimal("1e1"), ParseDecimal("10.0"));
  EXPECT_EQ(ParseDecimal("-0"), ParseDecimal("0.000"));
  EXPECT_EQ(ParseDecimal("0.10"), ParseDecimal("1e-1"));
  EXPECT_NE(ParseDecimal("9007199254740993"), ParseDecimal("9007199254740992"));
}

TEST(ParseDecimal, OrdersExactly) {
  const char* const ascending[] = {"-1e3", "-2.5",   "-2",  "-0.1",
                                   "0",    "1e-999", "0.1", "2",
                                   "2.5",  "19",     "1e3"};
  for (size_t i = 0; i + 1 < std::size(ascending); ++i) {
    EXPECT_LT(*ParseDecimal(ascending[i]), *ParseDecimal(ascending[i + 1]))
        << ascending[i];
  }
}

TEST(ParseInstant, ReadsRfc3339AndNothingElse) {
  for (const char* good :
       {"2026-12-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "2024-02-29T12:00:00.123456789+08:00", "2026-12-01T00:00:00-23:59"}) {
    EXPECT_TRUE(ParseInstant(good)) << good;
  }
  for (const char* bad :
       {"", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01t00:00:00Z",
        "2026-12-01T00:00:00z", "2026-12-01T24:00:00Z", "2026-12-01T00:00:60Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "2026-12-01T00:00:00.Z", "2026-12-01T00:00:00.1234567890Z",
        "2026-12-01T00:00:00+24:00", "2026-12-01T00:00:00+08:60",
        "2026-12-01T00:00Z", "2026-12-01T00:00:00Z ", "1764547200",
        "1900-02-29T00:00:00Z"}) {
    EXPECT_FALSE(ParseInstant(bad)) << bad;
  }
}

TEST(ParseInstant, ComparesAsInstants) {
  EXPECT_EQ(ParseInstant("1970-01-01T00:00:00Z")->seconds, 0);
  EXPECT_EQ(ParseInstant("2000-03-01T00:00:00Z")->seconds, 951868800);
  EXPECT_EQ(ParseInstant("0001-01-01T00:00:00Z")->seconds, -62135596800);
  EXPECT_EQ(ParseInstant("2026-12-01T08:00:00+08:00"),
            ParseInstant("2026-12-01T00:00:00.000Z"));
  EXPECT_LT(*ParseInstant("2026-12-01T00:00:00.000000001Z"),
            *ParseInstant("2026-12-01T00:00:00.00000001Z"));
}

TEST(ParseCidr, ReadsAddressesAndBlocksAndNothingElse) {
  for (const char* good : {"10.0.0.0/8", "192.0.2.7", "0.0.0.0/0",
                           "::", "::1/128", "2001:db8::/32", "1:2:3:4:5:6:7:8",
                           "::ffff:10.0.0.0/104", "1:2:3:4:5:6:1.2.3.4"}) {
    EXPECT_TRUE(ParseCidr(good)) << good;
  }
  for (const char* bad : {"",           "10.0.0.0/33",
                          "10.0.0.0/",  "10.0.0.0/08",
                          "010.0.0.1",  "10.0.0",
                          "10.0.0.0.0", "10.0.0.256",
                          "10.*",       "10.0.0.0/255.0.0.0",
                          "fe80::1%0",  "::/129",
                          ":::",        "1:2:3:4:5:6:7",
                          "1::2::3",    "1:2:3:4:5:6:7::8",
                          "12345::",    " 10.0.0.1",
                          "10.0.0.1 ",  "g::"}) {
    EXPECT_FALSE(ParseCidr(bad)) << bad;
  }
}

TEST(ParseCidr, ClearsHostBitsAndSaysSo) {
  EXPECT_TRUE(ParseCidr("10.0.0.7/8")->had_host_bits);
  EXPECT_FALSE(ParseCidr("10.0.0.0/8")->had_host_bits);
  EXPECT_EQ(ParseCidr("10.9.8.7/8")->bytes, ParseCidr("10.0.0.0/8")->bytes);
  EXPECT_EQ(ParseCidr("2001:db8:ffff::/31")->bytes[3], 0xB8);
}

TEST(ParseCidr, MappedAddressIsItsIpv4Address) {
  const IpBlock mapped = *ParseCidr("::ffff:10.0.0.0/104");
  const IpBlock plain = *ParseCidr("10.0.0.0/8");
  EXPECT_FALSE(mapped.is_v6);
  EXPECT_EQ(mapped.prefix, plain.prefix);
  EXPECT_EQ(mapped.bytes, plain.bytes);
  EXPECT_TRUE(ParseCidr("::ffff:0:0/90")->is_v6);
}

TEST(Patterns, FollowTheRulings) {
  for (const char* good : {"*", "fc:*", "*:Get*", "fc:InvokeFunction"}) {
    EXPECT_TRUE(IsActionPattern(good)) << good;
  }
  for (const char* bad : {"", "fc", ":Get", "fc:", "fc:a:b", "**"}) {
    EXPECT_FALSE(IsActionPattern(bad)) << bad;
  }
  EXPECT_TRUE(IsResourcePattern("acs:ram::1:root"));
  EXPECT_TRUE(IsResourcePattern("acs:oss:*:*:a:b:c"));
  EXPECT_FALSE(IsResourcePattern("acs:*:*:*"));
  EXPECT_FALSE(IsResourcePattern("arn:acs:oss:*:*:x"));
}

TEST(FoldConditionKey, FoldsUpToTheSlash) {
  EXPECT_EQ(FoldConditionKey("ACS:ResourceTag/Team"), "acs:resourcetag/Team");
}

}  // namespace
}  // namespace writ
