// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/hex.h"

namespace writ {
namespace evp {

const EVP_MD* Sha256Algorithm() {
  static const Ptr<EVP_MD> algorithm(
      EVP_MD_fetch(nullptr, "SHA2-256", nullptr));
  WRIT_CHECK(algorithm != nullptr);
  return algorithm.get();
}

}  // namespace evp

struct Sha256Stream::State {
  evp::Ptr<EVP_MD_CTX> context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  WRIT_CHECK(state_->context != nullptr);
  WRIT_CHECK(EVP_DigestInit_ex2(state_->context.get(), evp::Sha256Algorithm(),
                                nullptr) == 1);
}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Update(std::string_view bytes) {
  WRIT_CHECK(
      EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256Stream::Finish() {
  Sha256Digest digest;
  WRIT_CHECK(EVP_DigestFinal_ex(state_->context.get(), evp::Out(digest.data()),
                                nullptr) == 1);
  WRIT_CHECK(EVP_DigestInit_ex2(state_->context.get(), evp::Sha256Algorithm(),
                                nullptr) == 1);
  return digest;
}

std::string Sha256Stream::FinishHex() { return HexEncode(Finish()); }

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  WRIT_CHECK(EVP_Digest(bytes.data(), bytes.size(), evp::Out(digest.data()),
                        nullptr, evp::Sha256Algorithm(), nullptr) == 1);
  return digest;
}

std::string Sha256Hex(std::string_view bytes) {
  return HexEncode(Sha256(bytes));
}

}  // namespace writ
