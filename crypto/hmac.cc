// SPDX-License-Identifier: Apache-2.0
//
// HMAC as RFC 2104 builds it from the digest, and not through EVP_MAC: only so
// can the two states that follow the padded key blocks be kept instead of the
// key. OpenSSL clears a digest context when it is freed.
#include "crypto/hmac.h"

#include <cstring>

#include "base/check.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "crypto/evp.h"

namespace writ {
namespace {

constexpr size_t kBlockBytes = 64;

evp::Ptr<EVP_MD_CTX> StateAfter(std::span<const std::byte> block) {
  evp::Ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  WRIT_CHECK(context != nullptr);
  WRIT_CHECK(
      EVP_DigestInit_ex2(context.get(), evp::Sha256Algorithm(), nullptr) == 1);
  WRIT_CHECK(EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1);
  return context;
}

}  // namespace

struct HmacKey::States {
  evp::Ptr<EVP_MD_CTX> inner;
  evp::Ptr<EVP_MD_CTX> outer;
};

HmacKey::HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

HmacKey::HmacKey(const SecretBytes& key) : HmacKey(key.text()) {}

HmacKey::HmacKey(std::string_view key) {
  SecretBytes block(kBlockBytes);
  if (key.size() > kBlockBytes) {
    Sha256Digest digest = Sha256(key);
    std::memcpy(block.data(), digest.data(), digest.size());
    WipeMemory(digest.data(), digest.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  constexpr std::byte kInnerPad{0x36};
  constexpr std::byte kOuterPad{0x5c};
  for (std::byte& byte : block.mutable_span()) byte ^= kInnerPad;
  auto states = std::make_unique<States>();
  states->inner = StateAfter(block.span());
  for (std::byte& byte : block.mutable_span()) byte ^= kInnerPad ^ kOuterPad;
  states->outer = StateAfter(block.span());
  states_ = std::move(states);
}

HmacTag HmacKey::Sign(std::string_view message) const {
  WRIT_CHECK(!empty());
  const evp::Ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  WRIT_CHECK(context != nullptr);
  HmacTag tag;
  unsigned char* const out = evp::Out(tag.data());
  WRIT_CHECK(EVP_MD_CTX_copy_ex(context.get(), states_->inner.get()) == 1);
  WRIT_CHECK(EVP_DigestUpdate(context.get(), message.data(), message.size()) ==
             1);
  WRIT_CHECK(EVP_DigestFinal_ex(context.get(), out, nullptr) == 1);
  WRIT_CHECK(EVP_MD_CTX_copy_ex(context.get(), states_->outer.get()) == 1);
  WRIT_CHECK(EVP_DigestUpdate(context.get(), out, tag.size()) == 1);
  WRIT_CHECK(EVP_DigestFinal_ex(context.get(), out, nullptr) == 1);
  return tag;
}

bool HmacKey::Verify(std::string_view message,
                     std::span<const std::byte> tag) const {
  return ConstantTimeEqual(Sign(message), tag);
}

HmacTag HmacSha256(std::string_view key, std::string_view message) {
  return HmacKey(key).Sign(message);
}

}  // namespace writ
