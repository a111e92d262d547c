// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_READ_VALUE_H_
#define WRIT_AUTHZ_READ_VALUE_H_

#include <compare>
#include <string_view>

#include "authz/program/format.h"

// How the text of a request value becomes a number, an instant, an address or
// a truth value, in the form in which a program holds its constants. A reader
// that returns false makes the condition unreadable (R39).
namespace writ {

// JSON's number grammar with at most three exponent digits, and at most 34
// significant digits: from the first that is not zero to the last that is
// written (R44).
bool ReadDecimal(std::string_view text, DecimalConstant* value) noexcept;

// Both canonical, as the verifier demands of constants.
std::strong_ordering CompareDecimals(const DecimalConstant& a,
                                     const DecimalConstant& b) noexcept;

// RFC 3339 with capital T, seconds, an optional fraction of 1 to 9 digits, and
// Z or an offset (R27).
bool ReadInstant(std::string_view text, InstantConstant* value) noexcept;

std::strong_ordering CompareInstants(const InstantConstant& a,
                                     const InstantConstant& b) noexcept;

// One address without prefix or zone, as a block of one; an IPv4-mapped IPv6
// address is its IPv4 address (R09).
bool ReadAddress(std::string_view text, BlockConstant* value) noexcept;

// Whether the address lies in the block; never across families (R09).
bool BlockHolds(const BlockConstant& block,
                const BlockConstant& address) noexcept;

// true or false in any ASCII case (R25).
bool ReadTruth(std::string_view text, bool* value) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_READ_VALUE_H_
