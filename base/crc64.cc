// SPDX-License-Identifier: Apache-2.0
#include "base/crc64.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace writ {
namespace {

constexpr uint64_t kReflectedPolynomial = 0xc96c5795d7870f42u;

constexpr size_t kSlices = 8;
using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// tables[k][b]: what byte b comes to when k zero bytes follow it.
consteval Tables MakeTables() {
  Tables tables = {};
  for (size_t byte = 0; byte < 256; ++byte) {
    uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
    }
    tables[0][byte] = value;
  }
  for (size_t k = 1; k < kSlices; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t value = tables[k - 1][byte];
      tables[k][byte] = tables[0][value & 0xff] ^ (value >> 8);
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

uint64_t Crc64(std::string_view bytes, uint64_t previous) {
  uint64_t value = ~previous;
  const char* at = bytes.data();
  size_t left = bytes.size();
  // Eight bytes at once: their eight look-ups do not wait for one another.
  for (; left >= kSlices; left -= kSlices, at += kSlices) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    word ^= value;
    value = 0;
    for (size_t k = 0; k < kSlices; ++k) {
      value ^= kTables[kSlices - 1 - k][(word >> (8 * k)) & 0xff];
    }
  }
  for (; left > 0; --left, ++at) {
    const auto index = static_cast<uint8_t>(value ^ static_cast<uint8_t>(*at));
    value = kTables[0][index] ^ (value >> 8);
  }
  return ~value;
}

}  // namespace writ
