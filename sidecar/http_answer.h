// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_HTTP_ANSWER_H_
#define WRIT_SIDECAR_HTTP_ANSWER_H_

#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "base/status.h"

// The forms of what the HTTP doors answer.
namespace writ {

HttpResponse JsonAnswer(int http_status, std::string json);
HttpResponse TextAnswer(int http_status, std::string text);

// {"error":{"status":…,"message":…}}
HttpResponse ErrorAnswer(int http_status, std::string_view message);

// What became of a question that got no decision: 400, 401, 403, 409, 412, 503
// or, for what is nobody's fault but ours, 500.
int HttpStatusOf(StatusCode code);
HttpResponse RefusalAnswer(const Status& status);

}  // namespace writ

#endif  // WRIT_SIDECAR_HTTP_ANSWER_H_
