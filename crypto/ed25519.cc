// SPDX-License-Identifier: Apache-2.0
#include "crypto/ed25519.h"

#include <utility>

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr size_t kSeedBytes = 32;

evp::Ptr<EVP_PKEY> PrivateKey(const SecretBytes& seed) {
  evp::Ptr<EVP_PKEY> key(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "ED25519", nullptr, evp::In(seed.span()), seed.size()));
  WRIT_CHECK(key != nullptr);
  return key;
}

Ed25519PublicKey PublicKeyOf(const SecretBytes& seed) {
  Ed25519PublicKey public_key;
  size_t size_bytes = public_key.size();
  WRIT_CHECK(EVP_PKEY_get_raw_public_key(PrivateKey(seed).get(),
                                         evp::Out(public_key.data()),
                                         &size_bytes) == 1);
  return public_key;
}

}  // namespace

Ed25519KeyPair::Ed25519KeyPair(SecretBytes seed,
                               const Ed25519PublicKey& public_key)
    : seed_(std::move(seed)), public_key_(public_key) {}

Ed25519KeyPair Ed25519KeyPair::Generate() {
  SecretBytes seed = RandomSecret(kSeedBytes);
  const Ed25519PublicKey public_key = PublicKeyOf(seed);
  return Ed25519KeyPair(std::move(seed), public_key);
}

Result<Ed25519KeyPair> Ed25519KeyPair::FromSeed(const SecretBytes& seed) {
  if (seed.size() != kSeedBytes) {
    return InvalidArgument("an Ed25519 seed has 32 bytes");
  }
  return Ed25519KeyPair(seed.Clone(), PublicKeyOf(seed));
}

Ed25519Signature Ed25519KeyPair::Sign(std::string_view message) const {
  const evp::Ptr<EVP_PKEY> key = PrivateKey(seed_);
  const evp::Ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  WRIT_CHECK(context != nullptr);
  WRIT_CHECK(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr,
                                   nullptr, key.get(), nullptr) == 1);
  Ed25519Signature signature;
  size_t size_bytes = signature.size();
  WRIT_CHECK(EVP_DigestSign(context.get(), evp::Out(signature.data()),
                            &size_bytes, evp::In(message),
                            message.size()) == 1);
  return signature;
}

bool Ed25519Verify(std::span<const std::byte> public_key,
                   std::string_view message,
                   std::span<const std::byte> signature) {
  const evp::Ptr<EVP_PKEY> key(EVP_PKEY_new_raw_public_key_ex(
      nullptr, "ED25519", nullptr, evp::In(public_key), public_key.size()));
  if (key == nullptr) {
    evp::ForgetErrors();
    return false;
  }
  const evp::Ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  WRIT_CHECK(context != nullptr);
  const bool genuine =
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                              key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), evp::In(signature), signature.size(),
                       evp::In(message), message.size()) == 1;
  if (!genuine) evp::ForgetErrors();
  return genuine;
}

}  // namespace writ
