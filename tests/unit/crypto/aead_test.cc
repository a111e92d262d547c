// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <string>

#include "crypto/hex.h"
#include "crypto/random.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

std::string Hex(std::string_view digits) {
  Result<std::string> bytes = HexDecode(digits);
  EXPECT_TRUE(bytes.ok());
  return *bytes;
}

struct Vector {
  const char* key;
  const char* nonce;
  const char* plaintext;
  const char* associated;
  const char* ciphertext_and_tag;
};

// Test cases 13, 14 and 16 of the GCM specification submitted to NIST.
constexpr Vector kVectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "00000000000000000000000000000000", "",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, MatchesPublishedVectors) {
  for (const Vector& vector : kVectors) {
    const SecretBytes key = SecretBytes::CopyOf(Hex(vector.key));
    const std::string nonce = Hex(vector.nonce);
    const std::string sealed = AeadSealWithNonce(
        key, nonce, Hex(vector.plaintext), Hex(vector.associated));
    EXPECT_EQ(HexEncode(sealed),
              std::string(vector.nonce) + vector.ciphertext_and_tag);
    const Result<SecretBytes> opened =
        AeadOpen(key, sealed, Hex(vector.associated));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(HexEncode(opened->text()), vector.plaintext);
  }
}

TEST(Aead, SealsTheSameTextDifferentlyEachTime) {
  const SecretBytes key = RandomSecret(kAeadKeyBytes);
  EXPECT_NE(AeadSeal(key, "text", "place"), AeadSeal(key, "text", "place"));
}

TEST(Aead, RefusesEveryFlippedBitWithOneText) {
  const SecretBytes key = RandomSecret(kAeadKeyBytes);
  const std::string sealed = AeadSeal(key, "a secret text", "place");
  const Status wrong_place = AeadOpen(key, sealed, "elsewhere").status();
  EXPECT_EQ(wrong_place.code(), StatusCode::kDataLoss);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string altered = sealed;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    const Result<SecretBytes> opened = AeadOpen(key, altered, "place");
    ASSERT_FALSE(opened.ok()) << "bit " << bit;
    EXPECT_EQ(opened.status().ToString(), wrong_place.ToString());
  }
}

TEST(Aead, RefusesEveryTruncationAndExtension) {
  const SecretBytes key = RandomSecret(kAeadKeyBytes);
  const std::string sealed = AeadSeal(key, "a secret text", "place");
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(AeadOpen(key, sealed.substr(0, size), "place").ok());
  }
  EXPECT_FALSE(AeadOpen(key, sealed + '\0', "place").ok());
}

TEST(Aead, RefusesAnotherKey) {
  const std::string sealed =
      AeadSeal(RandomSecret(kAeadKeyBytes), "text", "place");
  EXPECT_EQ(
      AeadOpen(RandomSecret(kAeadKeyBytes), sealed, "place").status().code(),
      StatusCode::kDataLoss);
}

}  // namespace
}  // namespace writ
