// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_HKDF_H_
#define WRIT_CRYPTO_HKDF_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace writ {

// HKDF-SHA256 (RFC 5869), extract and expand.
//
// secret      input key material, not empty
// salt        may be empty
// info        what the derived key is for; different purposes, different keys
// size_bytes  1 to 8160
SecretBytes HkdfSha256(std::span<const std::byte> secret, std::string_view salt,
                       std::string_view info, size_t size_bytes);

}  // namespace writ

#endif  // WRIT_CRYPTO_HKDF_H_
