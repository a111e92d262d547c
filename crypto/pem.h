// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_PEM_H_
#define WRIT_CRYPTO_PEM_H_

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "crypto/ed25519.h"

// Ed25519 keys as PEM text (RFC 7468, RFC 8410): private keys as unencrypted
// PKCS #8, as `openssl genpkey -algorithm ed25519` writes them, public keys as
// SubjectPublicKeyInfo, as `openssl pkey -pubout` does. A text holds exactly
// one key; before its first line and behind its last anything but another PEM
// block may stand.
//
// No message holds anything of the text.
namespace writ {

// Errors  kInvalidArgument  no PEM, two blocks, another kind of key, a public
//                           key, an encrypted key, bytes that are no key
Result<Ed25519KeyPair> ReadEd25519PrivatePem(std::string_view pem);

// Errors  kInvalidArgument  likewise; a private key is refused too: whoever may
//                           read the file of a public key should not find one
Result<Ed25519PublicKey> ReadEd25519PublicPem(std::string_view pem);

SecretBytes WriteEd25519PrivatePem(const Ed25519KeyPair& key);
std::string WriteEd25519PublicPem(const Ed25519PublicKey& key);

}  // namespace writ

#endif  // WRIT_CRYPTO_PEM_H_
