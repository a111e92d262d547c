// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_CRC64_H_
#define WRIT_BASE_CRC64_H_

#include <cstdint>
#include <string_view>

namespace writ {

// CRC-64/XZ (ECMA-182 polynomial, reflected, inverted at both ends). Finds
// accidents, not attacks: never use it where someone may want to forge.
//
// previous  the result for the bytes before these, or 0 at the start
uint64_t Crc64(std::string_view bytes, uint64_t previous = 0);

}  // namespace writ

#endif  // WRIT_BASE_CRC64_H_
