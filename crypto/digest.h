// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_DIGEST_H_
#define WRIT_CRYPTO_DIGEST_H_

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace writ {

inline constexpr size_t kSha256Bytes = 32;
using Sha256Digest = std::array<std::byte, kSha256Bytes>;

// The SHA-256 digest of `bytes`.
Sha256Digest Sha256(std::string_view bytes);
// The same as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// SHA-256 of bytes that come in pieces. One thread; move-only.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();

  void Update(std::string_view bytes);
  // Returns the digest and starts afresh: the next Update begins a new text.
  Sha256Digest Finish();
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace writ

#endif  // WRIT_CRYPTO_DIGEST_H_
