// SPDX-License-Identifier: Apache-2.0
#include "http/error_form.h"

#include <string>

#include "auth/error_response.h"
#include "http/request_id.h"

namespace writ {

HttpErrorForm FcErrorForm(const Clock* clock) {
  return [clock](int status, std::string_view code, std::string_view message) {
    const std::string id = NewFcRequestId(clock->Now());
    HttpResponse response = ErrorResponse(status, code, message, id);
    SetRequestId(id, &response);
    return response;
  };
}

}  // namespace writ
