// SPDX-License-Identifier: Apache-2.0
//
// The reference evaluator is what everything else is tested against, so its
// readers are tested by hand.
#include "tests/support/reference_values.h"

#include <gtest/gtest.h>

namespace writ::reference {
namespace {

TEST(ReferenceNumber, ReadsJsonNumbersOnly) {
  for (const char* good : {"0", "-0", "10", "1e1", "1E+10", "0.10", "1.5e-999",
                           "1234567890123456789012345678901234"}) {
    EXPECT_TRUE(ReadNumber(good)) << good;
  }
  for (const char* bad :
       {"", "+1", "01", "1.", ".5", "1e", "1e1000", " 1", "1 ", "0x10", "NaN",
        "--1", "12345678901234567890123456789012345"}) {
    EXPECT_FALSE(ReadNumber(bad)) << bad;
  }
}

TEST(ReferenceNumber, ComparesExactly) {
  const auto compare = [](const char* a, const char* b) {
    return Compare(*ReadNumber(a), *ReadNumber(b));
  };
  EXPECT_TRUE(compare("1e1", "10.0") == 0);
  EXPECT_TRUE(compare("-0", "0e5") == 0);
  EXPECT_TRUE(compare("9007199254740992", "9007199254740993") < 0);
  EXPECT_TRUE(compare("-2", "-10") > 0);
  EXPECT_TRUE(compare("-1", "1") < 0);
  EXPECT_TRUE(compare("0.05", "0.5") < 0);
  EXPECT_TRUE(compare("1e-999", "0") > 0);
  EXPECT_TRUE(compare("9.99", "10") < 0);
}

TEST(ReferenceMoment, ReadsDatesThatExist) {
  for (const char* good :
       {"2026-01-01T00:00:00Z", "2024-02-29T23:59:59.123456789+23:59",
        "0001-01-01T00:00:00-00:00", "9999-12-31T23:59:59Z"}) {
    EXPECT_TRUE(ReadMoment(good)) << good;
  }
  for (const char* bad :
       {"", "2026-01-01", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01t00:00:00Z", "2026-01-01T00:00:00z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+24:00",
        "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+0800"}) {
    EXPECT_FALSE(ReadMoment(bad)) << bad;
  }
  EXPECT_EQ(ReadMoment("2019-08-12T17:00:00+08:00"),
            ReadMoment("2019-08-12T09:00:00Z"));
  EXPECT_LT(*ReadMoment("2026-01-01T00:00:00Z"),
            *ReadMoment("2026-01-01T00:00:00.000000001Z"));
}

TEST(ReferenceAddress, BlocksHoldTheirAddresses) {
  const auto holds = [](const char* block, const char* address) {
    return ReadAddress(address)->starts_with(*ReadBlock(block));
  };
  EXPECT_TRUE(holds("10.0.0.0/24", "10.0.0.0"));
  EXPECT_TRUE(holds("10.0.0.0/24", "10.0.0.255"));
  EXPECT_FALSE(holds("10.0.0.0/24", "10.0.1.0"));
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(holds("::/0", "10.1.2.3"));
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_TRUE(holds("2001:db8::/32", "2001:0DB8:0:0:0:0:0:1"));
  for (const char* bad :
       {"", "1.2.3", "1.2.3.04", "1.2.3.256", "10.0.0.1/8", ":::", "1::2::3",
        "fe80::1%eth0", "1:2:3:4:5:6:7", "12345::"}) {
    EXPECT_FALSE(ReadAddress(bad)) << bad;
  }
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/",
                          "10.0.0.0/255.0.0.0", "10.*", "::/129"}) {
    EXPECT_FALSE(ReadBlock(bad)) << bad;
  }
}

TEST(ReferenceLike, CoversWholeSubjects) {
  EXPECT_TRUE(Like("*", ""));
  EXPECT_TRUE(Like("a*c", "abbc"));
  EXPECT_FALSE(Like("a*c", "abcd"));
  EXPECT_TRUE(Like("?", "\xF0\x9F\x98\x80"));
  EXPECT_FALSE(Like("?", ""));
  EXPECT_FALSE(Like("a\\*", "a*"));
  EXPECT_TRUE(Like("FC:get", "fc:GET", 6));
  EXPECT_FALSE(Like("ab", "AB", 1));
  EXPECT_TRUE(Like("??", "\xFF\xC3"));
}

}  // namespace
}  // namespace writ::reference
