// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

// A secret is neither copied nor logged by accident.
static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(
    !std::is_constructible_v<LogField, const char*, const SecretBytes&>);

TEST(SecretBytes, MovesLeavingNothingBehind) {
  SecretBytes first = SecretBytes::CopyOf("secret");
  SecretBytes second = std::move(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.text(), "secret");
  const SecretBytes copy = second.Clone();
  second = SecretBytes();
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(copy.text(), "secret");
}

TEST(SecretBytes, WipeClearsEveryByte) {
  std::array<std::byte, 100> bytes;
  bytes.fill(std::byte{7});
  WipeMemory(bytes.data(), bytes.size());
  for (const std::byte byte : bytes) EXPECT_EQ(byte, std::byte{0});
  WipeMemory(nullptr, 0);
}

}  // namespace
}  // namespace writ
