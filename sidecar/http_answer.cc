// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http_answer.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace writ {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kServiceUnavailable = 503;

HttpResponse Answer(int http_status, std::string_view type, std::string body) {
  HttpResponse response;
  response.status = http_status;
  response.headers = {{"content-type", std::string(type)},
                      {"cache-control", "no-store"}};
  if (http_status == kUnauthorized) {
    response.headers.push_back({"www-authenticate", "Bearer realm=\"writ\""});
  }
  if (http_status == kServiceUnavailable) {
    response.headers.push_back({"retry-after", "1"});
  }
  response.body = std::move(body);
  return response;
}

}  // namespace

HttpResponse JsonAnswer(int http_status, std::string json) {
  return Answer(http_status, "application/json", std::move(json));
}

HttpResponse TextAnswer(int http_status, std::string text) {
  return Answer(http_status, "text/plain; charset=utf-8", std::move(text));
}

HttpResponse ErrorAnswer(int http_status, std::string_view message) {
  nlohmann::ordered_json body;
  body["error"]["status"] = http_status;
  body["error"]["message"] = message;
  return JsonAnswer(
      http_status, body.dump(-1, ' ', false,
                             nlohmann::ordered_json::error_handler_t::replace));
}

int HttpStatusOf(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
    case StatusCode::kResourceExhausted:
      return 400;
    case StatusCode::kUnauthenticated:
      return kUnauthorized;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kFailedPrecondition:
      return 412;
    case StatusCode::kUnavailable:
      return kServiceUnavailable;
    default:
      return 500;
  }
}

HttpResponse RefusalAnswer(const Status& status) {
  const int http_status = HttpStatusOf(status.code());
  return ErrorAnswer(http_status, http_status == 500 ? "the sidecar failed"
                                                     : status.message());
}

}  // namespace writ
