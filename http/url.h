// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_URL_H_
#define WRIT_HTTP_URL_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace writ {

// The parts of `https://host[:port]/path?query`, as they stand in it.
struct HttpUrl {
  bool tls = true;
  std::string host;    // a name or an address, an IPv6 one without brackets
  std::string port;    // "443" and "80" when the URL names none
  std::string target;  // path and query; "/" when there is neither

  // Without the query, which may be a secret: for logs and messages.
  std::string Shown() const;
};

// Errors  kInvalidArgument  neither http nor https, no host, a user or a
//                           password, a fragment, a character that no URL holds
Result<HttpUrl> ParseHttpUrl(std::string_view url);

}  // namespace writ

#endif  // WRIT_HTTP_URL_H_
