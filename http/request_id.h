// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_REQUEST_ID_H_
#define WRIT_HTTP_REQUEST_ID_H_

#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "base/clock.h"

namespace writ {

// "1-xxxxxxxx-xxxxxxxx-xxxxxxxxxxxx": the seconds of `now` and 80 random bits,
// as the FC API names its requests (fc-api.md 3.1).
std::string NewFcRequestId(WallTime now);

// An upper-case random UUID, as the RPC APIs name theirs.
std::string NewRpcRequestId();

// The one that a client of this request expects: RPC calls go to "/".
std::string NewRequestId(const RequestHead& head, WallTime now);

// Names the request in the answer, under both products' header names.
void SetRequestId(std::string_view request_id, HttpResponse* response);

}  // namespace writ

#endif  // WRIT_HTTP_REQUEST_ID_H_
