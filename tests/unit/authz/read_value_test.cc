// SPDX-License-Identifier: Apache-2.0
#include "authz/read_value.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(ReadDecimal, ReadsExactlyTheGrammarOfNumbers) {
  for (const std::string_view text :
       {"0", "-0", "10", "1e1", "1E+1", "1.50", "-2.5e-999", "1e999",
        "1234567890123456789012345678901234",
        "0.0000000000000000000000000000"
        "00000000000001",
        "0e999"}) {
    DecimalConstant value;
    EXPECT_TRUE(ReadDecimal(text, &value)) << text;
  }
  for (const std::string_view text :
       {"", "-", "+1", ".5", "1.", "01", "1e", "1e1000", "1e+", " 1", "1 ",
        "0x10", "NaN", "1,0", "1_0", "--1",
        "12345678901234567890123456789012345",
        "10000000000000000000000000000000000000000", "\xd9\xa1"}) {
    DecimalConstant value;
    EXPECT_FALSE(ReadDecimal(text, &value)) << text;
  }
}

TEST(CompareDecimals, OrdersByValueWhateverTheSpelling) {
  const std::string_view kAscending[] = {
      "-1e999", "-10", "-9.99", "-1e-999", "0",   "1e-999", "0.099",
      "0.1",    "1",   "1.01",  "9",       "1e1", "10.5",   "1e999"};
  for (size_t a = 0; a < std::size(kAscending); ++a) {
    for (size_t b = 0; b < std::size(kAscending); ++b) {
      DecimalConstant left;
      DecimalConstant right;
      ASSERT_TRUE(ReadDecimal(kAscending[a], &left));
      ASSERT_TRUE(ReadDecimal(kAscending[b], &right));
      EXPECT_EQ(CompareDecimals(left, right), a <=> b)
          << kAscending[a] << " " << kAscending[b];
    }
  }
  const std::pair<std::string_view, std::string_view> kEqual[] = {
      {"-0", "0"},     {"0e5", "0"},    {"1e1", "10.0"},
      {"0.10", "0.1"}, {"100e-2", "1"}, {"0.001e3", "1"}};
  for (const auto& [a, b] : kEqual) {
    DecimalConstant left;
    DecimalConstant right;
    ASSERT_TRUE(ReadDecimal(a, &left) && ReadDecimal(b, &right));
    EXPECT_EQ(CompareDecimals(left, right), std::strong_ordering::equal) << a;
  }
}

TEST(ReadInstant, CountsFromTheEpoch) {
  const struct {
    std::string_view text;
    int64_t seconds;
    uint32_t nanos;
  } kCases[] = {
      {"1970-01-01T00:00:00Z", 0, 0},
      {"1969-12-31T23:59:59.5Z", -1, 500000000},
      {"2012-11-11T23:59:59Z", 1352678399, 0},
      {"2019-08-12T17:00:00+08:00", 1565600400, 0},
      {"2000-02-29T00:00:00-00:30", 951784200, 0},
      {"0001-01-01T00:00:00Z", -62135596800, 0},
      {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999},
  };
  for (const auto& c : kCases) {
    InstantConstant value;
    ASSERT_TRUE(ReadInstant(c.text, &value)) << c.text;
    EXPECT_EQ(value.seconds, c.seconds) << c.text;
    EXPECT_EQ(value.nanos, c.nanos) << c.text;
  }
}

TEST(ReadInstant, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "tomorrow",
                                      "2026-01-01",
                                      "2026-01-01T00:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01t00:00:00Z",
                                      "2026-01-01 00:00:00Z",
                                      "2026-01-01T00:00:00z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00.1234567890Z",
                                      "2026-01-01T00:00:00+24:00",
                                      "2026-01-01T00:00:00+00:60",
                                      "2026-01-01T00:00:00+0800",
                                      "2026-01-01T00:00:00Zx",
                                      "1352678399",
                                      "-026-01-01T00:00:00Z"}) {
    InstantConstant value;
    EXPECT_FALSE(ReadInstant(text, &value)) << text;
  }
}

TEST(ReadAddress, ReadsBothFamiliesAndUnwrapsMappedOnes) {
  const struct {
    std::string_view text;
    bool is_v6;
    uint8_t first;
    uint8_t last;
  } kCases[] = {
      {"10.0.0.255", false, 10, 255},
      {"::ffff:10.0.0.255", false, 10, 255},
      {"::FFFF:0a00:00ff", false, 10, 255},
      {"::", true, 0, 0},
      {"::1", true, 0, 1},
      {"2001:db8::", true, 0x20, 0},
      {"2001:0db8:0:0:0:0:0:2", true, 0x20, 2},
      {"1:2:3:4:5:6:7::", true, 0, 0},
      {"64:ff9b::192.0.2.33", true, 0, 33},
  };
  for (const auto& c : kCases) {
    BlockConstant value;
    ASSERT_TRUE(ReadAddress(c.text, &value)) << c.text;
    EXPECT_EQ(value.is_v6 != 0, c.is_v6) << c.text;
    EXPECT_EQ(value.bytes[0], c.first) << c.text;
    EXPECT_EQ(value.bytes[c.is_v6 ? 15 : 3], c.last) << c.text;
  }
  for (const std::string_view text : {"",
                                      "10.0.0",
                                      "10.0.0.256",
                                      "10.0.0.01",
                                      "10.0.0.1/8",
                                      "10.0.0.1.",
                                      "010.0.0.1",
                                      "10.0.0.*",
                                      "::/0",
                                      "fe80::1%eth0",
                                      ":",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "12345::",
                                      "g::",
                                      "::1.2.3",
                                      "1.2.3.4::",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      ":1::2",
                                      "1::2:",
                                      " 10.0.0.1",
                                      "nowhere"}) {
    BlockConstant value;
    EXPECT_FALSE(ReadAddress(text, &value)) << text;
  }
}

TEST(BlockHolds, ComparesExactlyThePrefix) {
  BlockConstant block = {};
  ASSERT_TRUE(ReadAddress("10.1.128.0", &block));
  block.prefix_bits = 17;
  for (const auto& [text, inside] :
       {std::pair("10.1.128.0", true), std::pair("10.1.255.255", true),
        std::pair("10.1.127.255", false), std::pair("10.2.128.0", false),
        std::pair("::a01:8000", false)}) {
    BlockConstant address;
    ASSERT_TRUE(ReadAddress(text, &address));
    EXPECT_EQ(BlockHolds(block, address), inside) << text;
  }
}

TEST(ReadTruth, KnowsTwoWordsInAnyCase) {
  bool value = false;
  EXPECT_TRUE(ReadTruth("TrUe", &value) && value);
  EXPECT_TRUE(ReadTruth("FALSE", &value) && !value);
  for (const std::string_view text : {"", "1", "yes", "true ", "t"}) {
    EXPECT_FALSE(ReadTruth(text, &value)) << text;
  }
}

TEST(ReadTruth, EveryOtherByteIsNoTruth) {
  for (const std::string_view word : {"true", "false"}) {
    for (size_t place = 0; place < word.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(word);
        text[place] = static_cast<char>(byte);
        const bool same =
            byte == word[place] || byte == word[place] - 'a' + 'A';
        bool value = false;
        EXPECT_EQ(ReadTruth(text, &value), same) << text;
        if (same) {
          EXPECT_EQ(value, word == "true");
        }
      }
    }
  }
}

}  // namespace
}  // namespace writ
