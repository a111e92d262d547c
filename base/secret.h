// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_SECRET_H_
#define WRIT_BASE_SECRET_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace writ {

// Overwrites memory in a way the optimiser may not remove.
void WipeMemory(void* data, size_t size_bytes);

// Bytes that must not outlive their use: wiped when dropped, moved from or
// replaced; no stream operator, no comparison (use ConstantTimeEqual).
// Move-only; Clone() where a copy is really meant.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size_bytes) : bytes_(size_bytes) {}
  static SecretBytes CopyOf(std::span<const std::byte> bytes);
  static SecretBytes CopyOf(std::string_view text);

  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  SecretBytes Clone() const { return CopyOf(span()); }
  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }
  std::byte* data() { return bytes_.data(); }
  std::span<const std::byte> span() const { return bytes_; }
  std::span<std::byte> mutable_span() { return bytes_; }
  // The bytes as text; borrowed.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  void Wipe();
  std::vector<std::byte> bytes_;
};

}  // namespace writ

#endif  // WRIT_BASE_SECRET_H_
