// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string_view>

#include "base/limits.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Limits, EachHasAValueAUnitAndAReasonAndStandsOnce) {
  std::set<std::string_view> names;
  for (const LimitInfo& limit : kLimits) {
    EXPECT_TRUE(names.insert(limit.name).second) << limit.name;
    EXPECT_GT(limit.value, 0u) << limit.name;
    EXPECT_FALSE(limit.unit.empty()) << limit.name;
    EXPECT_FALSE(limit.why.empty()) << limit.name;
  }
}

// Promises to users: a change here is a change of the product.
TEST(Limits, PromisesAreKept) {
  EXPECT_EQ(kMaxPlaintextSeconds, 600u);
  EXPECT_EQ(kTemporaryUrlSeconds, 600u);
  EXPECT_EQ(kSignatureWindowSeconds, 900u);
  EXPECT_LE(kGrantSeconds, 5u);
}

}  // namespace
}  // namespace writ
