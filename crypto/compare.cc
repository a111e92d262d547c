// SPDX-License-Identifier: Apache-2.0
#include "crypto/compare.h"

#include <openssl/crypto.h>

namespace writ {

bool ConstantTimeEqual(std::span<const std::byte> a,
                       std::span<const std::byte> b) {
  return a.size() == b.size() &&
         (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return ConstantTimeEqual(std::as_bytes(std::span(a.data(), a.size())),
                           std::as_bytes(std::span(b.data(), b.size())));
}

}  // namespace writ
