// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_RANDOM_H_
#define WRIT_CRYPTO_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace writ {

// Unpredictable bytes; safe after fork and from any thread. A generator that
// fails ends the process: nothing may run on guessable keys.
void RandomBytes(std::span<std::byte> bytes);
// The same from the generator kept for secrets.
SecretBytes RandomSecret(size_t size_bytes);
// `size_bytes` random bytes as lower-case hexadecimal digits, two a byte.
std::string RandomHex(size_t size_bytes);
// `count` characters, each drawn evenly from `alphabet` (2 to 256 characters).
std::string RandomText(std::string_view alphabet, size_t count);
uint64_t RandomU64();

}  // namespace writ

#endif  // WRIT_CRYPTO_RANDOM_H_
