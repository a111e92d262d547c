// SPDX-License-Identifier: Apache-2.0
#include "http/request_id.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "crypto/random.h"

namespace writ {

std::string NewFcRequestId(WallTime now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch())
          .count();
  char prefix[16];
  std::snprintf(prefix, sizeof prefix, "1-%08x-",
                static_cast<uint32_t>(seconds));
  return prefix + RandomHex(4) + "-" + RandomHex(6);
}

std::string NewRpcRequestId() {
  std::string digits = RandomText("0123456789ABCDEF", 32);
  digits[12] = '4';                      // version: random
  digits[16] = "89AB"[RandomU64() % 4];  // variant of RFC 4122
  for (const size_t at : {8u, 13u, 18u, 23u}) digits.insert(at, 1, '-');
  return digits;
}

std::string NewRequestId(const RequestHead& head, WallTime now) {
  return head.raw_path == "/" ? NewRpcRequestId() : NewFcRequestId(now);
}

void SetRequestId(std::string_view request_id, HttpResponse* response) {
  std::erase_if(response->headers, [](const HeaderField& field) {
    return field.name == "x-fc-request-id" || field.name == "x-acs-request-id";
  });
  response->headers.push_back({"x-fc-request-id", std::string(request_id)});
  response->headers.push_back({"x-acs-request-id", std::string(request_id)});
}

}  // namespace writ
