// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_HMAC_H_
#define WRIT_CRYPTO_HMAC_H_

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace writ {

inline constexpr size_t kHmacSha256Bytes = 32;
using HmacTag = std::array<std::byte, kHmacSha256Bytes>;

// An HMAC-SHA256 key as the two digest states that follow its padded blocks
// (P34): signing needs nothing else, and the key itself is not kept. The
// states are wiped when the last owner goes. Move-only. Immutable: any number
// of threads may sign at once.
//
// A default-made key is empty; signing with it is a bug (checked).
class HmacKey {
 public:
  HmacKey();
  explicit HmacKey(std::string_view key);
  explicit HmacKey(const SecretBytes& key);
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;
  ~HmacKey();

  bool empty() const { return states_ == nullptr; }

  // The tag of `message`.
  HmacTag Sign(std::string_view message) const;
  // True when `tag` is that of `message`; constant time.
  bool Verify(std::string_view message, std::span<const std::byte> tag) const;

 private:
  struct States;
  std::unique_ptr<const States> states_;
};

// HMAC-SHA256 with a key that is used once.
HmacTag HmacSha256(std::string_view key, std::string_view message);

}  // namespace writ

#endif  // WRIT_CRYPTO_HMAC_H_
