// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/evp.h"

namespace writ {
namespace {

constexpr std::string_view kPrivate = "PRIVATE KEY";
constexpr std::string_view kPublic = "PUBLIC KEY";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

// Nobody is asked for a passphrase.
int NoPassphrase(char*, int, int, void*) { return -1; }

// The label of the only block of the text.
Result<std::string_view> OnlyLabel(std::string_view pem,
                                   std::string_view wanted) {
  const std::string example = "`-----BEGIN " + std::string(wanted) + "-----`";
  if (pem.size() > kMaxKeyFileBytes) {
    return InvalidArgument("a text of " + std::to_string(pem.size()) +
                           " bytes; one key in PEM is far shorter");
  }
  const size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) {
    return InvalidArgument("not a key in PEM: no line " + example);
  }
  if (pem.find(kBegin, begin + kBegin.size()) != std::string_view::npos) {
    return InvalidArgument("more than one PEM block; keep the one with " +
                           example);
  }
  std::string_view label = pem.substr(begin + kBegin.size());
  const size_t end = label.find(kDashes);
  if (end == std::string_view::npos || end > 64) {
    return InvalidArgument("not a key in PEM: its first line is not " +
                           example);
  }
  return label.substr(0, end);
}

// Says what the text holds instead of an Ed25519 key of that label.
Status CheckLabel(std::string_view pem, std::string_view wanted) {
  WRIT_ASSIGN_OR_RETURN(const std::string_view label, OnlyLabel(pem, wanted));
  if (label == wanted) return OkStatus();
  if (label == "ENCRYPTED PRIVATE KEY") {
    return InvalidArgument(
        "the private key is encrypted; decrypt it with `openssl pkey` first");
  }
  if (label == kPublic) {
    return InvalidArgument("a public key where the private key is wanted");
  }
  if (label.ends_with(kPrivate)) {
    return InvalidArgument(wanted == kPublic
                               ? "a private key where the public key is "
                                 "wanted; `openssl pkey -pubout` makes it"
                               : "a private key in an old form; `openssl "
                                 "genpkey -algorithm ed25519` makes one");
  }
  return InvalidArgument("no `" + std::string(wanted) +
                         "` but another PEM "
                         "block");
}

BioPtr ReadOnly(std::string_view text) {
  // OnlyLabel bounds the size.
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  WRIT_CHECK(bio != nullptr);
  return bio;
}

Status CheckKey(const EVP_PKEY* key, std::string_view what) {
  if (key == nullptr) {
    evp::ForgetErrors();
    return InvalidArgument("not a " + std::string(what) +
                           " key: the text between its first and last line is "
                           "damaged");
  }
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return OkStatus();
  return InvalidArgument("a " + std::string(what) +
                         " key of another kind than Ed25519; `openssl genpkey "
                         "-algorithm ed25519` makes one");
}

}  // namespace

Result<Ed25519KeyPair> ReadEd25519PrivatePem(std::string_view pem) {
  WRIT_RETURN_IF_ERROR(CheckLabel(pem, kPrivate));
  const evp::Ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadOnly(pem).get(), nullptr, NoPassphrase, nullptr));
  WRIT_RETURN_IF_ERROR(CheckKey(key.get(), "private"));
  SecretBytes seed(std::tuple_size_v<Ed25519PublicKey>);
  size_t size_bytes = seed.size();
  WRIT_CHECK(EVP_PKEY_get_raw_private_key(key.get(), evp::Out(seed.data()),
                                          &size_bytes) == 1);
  return Ed25519KeyPair::FromSeed(seed);
}

Result<Ed25519PublicKey> ReadEd25519PublicPem(std::string_view pem) {
  WRIT_RETURN_IF_ERROR(CheckLabel(pem, kPublic));
  const evp::Ptr<EVP_PKEY> key(
      PEM_read_bio_PUBKEY(ReadOnly(pem).get(), nullptr, NoPassphrase, nullptr));
  WRIT_RETURN_IF_ERROR(CheckKey(key.get(), "public"));
  Ed25519PublicKey raw;
  size_t size_bytes = raw.size();
  WRIT_CHECK(EVP_PKEY_get_raw_public_key(key.get(), evp::Out(raw.data()),
                                         &size_bytes) == 1);
  return raw;
}

SecretBytes WriteEd25519PrivatePem(const Ed25519KeyPair& key) {
  const evp::Ptr<EVP_PKEY> raw(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "ED25519", nullptr, evp::In(key.seed().span()),
      key.seed().size()));
  // The buffer of a secure-memory BIO is cleared when it is freed.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  WRIT_CHECK(raw != nullptr && bio != nullptr);
  WRIT_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), raw.get(), nullptr,
                                           nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size_bytes = BIO_get_mem_data(bio.get(), &text);
  return SecretBytes::CopyOf(
      std::string_view(text, static_cast<size_t>(size_bytes)));
}

std::string WriteEd25519PublicPem(const Ed25519PublicKey& key) {
  const evp::Ptr<EVP_PKEY> raw(EVP_PKEY_new_raw_public_key_ex(
      nullptr, "ED25519", nullptr, evp::In(key), key.size()));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  WRIT_CHECK(raw != nullptr && bio != nullptr);
  WRIT_CHECK(PEM_write_bio_PUBKEY(bio.get(), raw.get()) == 1);
  char* text = nullptr;
  const long size_bytes = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size_bytes));
}

}  // namespace writ
