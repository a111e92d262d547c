// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_TEXT_H_
#define WRIT_AUTHZ_TEXT_H_

#include <cstddef>
#include <string_view>

namespace writ {

// 'A' to 'Z' become lower case; every other byte is itself (R42).
constexpr char FoldAscii(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a')
                                    : byte;
}

// Equal but for ASCII case.
constexpr bool EqualFolded(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (FoldAscii(a[i]) != FoldAscii(b[i])) return false;
  }
  return true;
}

}  // namespace writ

#endif  // WRIT_AUTHZ_TEXT_H_
