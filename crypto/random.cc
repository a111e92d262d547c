// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/hex.h"

namespace writ {

void RandomBytes(std::span<std::byte> bytes) {
  WRIT_CHECK(RAND_bytes_ex(nullptr, evp::Out(bytes.data()), bytes.size(), 0) ==
             1);
}

SecretBytes RandomSecret(size_t size_bytes) {
  SecretBytes secret(size_bytes);
  WRIT_CHECK(
      RAND_priv_bytes_ex(nullptr, evp::Out(secret.data()), size_bytes, 0) == 1);
  return secret;
}

std::string RandomHex(size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  RandomBytes(std::as_writable_bytes(std::span(bytes)));
  return HexEncode(bytes);
}

std::string RandomText(std::string_view alphabet, size_t count) {
  WRIT_CHECK(alphabet.size() >= 2 && alphabet.size() <= 256);
  // Bytes at or above the largest multiple are drawn again: a plain remainder
  // would favour the first characters.
  const size_t fair = 256 - 256 % alphabet.size();
  std::string text;
  text.reserve(count);
  while (text.size() < count) {
    std::byte drawn[64];
    RandomBytes(drawn);
    for (const std::byte byte : drawn) {
      const auto value = std::to_integer<size_t>(byte);
      if (value < fair && text.size() < count) {
        text += alphabet[value % alphabet.size()];
      }
    }
  }
  return text;
}

uint64_t RandomU64() {
  uint64_t value = 0;
  RandomBytes(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

}  // namespace writ
