// SPDX-License-Identifier: Apache-2.0
#include "authz/directory_table.h"

#include <algorithm>

#include "authz/text.h"

namespace writ {

std::optional<RoleKey> RoleKey::Of(std::string_view account,
                                   std::string_view name) noexcept {
  RoleKey key;
  for (const std::string_view part :
       {std::string_view("acs:ram::"), account, std::string_view(":role/")}) {
    if (part.size() > kMaxBytes - key.size_) return std::nullopt;
    std::ranges::copy(part, key.bytes_.begin() + key.size_);
    key.size_ += part.size();
  }
  if (name.size() > kMaxBytes - key.size_) return std::nullopt;
  std::ranges::transform(name, key.bytes_.begin() + key.size_, FoldAscii);
  key.size_ += name.size();
  return key;
}

}  // namespace writ
