// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_COMPARE_H_
#define WRIT_CRYPTO_COMPARE_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace writ {

// Equality in a time that depends on the lengths only. For signatures, digests
// and tokens that a caller may guess at.
bool ConstantTimeEqual(std::span<const std::byte> a,
                       std::span<const std::byte> b);
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace writ

#endif  // WRIT_CRYPTO_COMPARE_H_
