// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.h"

#include <utility>

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr size_t kKeyBytes = 32;

evp::Ptr<EVP_PKEY> LoadPrivate(const SecretBytes& private_key) {
  evp::Ptr<EVP_PKEY> key(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "X25519", nullptr, evp::In(private_key.span()),
      private_key.size()));
  WRIT_CHECK(key != nullptr);
  return key;
}

X25519PublicKey PublicKeyOf(const SecretBytes& private_key) {
  X25519PublicKey public_key;
  size_t size_bytes = public_key.size();
  WRIT_CHECK(EVP_PKEY_get_raw_public_key(LoadPrivate(private_key).get(),
                                         evp::Out(public_key.data()),
                                         &size_bytes) == 1);
  return public_key;
}

}  // namespace

X25519KeyPair::X25519KeyPair(SecretBytes private_key,
                             const X25519PublicKey& public_key)
    : private_key_(std::move(private_key)), public_key_(public_key) {}

X25519KeyPair X25519KeyPair::Generate() {
  SecretBytes private_key = RandomSecret(kKeyBytes);
  const X25519PublicKey public_key = PublicKeyOf(private_key);
  return X25519KeyPair(std::move(private_key), public_key);
}

Result<X25519KeyPair> X25519KeyPair::FromPrivateKey(
    const SecretBytes& private_key) {
  if (private_key.size() != kKeyBytes) {
    return InvalidArgument("an X25519 private key has 32 bytes");
  }
  return X25519KeyPair(private_key.Clone(), PublicKeyOf(private_key));
}

Result<SecretBytes> X25519KeyPair::Agree(
    std::span<const std::byte> peer) const {
  const auto refused = [] {
    evp::ForgetErrors();
    return InvalidArgument("not a usable X25519 public key");
  };
  if (peer.size() != kKeyBytes) return refused();
  const evp::Ptr<EVP_PKEY> theirs(EVP_PKEY_new_raw_public_key_ex(
      nullptr, "X25519", nullptr, evp::In(peer), peer.size()));
  if (theirs == nullptr) return refused();
  const evp::Ptr<EVP_PKEY> ours = LoadPrivate(private_key_);
  const evp::Ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, ours.get(), nullptr));
  WRIT_CHECK(context != nullptr);
  SecretBytes shared(kKeyBytes);
  size_t size_bytes = shared.size();
  // OpenSSL refuses an all-zero result, which a point of small order gives.
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
      EVP_PKEY_derive(context.get(), evp::Out(shared.data()), &size_bytes) !=
          1 ||
      size_bytes != shared.size()) {
    return refused();
  }
  return shared;
}

}  // namespace writ
