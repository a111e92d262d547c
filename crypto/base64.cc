// SPDX-License-Identifier: Apache-2.0
#include "crypto/base64.h"

#include <array>
#include <cstdint>

namespace writ {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr uint8_t kNone = 255;

consteval std::array<uint8_t, 256> MakeValues() {
  std::array<uint8_t, 256> values = {};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}
constexpr std::array<uint8_t, 256> kValues = MakeValues();

char Digit(uint32_t group, int shift) {
  return kAlphabet[(group >> shift) & 63];
}
uint32_t Byte(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}
char Low8(uint32_t value) { return static_cast<char>(value & 255); }

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t group =
        Byte(bytes, i) << 16 | Byte(bytes, i + 1) << 8 | Byte(bytes, i + 2);
    text += Digit(group, 18);
    text += Digit(group, 12);
    text += Digit(group, 6);
    text += Digit(group, 0);
  }
  const size_t rest = bytes.size() - i;
  if (rest > 0) {
    uint32_t group = Byte(bytes, i) << 16;
    if (rest == 2) group |= Byte(bytes, i + 1) << 8;
    text += Digit(group, 18);
    text += Digit(group, 12);
    text += rest == 2 ? Digit(group, 6) : '=';
    text += '=';
  }
  return text;
}

Result<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    return InvalidArgument("length of Base64 text is not a multiple of four");
  }
  size_t padding = 0;
  if (!text.empty() && text.back() == '=') {
    padding = text[text.size() - 2] == '=' ? 2 : 1;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  const size_t digits = text.size() - padding;
  uint32_t group = 0;
  for (size_t i = 0; i < digits; ++i) {
    const uint8_t value = kValues[static_cast<uint8_t>(text[i])];
    if (value == kNone) {
      return InvalidArgument("a character that Base64 does not have");
    }
    group = group << 6 | value;
    if (i % 4 == 3) {
      bytes += Low8(group >> 16);
      bytes += Low8(group >> 8);
      bytes += Low8(group);
      group = 0;
    }
  }
  if (padding == 1) {
    if ((group & 3) != 0)
      return InvalidArgument("spare bits of Base64 are set");
    bytes += Low8(group >> 10);
    bytes += Low8(group >> 2);
  } else if (padding == 2) {
    if ((group & 15) != 0) {
      return InvalidArgument("spare bits of Base64 are set");
    }
    bytes += Low8(group >> 4);
  }
  return bytes;
}

}  // namespace writ
