// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_VALUE_H_
#define WRIT_GRAMMAR_VALUE_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Readers of the typed texts that a policy may hold. Each accepts exactly what
// its ruling says and returns nothing for everything else; none allocates more
// than its result. (The authorizer has readers of its own for request values.)
namespace writ {

// A number, exactly: 0.DIGITS * 10^point, negated when `negative`. Canonical:
// digits has neither leading nor trailing zeros, and zero is {false, 0, ""},
// so equal numbers have equal members.
struct Decimal {
  bool negative = false;
  int32_t point = 0;
  std::string digits;  // at most kMaxDecimalDigits characters '0' to '9'

  bool operator==(const Decimal&) const = default;
  std::strong_ordering operator<=>(const Decimal& other) const;
};

// Reads JSON's number grammar with at most three exponent digits and at most
// kMaxDecimalDigits significant digits: all written ones from the first that
// is not zero, trailing zeros included.
// Source   R44
std::optional<Decimal> ParseDecimal(std::string_view text);

// A point in time; years 0001 to 9999 (an offset may reach a day beyond).
struct Instant {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  uint32_t nanos = 0;   // 0 to 999'999'999
  auto operator<=>(const Instant&) const = default;
};

// Reads an RFC 3339 date-time with capital T, seconds, an optional fraction of
// one to nine digits, and Z or an offset.
// Source   R27
std::optional<Instant> ParseInstant(std::string_view text);

// A block of addresses. IPv4 stands in the last four of the sixteen bytes with
// twelve zero bytes before it; its prefix counts from 0 to 32.
struct IpBlock {
  bool is_v6 = false;
  uint8_t prefix = 0;
  std::array<uint8_t, 16> bytes = {};  // host bits are zero
  bool had_host_bits = false;          // the text had them; lint W-TYP-022
  bool had_prefix = false;             // the text had `/prefix`; R07's lint
  bool operator==(const IpBlock&) const = default;
};

// Reads `address` or `address/decimal prefix`, IPv4 or IPv6. An IPv4-mapped
// IPv6 address with a prefix of 96 or more is the IPv4 block that it means.
// Source   R09
std::optional<IpBlock> ParseCidr(std::string_view text);

// Reads true or false in any ASCII case.
// Source   R25
std::optional<bool> ParseBool(std::string_view text);

// `*`, or exactly one colon with something on both sides.
// Source   R46
bool IsActionPattern(std::string_view text);

// `*`, or `acs:` and five segments: at least four colons.
// Source   R19, R43
bool IsResourcePattern(std::string_view text);

// Compares with ASCII case folding.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// The form under which two spellings of a condition key are one key: the part
// before the first `/` in lower case, the rest as written.
// Source   R10
std::string FoldConditionKey(std::string_view key);

}  // namespace writ

#endif  // WRIT_GRAMMAR_VALUE_H_
