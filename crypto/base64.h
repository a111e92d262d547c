// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_BASE64_H_
#define WRIT_CRYPTO_BASE64_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace writ {

// Standard alphabet with padding (RFC 4648 part 4), no line breaks.
std::string Base64Encode(std::string_view bytes);

// Reads exactly what Base64Encode writes: padding is required, its spare bits
// must be zero, and white space is refused, so that a text has one reading.
//
// Errors   kInvalidArgument  anything else; the message never quotes the text
// Cost     linear, one allocation
Result<std::string> Base64Decode(std::string_view text);

}  // namespace writ

#endif  // WRIT_CRYPTO_BASE64_H_
