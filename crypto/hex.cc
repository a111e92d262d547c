// SPDX-License-Identifier: Apache-2.0
#include "crypto/hex.h"

#include <cstdint>

namespace writ {
namespace {

// -1 for a character that is no hexadecimal digit.
int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

std::string HexEncode(std::string_view bytes) {
  return HexEncode(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Result<std::string> HexDecode(std::string_view digits) {
  if (digits.size() % 2 != 0) {
    return InvalidArgument("odd number of hexadecimal digits");
  }
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = DigitValue(digits[i]);
    const int low = DigitValue(digits[i + 1]);
    if (high < 0 || low < 0) return InvalidArgument("not hexadecimal digits");
    bytes += static_cast<char>(static_cast<uint8_t>(high * 16 + low));
  }
  return bytes;
}

bool IsLowerHex(std::string_view digits, size_t count) {
  if (digits.size() != count) return false;
  for (const char c : digits) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

}  // namespace writ
