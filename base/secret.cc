// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <cstring>
#include <utility>

namespace writ {

void WipeMemory(void* data, size_t size_bytes) {
  if (size_bytes == 0) return;
  std::memset(data, 0, size_bytes);
  // The compiler must assume that the asm reads the memory just cleared.
  __asm__ __volatile__("" : : "r"(data) : "memory");
}

SecretBytes SecretBytes::CopyOf(std::span<const std::byte> bytes) {
  SecretBytes copy;
  copy.bytes_.assign(bytes.begin(), bytes.end());
  return copy;
}

SecretBytes SecretBytes::CopyOf(std::string_view text) {
  return CopyOf(std::as_bytes(std::span(text.data(), text.size())));
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SecretBytes::~SecretBytes() { Wipe(); }

void SecretBytes::Wipe() { WipeMemory(bytes_.data(), bytes_.size()); }

}  // namespace writ
