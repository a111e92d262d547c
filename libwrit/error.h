// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LIBWRIT_ERROR_H_
#define WRIT_LIBWRIT_ERROR_H_

#include "base/status.h"
#include "libwrit/writ.h"

namespace writ {

// Writes `status` into `error`, if there is one; the message is cut between
// characters to fit.
void SetError(const Status& status, writ_error* error);

}  // namespace writ

#endif  // WRIT_LIBWRIT_ERROR_H_
