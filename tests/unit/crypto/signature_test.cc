// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>

#include <string>

#include "base/coding.h"
#include "crypto/ed25519.h"
#include "crypto/hex.h"
#include "crypto/x25519.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

SecretBytes Secret(std::string_view digits) {
  return SecretBytes::CopyOf(*HexDecode(digits));
}

struct SignatureVector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, part 7.1, tests 1 and 2.
constexpr SignatureVector kSignatures[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
};

TEST(Ed25519, MatchesPublishedVectors) {
  for (const SignatureVector& vector : kSignatures) {
    const Result<Ed25519KeyPair> pair =
        Ed25519KeyPair::FromSeed(Secret(vector.seed));
    ASSERT_TRUE(pair.ok());
    EXPECT_EQ(HexEncode(pair->public_key()), vector.public_key);
    const std::string message = *HexDecode(vector.message);
    const Ed25519Signature signature = pair->Sign(message);
    EXPECT_EQ(HexEncode(signature), vector.signature);
    EXPECT_TRUE(Ed25519Verify(pair->public_key(), message, signature));
  }
}

TEST(Ed25519, RefusesEveryAlteration) {
  const Ed25519KeyPair pair = Ed25519KeyPair::Generate();
  const Ed25519Signature signature = pair.Sign("message");
  EXPECT_FALSE(Ed25519Verify(pair.public_key(), "massage", signature));
  EXPECT_FALSE(Ed25519Verify(Ed25519KeyPair::Generate().public_key(), "message",
                             signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    Ed25519Signature altered = signature;
    altered[i] ^= std::byte{0x10};
    EXPECT_FALSE(Ed25519Verify(pair.public_key(), "message", altered)) << i;
  }
  EXPECT_FALSE(Ed25519Verify(pair.public_key(), "message",
                             std::span(signature).first(63)));
  EXPECT_FALSE(Ed25519Verify(std::span(pair.public_key()).first(31), "message",
                             signature));
  EXPECT_FALSE(Ed25519KeyPair::FromSeed(SecretBytes(31)).ok());
}

// RFC 7748, part 6.1.
TEST(X25519, MatchesPublishedVector) {
  const Result<X25519KeyPair> alice = X25519KeyPair::FromPrivateKey(Secret(
      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const Result<X25519KeyPair> bob = X25519KeyPair::FromPrivateKey(Secret(
      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  ASSERT_TRUE(alice.ok() && bob.ok());
  EXPECT_EQ(HexEncode(alice->public_key()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(HexEncode(bob->public_key()),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const char* const shared =
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  EXPECT_EQ(HexEncode(alice->Agree(bob->public_key())->span()), shared);
  EXPECT_EQ(HexEncode(bob->Agree(alice->public_key())->span()), shared);
}

TEST(X25519, RefusesPointsOfSmallOrder) {
  const X25519KeyPair pair = X25519KeyPair::Generate();
  const char* const points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  for (const char* point : points) {
    const std::string bytes = *HexDecode(point);
    EXPECT_EQ(pair.Agree(AsBytes(bytes)).status().code(),
              StatusCode::kInvalidArgument)
        << point;
  }
  EXPECT_FALSE(pair.Agree(std::span<const std::byte>()).ok());
}

TEST(Ed25519, FailuresLeaveNoErrorsForTlsToFind) {
  const Ed25519KeyPair pair = Ed25519KeyPair::Generate();
  EXPECT_FALSE(Ed25519Verify(pair.public_key(), "m", Ed25519Signature()));
  EXPECT_FALSE(
      X25519KeyPair::Generate().Agree(std::span<const std::byte>()).ok());
  EXPECT_FALSE(X25519KeyPair::Generate().Agree(X25519PublicKey()).ok());
  EXPECT_EQ(ERR_peek_error(), 0ul);
}

}  // namespace
}  // namespace writ
