// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_REQUEST_VALUES_H_
#define WRIT_TESTS_SUPPORT_REQUEST_VALUES_H_

#include <string>
#include <string_view>
#include <vector>

// The values and names that generated cases are made of.
namespace writ::reference {

using Texts = std::vector<std::string>;

inline constexpr std::string_view kHomeAccount = "1000000000000001";
inline constexpr std::string_view kOtherAccount = "2000000000000002";

// Values of one type in ascending order; those in one row are equal.
const std::vector<Texts>& Numbers();
const std::vector<Texts>& Dates();
const std::vector<Texts>& Booleans();
// Spellings of addresses, and in the same order blocks that hold them.
const std::vector<Texts>& Addresses();
const std::vector<Texts>& Blocks();
const Texts& Strings();
// Not readable as at least one type.
const Texts& Unreadable();

// A condition key and the type of its values: s n d b i.
struct Key {
  std::string_view name;
  char type;
};
const std::vector<Key>& Keys();
// The type of a key in any spelling.
char TypeOf(std::string_view key);
// The rows of a type other than s.
const std::vector<Texts>& RowsOf(char type);
// Equal but for ASCII case.
bool SameKey(std::string_view a, std::string_view b);

}  // namespace writ::reference

#endif  // WRIT_TESTS_SUPPORT_REQUEST_VALUES_H_
