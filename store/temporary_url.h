// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_TEMPORARY_URL_H_
#define WRIT_STORE_TEMPORARY_URL_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/hmac.h"
#include "store/keyring.h"

namespace writ {

// Paths of temporary URLs begin so.
inline constexpr std::string_view kTemporaryUrlPrefix = "/.artifact/";

// What a valid URL gives access to.
struct TemporaryUrlGrant {
  std::string account;
  std::string sha256_hex;
};

// Makes and checks URLs that let their bearer read one package for a while
// (P24):
//
//   https://HOST:PORT/.artifact/<hex>?Expires=<seconds>[&Node=<id>]&Signature=<64
//   hex>
//
// The parameters stand in this order and nothing else may stand there. The
// path names the package in sealed form; the signature is over the method, the
// endpoint and every byte of path and query before it. URLs are secrets: they
// never enter a log. Immutable and thread-safe.
class TemporaryUrls {
 public:
  // endpoint  "https://127.0.0.1:9443", as credentials.json has it: never
  //           from a Host header
  // Errors   kInvalidArgument  not https, or with a path
  static Result<std::unique_ptr<TemporaryUrls>> Make(Keyring* keyring,
                                                     std::string_view endpoint);

  // A URL for GET of one package.
  //
  // node      binds it to a compute node (1 to 64 of A-Z a-z 0-9 . _ -);
  //           empty: for whoever has it
  // lifetime  1 s to kTemporaryUrlSeconds
  // Errors   kInvalidArgument  a digest, node or lifetime that is none
  Result<std::string> Mint(std::string_view account,
                           std::string_view sha256_hex, std::string_view node,
                           std::chrono::seconds lifetime, WallTime now) const;

  // What a request may read.
  //
  // raw_path, raw_query  as they came, not decoded
  // node                 the node that asks, as its channel proves; empty for
  //                      everybody else. A URL bound to a node is refused to
  //                      all others.
  // Errors   kPermissionDenied  anything wrong: one text for all
  Result<TemporaryUrlGrant> Verify(std::string_view method,
                                   std::string_view raw_path,
                                   std::string_view raw_query,
                                   std::string_view node, WallTime now) const;

 private:
  TemporaryUrls(std::string endpoint, SecretBytes seal_key, HmacKey sign_key);

  std::string Signature(std::string_view path_and_query) const;

  const std::string endpoint_;
  const SecretBytes seal_key_;
  const HmacKey sign_key_;
};

}  // namespace writ

#endif  // WRIT_STORE_TEMPORARY_URL_H_
