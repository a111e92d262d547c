// SPDX-License-Identifier: Apache-2.0
#include "control/parameters.h"

#include <cstdint>

#include "auth/canonical.h"

namespace writ {
namespace {

// The number of continuation bytes and the least code point of a lead byte.
struct Lead {
  int continuation;
  uint32_t bits;
  uint32_t least;
};

bool ReadLead(unsigned char byte, Lead* lead) {
  if (byte < 0x80) {
    *lead = {0, byte, 0};
  } else if (byte >= 0xC2 && byte < 0xE0) {
    *lead = {1, byte & 0x1Fu, 0x80};
  } else if (byte >= 0xE0 && byte < 0xF0) {
    *lead = {2, byte & 0x0Fu, 0x800};
  } else if (byte >= 0xF0 && byte < 0xF5) {
    *lead = {3, byte & 0x07u, 0x10000};
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    Lead lead;
    if (!ReadLead(static_cast<unsigned char>(text[i++]), &lead)) return false;
    uint32_t code_point = lead.bits;
    for (int n = 0; n < lead.continuation; ++n) {
      if (i == text.size()) return false;
      const auto byte = static_cast<unsigned char>(text[i++]);
      if ((byte & 0xC0u) != 0x80u) return false;
      code_point = (code_point << 6) | (byte & 0x3Fu);
    }
    if (code_point < lead.least || code_point > 0x10FFFF) return false;
    if (code_point >= 0xD800 && code_point < 0xE000) return false;
  }
  return true;
}

Result<std::string> DecodePercent(std::string_view text, bool plus_is_space) {
  WRIT_ASSIGN_OR_RETURN(std::string decoded,
                        PercentDecode(text, plus_is_space));
  if (!IsUtf8(decoded) || decoded.find('\0') != std::string::npos) {
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
