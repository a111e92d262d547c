// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_ERROR_FORM_H_
#define WRIT_HTTP_ERROR_FORM_H_

#include <functional>
#include <string_view>

#include "auth/request_head.h"
#include "base/clock.h"

namespace writ {

// Makes the answer to what no handler was asked about: a malformed head, a body
// that is too large, a handler that failed.
//
// status   of HTTP
// code     "InvalidArgument", "RequestHeaderFieldsTooLarge", "EntityTooLarge",
//          "InternalServerError"
// message  a sentence; nothing of it comes from the request
using HttpErrorForm = std::function<HttpResponse(
    int status, std::string_view code, std::string_view message)>;

// JSON {Code, Message, RequestId} and the request id's header fields, as the
// FC API answers (P20).
//
// clock  for request ids; outlives the form
HttpErrorForm FcErrorForm(const Clock* clock);

}  // namespace writ

#endif  // WRIT_HTTP_ERROR_FORM_H_
