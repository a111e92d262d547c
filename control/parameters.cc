// SPDX-License-Identifier: Apache-2.0
#include "control/parameters.h"

#include "auth/canonical.h"
#include "grammar/utf8.h"

namespace writ {

Result<std::string> DecodePercent(std::string_view text, bool plus_is_space) {
  WRIT_ASSIGN_OR_RETURN(std::string decoded,
                        PercentDecode(text, plus_is_space));
  if (InvalidUtf8Offset(decoded).has_value() ||
      decoded.find('\0') != std::string::npos) {
    return InvalidArgument("text that is not UTF-8, or a zero byte");
  }
  return decoded;
}

const std::string* Parameters::Find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string_view Parameters::Get(std::string_view name,
                                 std::string_view fallback) const {
  const std::string* value = Find(name);
  return value == nullptr ? fallback : std::string_view(*value);
}

Status Parameters::Add(std::string_view name, std::string_view value) {
  if (!values_.emplace(name, value).second) {
    return AlreadyExists("a parameter stands more than once");
  }
  return OkStatus();
}

Status Parameters::AddEncoded(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (piece.empty()) continue;
    const size_t equals = piece.find('=');
    WRIT_ASSIGN_OR_RETURN(const std::string name,
                          DecodePercent(piece.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      WRIT_ASSIGN_OR_RETURN(value,
                            DecodePercent(piece.substr(equals + 1), true));
    }
    WRIT_RETURN_IF_ERROR(Add(name, value));
  }
  return OkStatus();
}

}  // namespace writ
