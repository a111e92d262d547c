// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cerrno>
#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Status, IsOkOrHasCodeAndMessage) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().code(), StatusCode::kOk);
  EXPECT_EQ(Status().ToString(), "ok");
  const Status status = NotFound("no user `alice`");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.ToString(), "not found: no user `alice`");
}

TEST(Status, EveryCodeHasAName) {
#define STATUS_CODE(number, Name, text) \
  EXPECT_EQ(StatusCodeName(StatusCode::k##Name), text);
#include "base/status_codes.def"
#undef STATUS_CODE
}

TEST(Status, ErrnoBecomesTheMostSpecificCode) {
  EXPECT_EQ(ErrnoStatus("open `f`", ENOENT).code(), StatusCode::kNotFound);
  EXPECT_EQ(ErrnoStatus("open `f`", EACCES).code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrnoStatus("open `f`", ENOSPC).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrnoStatus("open `f`", EIO).code(), StatusCode::kInternal);
}

Result<int> Half(int value) {
  if (value % 2 != 0) return InvalidArgument("odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  WRIT_ASSIGN_OR_RETURN(const int half, Half(value));
  WRIT_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckHalf(int value) {
  WRIT_RETURN_IF_ERROR(Half(value).status());
  return OkStatus();
}

TEST(Result, MacrosHandTheFirstFailureOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
  EXPECT_TRUE(CheckHalf(2).ok());
  EXPECT_EQ(CheckHalf(3).code(), StatusCode::kInvalidArgument);
}

TEST(Result, CarriesValuesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

TEST(ResultDeathTest, ValueOfAFailureIsABug) {
  const Result<int> failed = NotFound("x");
  EXPECT_DEATH(static_cast<void>(failed.value()), "");
}

}  // namespace
}  // namespace writ
