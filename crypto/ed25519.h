// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_ED25519_H_
#define WRIT_CRYPTO_ED25519_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

using Ed25519PublicKey = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;

// A signing key (RFC 8032). Move-only; the seed is wiped when dropped.
// Immutable: any number of threads may sign.
class Ed25519KeyPair {
 public:
  static Ed25519KeyPair Generate();
  // Errors   kInvalidArgument  not 32 bytes
  static Result<Ed25519KeyPair> FromSeed(const SecretBytes& seed);

  const Ed25519PublicKey& public_key() const { return public_key_; }
  const SecretBytes& seed() const { return seed_; }
  Ed25519Signature Sign(std::string_view message) const;

 private:
  Ed25519KeyPair(SecretBytes seed, const Ed25519PublicKey& public_key);
  SecretBytes seed_;
  Ed25519PublicKey public_key_;
};

// True when `signature` (64 bytes) is `public_key`'s (32 bytes) over `message`.
// False for every malformed input.
bool Ed25519Verify(std::span<const std::byte> public_key,
                   std::string_view message,
                   std::span<const std::byte> signature);

}  // namespace writ

#endif  // WRIT_CRYPTO_ED25519_H_
