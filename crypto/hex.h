// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_HEX_H_
#define WRIT_CRYPTO_HEX_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace writ {

// Two lower-case hexadecimal digits a byte.
std::string HexEncode(std::span<const std::byte> bytes);
std::string HexEncode(std::string_view bytes);

// The bytes that `digits` spells, in either case.
//
// Errors   kInvalidArgument  odd length, or another character
Result<std::string> HexDecode(std::string_view digits);

// True for exactly `count` digits 0-9 a-f: the only form of a digest that
// signatures, file names and URLs use.
bool IsLowerHex(std::string_view digits, size_t count);

}  // namespace writ

#endif  // WRIT_CRYPTO_HEX_H_
