// SPDX-License-Identifier: Apache-2.0
#include "base/crc64.h"

#include <array>
#include <cstddef>

namespace writ {
namespace {

constexpr uint64_t kReflectedPolynomial = 0xc96c5795d7870f42u;

consteval std::array<uint64_t, 256> MakeTable() {
  std::array<uint64_t, 256> table = {};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
    }
    table[byte] = value;
  }
  return table;
}

constexpr std::array<uint64_t, 256> kTable = MakeTable();

}  // namespace

uint64_t Crc64(std::string_view bytes, uint64_t previous) {
  uint64_t value = ~previous;
  for (const char byte : bytes) {
    const auto index = static_cast<uint8_t>(value ^ static_cast<uint8_t>(byte));
    value = kTable[index] ^ (value >> 8);
  }
  return ~value;
}

}  // namespace writ
