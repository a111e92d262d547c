// SPDX-License-Identifier: Apache-2.0
// What Bundle::Open lets through.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "authz/request.h"
#include "bundle/bundle.h"
#include "bundle/container.h"
#include "gtest/gtest.h"
#include "tests/unit/bundle/small_bundle.h"
#include "tests/unit/bundle/test_keys.h"

namespace writ {
namespace {

constexpr int64_t kNotAfter = 1796083200;  // 2026-12-01T00:00:00Z

WallTime At(int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

std::string Signed(std::string_view bytes, char key) {
  Result<std::string> bundle = SignBundle(bytes, TestKey(key));
  WRIT_CHECK(bundle.ok());
  return std::move(bundle).value();
}

BundleTrust TrustIn(char key, uint64_t min_revision = 0) {
  return {{TestKey(key).public_key()}, min_revision};
}

bool Allows(const Snapshot& snapshot, std::string_view action) {
  Request request;
  request.principal.name = kSmallUser;
  request.action = action;
  request.resources = {&kSmallObject, 1};
  return snapshot.Decide(request).allowed();
}

TEST(BundleOpen, DecidesWithWhatIsInIt) {
  const auto bundle =
      Bundle::Open(Signed(SmallBundle(7), 1), TrustIn(1), At(0));
  ASSERT_TRUE(bundle.ok()) << bundle.status().ToString();
  EXPECT_EQ((*bundle)->revision(), 7u);
  EXPECT_EQ((*bundle)->snapshot().revision(), 7u);
  EXPECT_EQ((*bundle)->manifest().principals, 1u);
  EXPECT_TRUE(Allows((*bundle)->snapshot(), "oss:GetObject"));
  EXPECT_FALSE(Allows((*bundle)->snapshot(), "oss:PutObject"));
}

TEST(BundleOpen, IsNamedByItsContentNotByItsSigners) {
  const auto plain = Bundle::OpenUnverified(SmallBundle(7));
  const auto signed_one = Bundle::OpenUnverified(Signed(SmallBundle(7), 1));
  const auto other = Bundle::OpenUnverified(SmallBundle(8));
  ASSERT_TRUE(plain.ok() && signed_one.ok() && other.ok());
  EXPECT_EQ((*plain)->digest(), (*signed_one)->digest());
  EXPECT_NE((*plain)->digest(), (*other)->digest());
}

TEST(BundleOpen, RefusesWithoutATrustedSignature) {
  const auto code = [](std::string_view bytes, const BundleTrust& trust) {
    return Bundle::Open(bytes, trust, At(0)).status().code();
  };
  EXPECT_EQ(code(SmallBundle(7), TrustIn(1)), StatusCode::kUnauthenticated);
  EXPECT_EQ(code(Signed(SmallBundle(7), 2), TrustIn(1)),
            StatusCode::kUnauthenticated);
  EXPECT_EQ(code(Signed(SmallBundle(7), 1), {}), StatusCode::kUnauthenticated);
}

TEST(BundleOpen, ReadsNoManifestBeforeItsSignature) {
  const std::string bytes = SmallBundle(7);
  Result<BundleParts> parts = ReadBundleParts(bytes);
  ASSERT_TRUE(parts.ok());
  parts->manifest = "of another version";
  EXPECT_EQ(
      Bundle::Open(WriteBundleParts(*parts), TrustIn(1), At(0)).status().code(),
      StatusCode::kUnauthenticated);
}

TEST(BundleOpen, TakesEitherKeyWhileOneIsReplaced) {
  const std::string both = Signed(Signed(SmallBundle(7), 1), 2);
  EXPECT_TRUE(Bundle::Open(both, TrustIn(1), At(0)).ok());
  EXPECT_TRUE(Bundle::Open(both, TrustIn(2), At(0)).ok());
  const BundleTrust two = {{TestKey(1).public_key(), TestKey(2).public_key()},
                           0};
  EXPECT_TRUE(Bundle::Open(Signed(SmallBundle(7), 1), two, At(0)).ok());
  EXPECT_TRUE(Bundle::Open(Signed(SmallBundle(7), 2), two, At(0)).ok());
}

TEST(BundleOpen, RefusesOlderRevisionsThanPinned) {
  const std::string bytes = Signed(SmallBundle(7), 1);
  EXPECT_TRUE(Bundle::Open(bytes, TrustIn(1, 7), At(0)).ok());
  const Status status = Bundle::Open(bytes, TrustIn(1, 8), At(0)).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "the bundle has revision 7; the oldest that may be served is 8");
}

TEST(BundleOpen, RefusesWhatIsPastItsTime) {
  const std::string bytes = Signed(SmallBundle(7, kNotAfter), 1);
  const auto open = [&](WallTime now) {
    return Bundle::Open(bytes, TrustIn(1), now);
  };
  EXPECT_TRUE(open(At(kNotAfter)).ok());
  const Status status = open(At(kNotAfter + 1)).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "the bundle of revision 7 was good until 2026-12-01T00:00:00Z");
  const auto bundle = open(At(0));
  ASSERT_TRUE(bundle.ok());
  EXPECT_FALSE((*bundle)->ExpiredAt(At(kNotAfter)));
  EXPECT_TRUE((*bundle)->ExpiredAt(At(kNotAfter + 1)));
}

TEST(BundleOpen, BearsAnyTime) {
  for (const int64_t seconds : {INT64_MIN, int64_t{-1}, INT64_MAX}) {
    const std::string bytes = Signed(SmallBundle(7, seconds), 1);
    EXPECT_EQ(Bundle::Open(bytes, TrustIn(1), At(0)).ok(), seconds > 0);
    EXPECT_EQ(Bundle::Open(bytes, TrustIn(1), WallTime::max()).ok(),
              seconds == INT64_MAX);
  }
}

TEST(BundleOpen, RefusesEveryTruncation) {
  const std::string bytes = Signed(SmallBundle(7), 1);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Bundle::Open(bytes.substr(0, size), TrustIn(1), At(0)).ok())
        << size;
  }
}

TEST(BundleOpen, RefusesAFlippedBitInAnyByte) {
  std::string bytes = Signed(SmallBundle(7), 1);
  ASSERT_TRUE(Bundle::Open(bytes, TrustIn(1), At(0)).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char before = bytes[i];
    bytes[i] = static_cast<char>(before ^ (1 << i % 8));
    EXPECT_FALSE(Bundle::Open(bytes, TrustIn(1), At(0)).ok()) << i;
    bytes[i] = before;
  }
}

TEST(BundleOpen, BearsDamageToASignatureThatIsNotNeeded) {
  std::string bytes = Signed(Signed(SmallBundle(7), 1), 2);
  // Signatures ascend by key id and stand at the end.
  const bool first_is_1 = BundleKeyId(TestKey(1).public_key()) <
                          BundleKeyId(TestKey(2).public_key());
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(Bundle::Open(bytes, TrustIn(1), At(0)).ok(), first_is_1);
  EXPECT_EQ(Bundle::Open(bytes, TrustIn(2), At(0)).ok(), !first_is_1);
}

TEST(BundleOpen, RefusesImagesOfAnotherBundle) {
  const std::string one = Signed(SmallBundle(7), 1);
  Result<BundleParts> parts = ReadBundleParts(one);
  ASSERT_TRUE(parts.ok());
  const std::string swapped(parts->program);
  parts->program = parts->directory;
  EXPECT_EQ(
      Bundle::Open(WriteBundleParts(*parts), TrustIn(1), At(0)).status().code(),
      StatusCode::kDataLoss);
  parts->directory = swapped;
  EXPECT_EQ(
      Bundle::Open(WriteBundleParts(*parts), TrustIn(1), At(0)).status().code(),
      StatusCode::kDataLoss);
}

TEST(BundleOpen, RefusesImagesThatAreSignedAndWrong) {
  const std::string bytes = Signed(MakeBundle({}, "no", "images"), 1);
  EXPECT_FALSE(Bundle::Open(bytes, TrustIn(1), At(0)).ok());
  EXPECT_FALSE(Bundle::OpenUnverified(bytes).ok());
}

TEST(BundleOpen, SameContentSameBytes) {
  EXPECT_EQ(Signed(SmallBundle(7), 1), Signed(SmallBundle(7), 1));
}

}  // namespace
}  // namespace writ
