// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.h"

#include <openssl/err.h>

#include <string>
#include <string_view>

#include "base/limits.h"
#include "crypto/hex.h"
#include "crypto/x509.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

// RFC 8410, part 10.3 and 10.1: a private key and, of another one, a public.
constexpr std::string_view kPrivatePem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kSeed =
    "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
constexpr std::string_view kPublicKey =
    "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

std::string PrivateMessage(std::string_view pem) {
  const Result<Ed25519KeyPair> key = ReadEd25519PrivatePem(pem);
  EXPECT_EQ(key.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ERR_peek_error(), 0u);
  return std::string(key.status().message());
}

std::string PublicMessage(std::string_view pem) {
  const Result<Ed25519PublicKey> key = ReadEd25519PublicPem(pem);
  EXPECT_EQ(key.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ERR_peek_error(), 0u);
  return std::string(key.status().message());
}

TEST(Pem, ReadsPublishedKeys) {
  const Result<Ed25519KeyPair> pair = ReadEd25519PrivatePem(kPrivatePem);
  ASSERT_TRUE(pair.ok()) << pair.status().ToString();
  EXPECT_EQ(HexEncode(pair->seed().span()), kSeed);
  EXPECT_EQ(HexEncode(pair->public_key()), kPublicKey);
  const Result<Ed25519PublicKey> key = ReadEd25519PublicPem(kPublicPem);
  ASSERT_TRUE(key.ok()) << key.status().ToString();
  EXPECT_EQ(HexEncode(*key), kPublicKey);
}

TEST(Pem, WritesTheSameText) {
  const Result<Ed25519KeyPair> pair = ReadEd25519PrivatePem(kPrivatePem);
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(WriteEd25519PrivatePem(*pair).text(), kPrivatePem);
  EXPECT_EQ(WriteEd25519PublicPem(pair->public_key()), kPublicPem);
}

TEST(Pem, LetsOtherTextStandAround) {
  const std::string text =
      "The key of tests.\n" + std::string(kPublicPem) + "\nThat was it.\n";
  EXPECT_TRUE(ReadEd25519PublicPem(text).ok());
}

TEST(Pem, SaysWhichOfTheTwoKeysItIs) {
  EXPECT_NE(PrivateMessage(kPublicPem).find("a public key where"),
            std::string::npos);
  EXPECT_NE(PublicMessage(kPrivatePem).find("a private key where"),
            std::string::npos);
}

TEST(Pem, RefusesKeysOfOtherKinds) {
  const Validity validity = {WallTime(), WallTime(std::chrono::hours(1))};
  const Result<CertifiedKey> p256 = MakeCertificateAuthority("a", validity);
  ASSERT_TRUE(p256.ok());
  EXPECT_NE(PrivateMessage(p256->private_key_pem.text()).find("Ed25519"),
            std::string::npos);
  EXPECT_NE(PublicMessage(p256->certificate_pem).find("PUBLIC KEY"),
            std::string::npos);
}

TEST(Pem, RefusesAnEncryptedKeyWithoutAskingForAPassphrase) {
  EXPECT_NE(PrivateMessage("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                           "-----END ENCRYPTED PRIVATE KEY-----\n")
                .find("encrypted"),
            std::string::npos);
}

TEST(Pem, RefusesTwoKeysInOneText) {
  EXPECT_NE(PublicMessage(std::string(kPublicPem) + std::string(kPublicPem))
                .find("more than one"),
            std::string::npos);
}

TEST(Pem, RefusesEveryTruncationWithoutShowingTheKey) {
  // Up to the last dashes, which OpenSSL does not need a newline behind.
  for (size_t size = 0; size + 6 < kPrivatePem.size(); ++size) {
    const std::string message = PrivateMessage(kPrivatePem.substr(0, size));
    EXPECT_EQ(message.find("MC4C"), std::string::npos) << message;
  }
  for (size_t size = 0; size + 6 < kPublicPem.size(); ++size) {
    PublicMessage(kPublicPem.substr(0, size));
  }
}

TEST(Pem, RefusesDamagedKeys) {
  std::string damaged(kPrivatePem);
  damaged.replace(damaged.find("MC4C"), 4, "MC5C");
  PrivateMessage(damaged);
  PrivateMessage("");
  PrivateMessage(std::string(kMaxKeyFileBytes + 1, 'a'));
}

}  // namespace
}  // namespace writ
