// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_REFERENCE_VALUES_H_
#define WRIT_TESTS_SUPPORT_REFERENCE_VALUES_H_

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// How the reference evaluator reads and compares texts: slow, obvious, written
// from docs/spec/semantics.md, sharing nothing with the product's readers.
namespace writ::reference {

// A number written out in full: "-120.5" is {true, "120", "5"}. Zero is
// {false, "", ""}.
struct Number {
  bool negative = false;
  std::string whole;     // no leading zeros
  std::string fraction;  // no trailing zeros
};
std::optional<Number> ReadNumber(std::string_view text);  // R44
std::strong_ordering Compare(const Number& a, const Number& b);

// Nanoseconds need 94 bits from year 1; two fields say it plainly.
struct Moment {
  long long second = 0;  // from 0001-01-01T00:00:00Z
  long long nanosecond = 0;
  auto operator<=>(const Moment&) const = default;
};
std::optional<Moment> ReadMoment(std::string_view text);  // R27

std::optional<bool> ReadBool(std::string_view text);  // R25

// An address as "4" or "6" and its bits as characters, and a block likewise,
// cut at its prefix: an address lies in a block when it begins with it (R09).
std::optional<std::string> ReadAddress(std::string_view text);
std::optional<std::string> ReadBlock(std::string_view text);

// Whether `pattern` (* and ?, no escape) covers the whole of `subject`. Letters
// of the subject before the byte `fold_before` match in either ASCII case
// (R42).
bool Like(std::string_view pattern, std::string_view subject,
          size_t fold_before = 0);

// ASCII case folding.
std::string Fold(std::string_view text);

}  // namespace writ::reference

#endif  // WRIT_TESTS_SUPPORT_REFERENCE_VALUES_H_
