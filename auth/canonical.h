// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_CANONICAL_H_
#define WRIT_AUTH_CANONICAL_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/request_head.h"
#include "base/status.h"

namespace writ {

// RFC 3986: every byte but A-Z a-z 0-9 - . _ ~ becomes %XX, upper case.
std::string PercentEncode(std::string_view text);

// Undoes percent-encoding; with `plus_is_space`, '+' is a space.
//
// Errors   kInvalidArgument  '%' without two hexadecimal digits
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);

struct QueryParameter {
  std::string name;
  std::string value;  // empty for "name" and "name="
};

// The decoded parameters of a raw query, in the order sent; empty pieces
// ("a&&b") are skipped. Names may repeat: a reader of parameters refuses that.
//
// Errors   kInvalidArgument  bad percent-encoding
Result<std::vector<QueryParameter>> ParseQuery(std::string_view raw_query);

// The path as ACS3 signs it: as sent, then '+' -> %20, '*' -> %2A, %7E -> '~';
// "/" when empty. Never decoded.
std::string CanonicalPath(std::string_view raw_path);

// The query as ACS3 signs it: decoded, sorted by name (byte order; equal names
// stay as sent), encoded again, "name=" for an empty value.
Result<std::string> CanonicalQuery(std::string_view raw_query);

// The text of an ACS3 request that is hashed and signed.
//
// signed_headers  lower case, sorted, without repeats
// payload_hash    lower-case hexadecimal SHA-256 of the body
// Errors   kInvalidArgument  a signed header is absent or stands twice; bad
//                            percent-encoding. Never quotes the request (P50).
// Source   the ACS3-HMAC-SHA256 recipe that the clients follow
Result<std::string> CanonicalRequest(
    const RequestHead& head, std::span<const std::string> signed_headers,
    std::string_view payload_hash);

}  // namespace writ

#endif  // WRIT_AUTH_CANONICAL_H_
