// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <climits>

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/random.h"

namespace writ {
namespace {

const EVP_CIPHER* Algorithm() {
  static const evp::Ptr<EVP_CIPHER> algorithm(
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  WRIT_CHECK(algorithm != nullptr);
  return algorithm.get();
}

// OpenSSL counts in int; nothing sealed here comes near it.
int Length(size_t size_bytes) {
  WRIT_CHECK(size_bytes <= INT_MAX);
  return static_cast<int>(size_bytes);
}

Status CannotOpen() {
  evp::ForgetErrors();
  return DataLoss("sealed bytes are damaged or belong elsewhere");
}

}  // namespace

std::string AeadSealWithNonce(const SecretBytes& key, std::string_view nonce,
                              std::string_view plaintext,
                              std::string_view associated) {
  WRIT_CHECK(key.size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
  const evp::Ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  WRIT_CHECK(context != nullptr);
  WRIT_CHECK(EVP_EncryptInit_ex2(context.get(), Algorithm(),
                                 evp::In(key.span()), evp::In(nonce),
                                 nullptr) == 1);
  int written = 0;
  if (!associated.empty()) {
    WRIT_CHECK(EVP_EncryptUpdate(context.get(), nullptr, &written,
                                 evp::In(associated),
                                 Length(associated.size())) == 1);
  }
  std::string sealed(nonce);
  sealed.resize(kAeadOverheadBytes + plaintext.size());
  unsigned char* const text = evp::Out(sealed.data()) + kAeadNonceBytes;
  if (!plaintext.empty()) {
    WRIT_CHECK(EVP_EncryptUpdate(context.get(), text, &written,
                                 evp::In(plaintext),
                                 Length(plaintext.size())) == 1);
  }
  WRIT_CHECK(EVP_EncryptFinal_ex(context.get(), text + plaintext.size(),
                                 &written) == 1);
  WRIT_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                                 kAeadTagBytes, text + plaintext.size()) == 1);
  return sealed;
}

std::string AeadSeal(const SecretBytes& key, std::string_view plaintext,
                     std::string_view associated) {
  std::byte nonce[kAeadNonceBytes];
  RandomBytes(nonce);
  return AeadSealWithNonce(key,
                           {reinterpret_cast<const char*>(nonce), sizeof nonce},
                           plaintext, associated);
}

Result<SecretBytes> AeadOpen(const SecretBytes& key, std::string_view sealed,
                             std::string_view associated) {
  WRIT_CHECK(key.size() == kAeadKeyBytes);
  if (sealed.size() < kAeadOverheadBytes || sealed.size() > INT_MAX ||
      associated.size() > INT_MAX) {
    return CannotOpen();
  }
  const std::string_view nonce = sealed.substr(0, kAeadNonceBytes);
  const std::string_view text =
      sealed.substr(kAeadNonceBytes, sealed.size() - kAeadOverheadBytes);
  const std::string_view tag = sealed.substr(sealed.size() - kAeadTagBytes);
  const evp::Ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  WRIT_CHECK(context != nullptr);
  WRIT_CHECK(EVP_DecryptInit_ex2(context.get(), Algorithm(),
                                 evp::In(key.span()), evp::In(nonce),
                                 nullptr) == 1);
  int written = 0;
  if (!associated.empty() &&
      EVP_DecryptUpdate(context.get(), nullptr, &written, evp::In(associated),
                        Length(associated.size())) != 1) {
    return CannotOpen();
  }
  SecretBytes plaintext(text.size());
  if (!text.empty() &&
      EVP_DecryptUpdate(context.get(), evp::Out(plaintext.data()), &written,
                        evp::In(text), Length(text.size())) != 1) {
    return CannotOpen();
  }
  // SAFETY: EVP_CTRL_AEAD_SET_TAG only reads.
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes,
                          const_cast<char*>(tag.data())) != 1) {
    return CannotOpen();
  }
  unsigned char nothing[kAeadTagBytes];
  if (EVP_DecryptFinal_ex(context.get(), nothing, &written) != 1) {
    return CannotOpen();
  }
  return plaintext;
}

}  // namespace writ
