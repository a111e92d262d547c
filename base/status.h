// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_STATUS_H_
#define WRIT_BASE_STATUS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace writ {

enum class StatusCode : uint8_t {
#define STATUS_CODE(number, Name, text) k##Name = number,
#include "base/status_codes.def"
#undef STATUS_CODE
};

// Returns the lower-case name of `code`, for example "not found".
std::string_view StatusCodeName(StatusCode code);

// The outcome of an operation on the outside world: I/O, formats, limits,
// cryptography. Never used for findings in a policy (Diagnostic) nor for the
// outcome of a decision (Decision).
//
// One word; a null pointer is success. Copies share the message. Safe to copy
// and read from several threads.
class [[nodiscard]] Status {
 public:
  // Success.
  Status() = default;

  // A failure.
  //
  // code     must not be kOk
  // message  lower case, no final period, names the thing in `backticks`;
  //          never holds a secret
  Status(StatusCode code, std::string_view message);

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const;
  // Borrowed; lives as long as any copy of this status. Empty when ok.
  std::string_view message() const;

  // "not found: no user `alice`", or "ok".
  std::string ToString() const;

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

inline Status OkStatus() { return Status(); }
Status InvalidArgument(std::string_view message);
Status NotFound(std::string_view message);
Status AlreadyExists(std::string_view message);
Status PermissionDenied(std::string_view message);
Status ResourceExhausted(std::string_view message);
Status FailedPrecondition(std::string_view message);
Status Aborted(std::string_view message);
Status Unimplemented(std::string_view message);
Status InternalError(std::string_view message);
Status Unavailable(std::string_view message);
Status DataLoss(std::string_view message);
Status DeadlineExceeded(std::string_view message);
Status Unauthenticated(std::string_view message);

// Returns a status for the current or given errno value: "cannot `what`: text".
Status ErrnoStatus(std::string_view what, int error_number);

// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` must read well
  Result(T value) : rep_(std::in_place_index<1>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return status;` likewise
  Result(Status status) : rep_(std::in_place_index<0>, std::move(status)) {
    WRIT_CHECK(!std::get<0>(rep_).ok());
  }

  bool ok() const { return rep_.index() == 1; }
  Status status() const { return ok() ? Status() : std::get<0>(rep_); }

  // The value; must be ok().
  T& value() & {
    WRIT_CHECK(ok());
    return std::get<1>(rep_);
  }
  const T& value() const& {
    WRIT_CHECK(ok());
    return std::get<1>(rep_);
  }
  T&& value() && {
    WRIT_CHECK(ok());
    return std::get<1>(std::move(rep_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<Status, T> rep_;
};

#define WRIT_CONCAT_INNER_(a, b) a##b
#define WRIT_CONCAT_(a, b) WRIT_CONCAT_INNER_(a, b)

// Returns from the enclosing function when `expr` is a failed Status.
#define WRIT_RETURN_IF_ERROR(expr)                                  \
  do {                                                              \
    if (::writ::Status writ_status_ = (expr); !writ_status_.ok()) { \
      return writ_status_;                                          \
    }                                                               \
  } while (false)

// WRIT_ASSIGN_OR_RETURN(auto x, F()) returns F's failure or declares x.
#define WRIT_ASSIGN_OR_RETURN(lhs, expr) \
  WRIT_ASSIGN_OR_RETURN_INNER_(WRIT_CONCAT_(writ_result_, __LINE__), lhs, expr)
#define WRIT_ASSIGN_OR_RETURN_INNER_(result, lhs, expr) \
  auto result = (expr);                                 \
  if (!result.ok()) return result.status();             \
  lhs = std::move(result).value()

}  // namespace writ

#endif  // WRIT_BASE_STATUS_H_
