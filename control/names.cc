// SPDX-License-Identifier: Apache-2.0
#include "control/names.h"

#include <algorithm>

namespace writ {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// 1 to `most` letters, digits and characters of `extra`.
bool IsWord(std::string_view text, size_t most, std::string_view extra) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [extra](char c) {
           return IsLetter(c) || IsDigit(c) ||
                  extra.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool IsFunctionName(std::string_view name) {
  return IsWord(name, 64, "_-") && !IsDigit(name.front()) &&
         name.front() != '-';
}

bool IsQualifier(std::string_view name) { return IsWord(name, 128, "_-"); }

bool IsUserName(std::string_view name) { return IsWord(name, 64, "._-"); }

bool IsPolicyName(std::string_view name) { return IsWord(name, 128, "-"); }

bool IsEnvironmentName(std::string_view name) {
  return IsWord(name, 256, "_") && IsLetter(name.front());
}

}  // namespace writ
