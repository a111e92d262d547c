// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CATALOGUE_BUILT_IN_H_
#define WRIT_CATALOGUE_BUILT_IN_H_

#include <span>
#include <string_view>

namespace writ {

// A data file of catalogue/ as the build found it.
struct BuiltInText {
  std::string_view name;  // of the file, without `.json`: "oss"
  std::string_view text;
};

// catalogue/global.json first, then catalogue/services/ by name.
std::span<const BuiltInText> BuiltInTexts();

}  // namespace writ

#endif  // WRIT_CATALOGUE_BUILT_IN_H_
