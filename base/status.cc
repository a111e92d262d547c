// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <system_error>

namespace writ {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
#define STATUS_CODE(number, Name, text) \
  case StatusCode::k##Name:             \
    return text;
#include "base/status_codes.def"
#undef STATUS_CODE
  }
  return "unknown";
}

Status::Status(StatusCode code, std::string_view message)
    : rep_(std::make_shared<const Rep>(Rep{code, std::string(message)})) {
  WRIT_CHECK(code != StatusCode::kOk);
}

StatusCode Status::code() const {
  return rep_ == nullptr ? StatusCode::kOk : rep_->code;
}

std::string_view Status::message() const {
  return rep_ == nullptr ? std::string_view() : rep_->message;
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  std::string text(StatusCodeName(rep_->code));
  text += ": ";
  text += rep_->message;
  return text;
}

#define WRIT_STATUS_FACTORY_(Function, Code)  \
  Status Function(std::string_view message) { \
    return Status(StatusCode::Code, message); \
  }
WRIT_STATUS_FACTORY_(InvalidArgument, kInvalidArgument)
WRIT_STATUS_FACTORY_(NotFound, kNotFound)
WRIT_STATUS_FACTORY_(AlreadyExists, kAlreadyExists)
WRIT_STATUS_FACTORY_(PermissionDenied, kPermissionDenied)
WRIT_STATUS_FACTORY_(ResourceExhausted, kResourceExhausted)
WRIT_STATUS_FACTORY_(FailedPrecondition, kFailedPrecondition)
WRIT_STATUS_FACTORY_(Aborted, kAborted)
WRIT_STATUS_FACTORY_(Unimplemented, kUnimplemented)
WRIT_STATUS_FACTORY_(InternalError, kInternal)
WRIT_STATUS_FACTORY_(Unavailable, kUnavailable)
WRIT_STATUS_FACTORY_(DataLoss, kDataLoss)
WRIT_STATUS_FACTORY_(DeadlineExceeded, kDeadlineExceeded)
WRIT_STATUS_FACTORY_(Unauthenticated, kUnauthenticated)
#undef WRIT_STATUS_FACTORY_

Status ErrnoStatus(std::string_view what, int error_number) {
  std::string text = "cannot ";
  text += what;
  text += ": ";
  text += std::generic_category().message(error_number);
  StatusCode code = StatusCode::kInternal;
  if (error_number == ENOENT) code = StatusCode::kNotFound;
  if (error_number == EEXIST) code = StatusCode::kAlreadyExists;
  if (error_number == EACCES || error_number == EPERM) {
    code = StatusCode::kPermissionDenied;
  }
  if (error_number == ENOSPC || error_number == EMFILE ||
      error_number == ENOMEM) {
    code = StatusCode::kResourceExhausted;
  }
  return Status(code, text);
}

}  // namespace writ
