// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_HTTP_NAMES_H_
#define WRIT_SIDECAR_HTTP_NAMES_H_

#include <string>
#include <string_view>

#include "base/status.h"

// The parts of an HTTP request as names in a decision. Names compare byte by
// byte, so each may have one spelling only: what has another one is refused,
// never rewritten, since nobody knows what the service behind would make of it
// (docs/canonical_names.md).
namespace writ {

// The path of a request target: what stands before the query. Borrowed.
//
// Errors  kInvalidArgument  not a path, longer than 8192 bytes, or a path with
//                           a second spelling; says which rule
Result<std::string_view> CanonicalPath(std::string_view target);

// A Host header or authority: without its port, in lower case.
//
// Errors  kInvalidArgument  no DNS name or IP address
Result<std::string> CanonicalHost(std::string_view host);

// Errors  kInvalidArgument  other characters than A-Z and -, or none, or more
//                           than 32
Status CheckMethod(std::string_view method);

}  // namespace writ

#endif  // WRIT_SIDECAR_HTTP_NAMES_H_
