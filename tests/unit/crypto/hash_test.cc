// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/hex.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Sha256, MatchesPublishedVectors) {
  EXPECT_EQ(Sha256Hex(""),
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  const std::string text(1000, 'x');
  for (const size_t piece : {1u, 63u, 64u, 65u, 999u}) {
    Sha256Stream stream;
    for (size_t at = 0; at < text.size(); at += piece) {
      stream.Update(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(stream.FinishHex(), Sha256Hex(text)) << piece;
    stream.Update("abc");
    EXPECT_EQ(stream.FinishHex(), Sha256Hex("abc")) << "after Finish";
  }
}

// RFC 4231, cases 1, 2 and 6.
TEST(Hmac, MatchesPublishedVectors) {
  EXPECT_EQ(HexEncode(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b"
            "881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c7"
            "5a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HexEncode(HmacSha256(
                std::string(131, '\xaa'),
                "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f"
            "8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, KeySignsAnyNumberOfMessagesFromManyThreads) {
  const HmacKey key("a key");
  const HmacTag expected = HmacSha256("a key", "message");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        if (key.Sign("message") != expected) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Hmac, VerifiesItsOwnTagsOnly) {
  const HmacKey key("a key");
  HmacTag tag = key.Sign("message");
  EXPECT_TRUE(key.Verify("message", tag));
  EXPECT_FALSE(key.Verify("massage", tag));
  EXPECT_FALSE(key.Verify("message", std::span(tag).first(31)));
  tag[31] ^= std::byte{1};
  EXPECT_FALSE(key.Verify("message", tag));
}

TEST(Hmac, MovedKeyTakesItsStatesAlong) {
  HmacKey key("a key");
  const HmacKey taken = std::move(key);
  EXPECT_EQ(taken.Sign("m"), HmacSha256("a key", "m"));
  EXPECT_TRUE(HmacKey().empty());
}

// RFC 5869, cases A.1 and A.3.
TEST(Hkdf, MatchesPublishedVectors) {
  const SecretBytes secret = SecretBytes::CopyOf(std::string(22, '\x0b'));
  const std::string salt = *HexDecode("000102030405060708090a0b0c");
  const std::string info = *HexDecode("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(HexEncode(HkdfSha256(secret.span(), salt, info, 42).span()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
  EXPECT_EQ(HexEncode(HkdfSha256(secret.span(), "", "", 42).span()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
}

}  // namespace
}  // namespace writ
