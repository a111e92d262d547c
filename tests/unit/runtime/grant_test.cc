// SPDX-License-Identifier: Apache-2.0
#include "runtime/grant.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

constexpr std::string_view kNode = "node-1";

class GrantTest : public ::testing::Test {
 protected:
  GrantTest() : verifier_(std::string(kNode), epoch_, &clock_) {
    verifier_.SetKey(7, key_.Clone());
  }

  Grant MakeGrant() const {
    Grant grant;
    grant.request_id = "1-0000";
    grant.account = "1234567890123456";
    grant.function_arn = "acs:fc:cn-local-1:1234567890123456:functions/f";
    grant.function_name = "f";
    grant.qualifier = "LATEST";
    grant.function_revision = 3;
    grant.code_digest = Sha256("code");
    grant.principal_arn = "acs:ram::1234567890123456:user/alice";
    grant.decision_id = "d-1";
    grant.snapshot_revision = 9;
    grant.log_tail = true;
    grant.body_digest = Sha256("event");
    grant.node_id = kNode;
    grant.boot_epoch = epoch_;
    grant.key_id = 7;
    grant.minted_ns = clock_.Now().time_since_epoch().count();
    grant.expires_ns = grant.minted_ns + 5'000'000'000;
    return grant;
  }

  StatusCode Code(const Grant& grant) {
    return verifier_.Accept(MintGrant(grant, key_), Sha256("event"))
        .status()
        .code();
  }

  FakeClock clock_;
  BootEpoch epoch_ = {std::byte{1}, std::byte{2}};
  SecretBytes key_ = RandomSecret(32);
  GrantVerifier verifier_;
};

TEST_F(GrantTest, EveryMemberArrivesAsMinted) {
  const Grant sent = MakeGrant();
  const Result<Grant> got =
      verifier_.Accept(MintGrant(sent, key_), Sha256("event"));
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const Grant& grant = got.value();
  EXPECT_EQ(grant.request_id, sent.request_id);
  EXPECT_EQ(grant.account, sent.account);
  EXPECT_EQ(grant.function_arn, sent.function_arn);
  EXPECT_EQ(grant.function_name, sent.function_name);
  EXPECT_EQ(grant.qualifier, sent.qualifier);
  EXPECT_EQ(grant.function_revision, sent.function_revision);
  EXPECT_EQ(grant.code_digest, sent.code_digest);
  EXPECT_EQ(grant.principal_arn, sent.principal_arn);
  EXPECT_EQ(grant.decision_id, sent.decision_id);
  EXPECT_EQ(grant.snapshot_revision, sent.snapshot_revision);
  EXPECT_EQ(grant.log_tail, sent.log_tail);
  EXPECT_EQ(grant.body_digest, sent.body_digest);
  EXPECT_EQ(grant.minted_ns, sent.minted_ns);
  EXPECT_EQ(grant.expires_ns, sent.expires_ns);
}

TEST_F(GrantTest, NothingIsAcceptedBeforeRegistration) {
  GrantVerifier fresh(std::string(kNode), epoch_, &clock_);
  EXPECT_EQ(fresh.Accept(MintGrant(MakeGrant(), key_), Sha256("event"))
                .status()
                .code(),
            StatusCode::kUnauthenticated);
}

TEST_F(GrantTest, ANodeProofIsNoGrantAndNeedsARegistration) {
  GrantVerifier fresh(std::string(kNode), epoch_, &clock_);
  EXPECT_EQ(fresh.ProveNode("/a?b"), "");
  EXPECT_EQ(verifier_.ProveNode("/a?b"), MakeNodeProof(kNode, 7, key_, "/a?b"));
  EXPECT_NE(verifier_.ProveNode("/a?b"), verifier_.ProveNode("/a?c"));
}

TEST_F(GrantTest, EveryAlteredByteIsRefused) {
  const std::string minted = MintGrant(MakeGrant(), key_);
  for (size_t i = 0; i < minted.size(); ++i) {
    std::string altered = minted;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_EQ(verifier_.Accept(altered, Sha256("event")).status().code(),
              StatusCode::kUnauthenticated)
        << "byte " << i;
  }
}

TEST_F(GrantTest, EveryTruncationIsRefused) {
  const std::string minted = MintGrant(MakeGrant(), key_);
  for (size_t size = 0; size < minted.size(); ++size) {
    EXPECT_EQ(verifier_.Accept(minted.substr(0, size), Sha256("event"))
                  .status()
                  .code(),
              StatusCode::kUnauthenticated)
        << size;
  }
}

TEST_F(GrantTest, AnotherKeyIsRefused) {
  EXPECT_EQ(
      verifier_
          .Accept(MintGrant(MakeGrant(), RandomSecret(32)), Sha256("event"))
          .status()
          .code(),
      StatusCode::kUnauthenticated);
}

TEST_F(GrantTest, AnOlderKeyIdIsRefused) {
  Grant grant = MakeGrant();
  grant.key_id = 6;
  EXPECT_EQ(Code(grant), StatusCode::kUnauthenticated);
}

TEST_F(GrantTest, AnotherNodeIsRefused) {
  Grant grant = MakeGrant();
  grant.node_id = "node-2";
  EXPECT_EQ(Code(grant), StatusCode::kPermissionDenied);
}

TEST_F(GrantTest, AnotherBootIsRefused) {
  Grant grant = MakeGrant();
  grant.boot_epoch[0] = std::byte{99};
  EXPECT_EQ(Code(grant), StatusCode::kPermissionDenied);
}

TEST_F(GrantTest, AnAsyncGrantIsRefusedOnThisChannel) {
  Grant grant = MakeGrant();
  grant.async = true;
  EXPECT_EQ(Code(grant), StatusCode::kPermissionDenied);
}

TEST_F(GrantTest, AnotherBodyIsRefused) {
  EXPECT_EQ(verifier_.Accept(MintGrant(MakeGrant(), key_), Sha256("other"))
                .status()
                .code(),
            StatusCode::kPermissionDenied);
}

TEST_F(GrantTest, AnExpiredGrantIsRefused) {
  const std::string minted = MintGrant(MakeGrant(), key_);
  clock_.Advance(std::chrono::seconds(5) + std::chrono::nanoseconds(1));
  EXPECT_EQ(verifier_.Accept(minted, Sha256("event")).status().code(),
            StatusCode::kDeadlineExceeded);
}

TEST_F(GrantTest, AGrantIsGoodUntilItsLastNanosecond) {
  const std::string minted = MintGrant(MakeGrant(), key_);
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_TRUE(verifier_.Accept(minted, Sha256("event")).ok());
}

TEST_F(GrantTest, AGrantFromTheFutureIsRefused) {
  Grant grant = MakeGrant();
  grant.minted_ns += 1;
  EXPECT_EQ(Code(grant), StatusCode::kDeadlineExceeded);
}

TEST_F(GrantTest, ALifeBeyondTheLimitIsRefused) {
  Grant grant = MakeGrant();
  grant.expires_ns += 1;
  EXPECT_EQ(Code(grant), StatusCode::kDeadlineExceeded);
}

TEST_F(GrantTest, AGrantIsGoodOnce) {
  const std::string minted = MintGrant(MakeGrant(), key_);
  ASSERT_TRUE(verifier_.Accept(minted, Sha256("event")).ok());
  EXPECT_EQ(verifier_.Accept(minted, Sha256("event")).status().code(),
            StatusCode::kAlreadyExists);
}

TEST_F(GrantTest, AFullReplaySetRefusesAndRecoversWhenGrantsExpire) {
  Grant grant = MakeGrant();
  for (uint64_t i = 0; i < kMaxReplayEntries; ++i) {
    grant.request_id = std::to_string(i);
    ASSERT_EQ(Code(grant), StatusCode::kOk);
  }
  grant.request_id = "one too many";
  EXPECT_EQ(Code(grant), StatusCode::kResourceExhausted);
  clock_.Advance(std::chrono::seconds(6));
  grant = MakeGrant();
  EXPECT_EQ(Code(grant), StatusCode::kOk);
}

std::string PublicKey(const SecretBytes& private_key) {
  const Result<X25519KeyPair> pair = X25519KeyPair::FromPrivateKey(private_key);
  return std::string(AsText(pair.value().public_key()));
}

TEST(DeriveGrantKey, BothSidesAgree) {
  const SecretBytes a = RandomSecret(32);
  const SecretBytes b = RandomSecret(32);
  const Result<SecretBytes> one = DeriveGrantKey(a, PublicKey(b), {}, 1);
  const Result<SecretBytes> two = DeriveGrantKey(b, PublicKey(a), {}, 1);
  ASSERT_TRUE(one.ok());
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(one.value().text(), two.value().text());
}

TEST(DeriveGrantKey, EpochAndKeyIdMakeOtherKeys) {
  const SecretBytes a = RandomSecret(32);
  const std::string peer = PublicKey(RandomSecret(32));
  const Result<SecretBytes> first = DeriveGrantKey(a, peer, {}, 1);
  const Result<SecretBytes> other_id = DeriveGrantKey(a, peer, {}, 2);
  const Result<SecretBytes> other_epoch =
      DeriveGrantKey(a, peer, {std::byte{1}}, 1);
  EXPECT_NE(first.value().text(), other_id.value().text());
  EXPECT_NE(first.value().text(), other_epoch.value().text());
}

TEST(DeriveGrantKey, WrongSizesAndLowOrderPointsAreRefused) {
  const SecretBytes a = RandomSecret(32);
  EXPECT_EQ(DeriveGrantKey(a, "short", {}, 1).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(DeriveGrantKey(a, std::string(32, '\0'), {}, 1).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace writ
