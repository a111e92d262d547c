// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_AEAD_H_
#define WRIT_CRYPTO_AEAD_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

inline constexpr size_t kAeadKeyBytes = 32;
inline constexpr size_t kAeadNonceBytes = 12;
inline constexpr size_t kAeadTagBytes = 16;
// What sealing adds to a text.
inline constexpr size_t kAeadOverheadBytes = kAeadNonceBytes + kAeadTagBytes;

// AES-256-GCM with a random nonce. Layout: nonce, ciphertext, tag.
//
// key         kAeadKeyBytes (checked: a wrong size is our bug); at most 2^32
//             texts under one key
// associated  authenticated, not stored: where the text belongs
std::string AeadSeal(const SecretBytes& key, std::string_view plaintext,
                     std::string_view associated);

// Opens what AeadSeal made.
//
// Errors   kDataLoss  wrong key, tag, associated bytes, or a truncated text:
//                     one message for all, so that it tells an attacker nothing
Result<SecretBytes> AeadOpen(const SecretBytes& key, std::string_view sealed,
                             std::string_view associated);

// The same with a nonce the caller chose, for protocols that count nonces and
// for published test vectors. A (key, nonce) pair must never repeat.
//
// nonce  kAeadNonceBytes
std::string AeadSealWithNonce(const SecretBytes& key, std::string_view nonce,
                              std::string_view plaintext,
                              std::string_view associated);

}  // namespace writ

#endif  // WRIT_CRYPTO_AEAD_H_
