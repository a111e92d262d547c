// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_ACS3_H_
#define WRIT_AUTH_ACS3_H_

#include <string>
#include <string_view>
#include <vector>

#include "auth/request_head.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/hmac.h"

namespace writ {

inline constexpr std::string_view kAcs3Algorithm = "ACS3-HMAC-SHA256";

// SHA-256 of no bytes: x-acs-content-sha256 of a request without a body.
inline constexpr std::string_view kEmptySha256Hex =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// An Authorization header of ACS3-HMAC-SHA256, taken apart.
struct Acs3Authorization {
  std::string access_key_id;
  std::vector<std::string> signed_headers;  // sorted, no repeats
  std::string signature;                    // 64 lower-case hexadecimal digits
};

// Reads "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…": exactly
// these three, once each, in this order; one space may follow a comma. Signed
// headers must be lower case, sorted and unique, the key id 1 to 128 of
// A-Z a-z 0-9 . _ -.
//
// Errors   kInvalidArgument  anything else
Result<Acs3Authorization> ParseAcs3Authorization(std::string_view value);

// The signature over a canonical request (auth/canonical.h).
std::string Acs3Signature(const HmacKey& key,
                          std::string_view canonical_request);

// Who signs a request that goes out.
struct Acs3Credentials {
  std::string access_key_id;
  SecretBytes access_key_secret;
};

// Signs an outgoing request: sets x-acs-date, x-acs-signature-nonce (fresh)
// and x-acs-content-sha256, then Authorization over host, content-type and
// every x-acs-* header.
//
// head         must already have host, x-acs-action and x-acs-version, and
//              content-type when there is a body; headers of the four names
//              above are replaced
// body_sha256  lower-case hexadecimal digest of the body
// Errors   kInvalidArgument  a needed header is missing or stands twice
Status SignAcs3(const Acs3Credentials& credentials,
                std::string_view body_sha256, WallTime now, RequestHead* head);

}  // namespace writ

#endif  // WRIT_AUTH_ACS3_H_
