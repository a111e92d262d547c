// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_X25519_H_
#define WRIT_CRYPTO_X25519_H_

#include <array>
#include <cstddef>
#include <span>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

using X25519PublicKey = std::array<std::byte, 32>;

// One side of a key agreement (RFC 7748). Move-only; wiped when dropped.
class X25519KeyPair {
 public:
  static X25519KeyPair Generate();
  // Errors   kInvalidArgument  not 32 bytes
  static Result<X25519KeyPair> FromPrivateKey(const SecretBytes& private_key);

  const X25519PublicKey& public_key() const { return public_key_; }

  // The secret shared with the owner of `peer` (32 bytes). Not uniform: feed
  // it to HkdfSha256 before use (P31).
  //
  // Errors   kInvalidArgument  wrong size, or a point of small order, which
  //                            would make the secret known to everybody
  Result<SecretBytes> Agree(std::span<const std::byte> peer) const;

 private:
  X25519KeyPair(SecretBytes private_key, const X25519PublicKey& public_key);
  SecretBytes private_key_;
  X25519PublicKey public_key_;
};

}  // namespace writ

#endif  // WRIT_CRYPTO_X25519_H_
