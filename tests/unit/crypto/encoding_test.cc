// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Hex, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string digits = HexEncode(bytes);
  EXPECT_EQ(digits.substr(0, 6), "000102");
  EXPECT_EQ(digits.substr(510), "ff");
  EXPECT_EQ(*HexDecode(digits), bytes);
  EXPECT_EQ(*HexDecode("fF"), "\xff");
}

TEST(Hex, RefusesWhatIsNoHexadecimal) {
  for (const char* text : {"0", "0g", "g0", " 0", "0x"}) {
    EXPECT_FALSE(HexDecode(text).ok()) << text;
  }
  EXPECT_TRUE(IsLowerHex("09af", 4));
  EXPECT_FALSE(IsLowerHex("09aF", 4));
  EXPECT_FALSE(IsLowerHex("09a", 4));
}

// RFC 4648, part 10.
TEST(Base64, MatchesPublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    ASSERT_TRUE(Base64Decode(text).ok()) << text;
    EXPECT_EQ(*Base64Decode(text), bytes);
  }
}

TEST(Base64, RoundTripsRandomBytes) {
  for (size_t size = 0; size < 100; ++size) {
    const std::string bytes(RandomSecret(size).text());
    ASSERT_TRUE(Base64Decode(Base64Encode(bytes)).ok());
    EXPECT_EQ(*Base64Decode(Base64Encode(bytes)), bytes);
  }
}

TEST(Base64, GivesEveryTextOneReadingAtMost) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm9v\n",
        "Zm 9", "Zm9-", "Zm9_", "Z===", "Zm=v"}) {
    EXPECT_FALSE(Base64Decode(text).ok()) << text;
  }
}

TEST(ConstantTimeEqual, IsEquality) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
}

TEST(Random, DrawsDifferentValues) {
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(RandomHex(16));
  EXPECT_EQ(drawn.size(), 1000u);
  EXPECT_EQ(drawn.begin()->size(), 32u);
  EXPECT_NE(RandomU64(), RandomU64());
}

TEST(Random, TextUsesTheWholeAlphabetAndNothingElse) {
  const std::string text = RandomText("abc", 3000);
  ASSERT_EQ(text.size(), 3000u);
  EXPECT_EQ(text.find_first_not_of("abc"), std::string::npos);
  for (const char c : {'a', 'b', 'c'}) {
    const auto count = std::count(text.begin(), text.end(), c);
    // 1000 expected; 800 is seven standard deviations away.
    EXPECT_GT(count, 800) << c;
  }
}

}  // namespace
}  // namespace writ
