// SPDX-License-Identifier: Apache-2.0
#include "bundle/container.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "bundle/bundle.h"
#include "gtest/gtest.h"
#include "tests/unit/bundle/test_keys.h"

namespace writ {
namespace {

BundleManifest SomeManifest() {
  BundleManifest manifest;
  manifest.revision = 7;
  manifest.not_after = 1796083200;
  manifest.accounts = 1;
  manifest.principals = 2;
  manifest.policies = 3;
  manifest.statements = 4;
  return manifest;
}

std::string SomeBundle() {
  return MakeBundle(SomeManifest(), "the directory", "the program");
}

std::string Signed(std::string_view bytes, const Ed25519KeyPair& key) {
  const Result<std::string> bundle = SignBundle(bytes, key);
  EXPECT_TRUE(bundle.ok()) << bundle.status().ToString();
  return bundle.ok() ? *bundle : "";
}

Status Verify(std::string_view bytes,
              const std::vector<Ed25519PublicKey>& keys) {
  const Result<BundleParts> parts = ReadBundleParts(bytes);
  if (!parts.ok()) return parts.status();
  return VerifyBundleSignature(*parts, keys).status();
}

TEST(BundleContainer, GivesBackWhatItWasMadeOf) {
  const std::string bytes = SomeBundle();
  const Result<BundleParts> parts = ReadBundleParts(bytes);
  ASSERT_TRUE(parts.ok()) << parts.status().ToString();
  EXPECT_EQ(parts->directory, "the directory");
  EXPECT_EQ(parts->program, "the program");
  EXPECT_TRUE(parts->signatures.empty());
  const Result<BundleManifest> manifest = ReadManifest(parts->manifest);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  EXPECT_EQ(manifest->revision, 7u);
  EXPECT_EQ(manifest->not_after, 1796083200);
  EXPECT_EQ(manifest->directory_digest, Sha256("the directory"));
  EXPECT_EQ(manifest->program_digest, Sha256("the program"));
  EXPECT_EQ(manifest->directory_bytes, 13u);
  EXPECT_EQ(manifest->program_bytes, 11u);
  EXPECT_EQ(manifest->accounts, 1u);
  EXPECT_EQ(manifest->principals, 2u);
  EXPECT_EQ(manifest->policies, 3u);
  EXPECT_EQ(manifest->statements, 4u);
}

TEST(BundleContainer, KeepsManifestsThatNeverEnd) {
  BundleManifest manifest = SomeManifest();
  manifest.not_after.reset();
  const Result<BundleManifest> read = ReadManifest(WriteManifest(manifest));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->not_after, std::nullopt);
  manifest.not_after = -1;
  EXPECT_EQ(ReadManifest(WriteManifest(manifest))->not_after, -1);
}

TEST(BundleContainer, RefusesEveryTruncation) {
  const std::string bytes = Signed(SomeBundle(), TestKey(1));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ReadBundleParts(bytes.substr(0, size)).status().code(),
              StatusCode::kDataLoss)
        << size;
  }
  EXPECT_EQ(ReadBundleParts(bytes + '\0').status().code(),
            StatusCode::kDataLoss);
}

TEST(BundleContainer, RefusesEveryTruncatedManifest) {
  const std::string manifest = WriteManifest(SomeManifest());
  for (size_t size = 0; size < manifest.size(); ++size) {
    EXPECT_EQ(ReadManifest(manifest.substr(0, size)).status().code(),
              StatusCode::kDataLoss)
        << size;
  }
  EXPECT_EQ(ReadManifest(manifest + '\0').status().code(),
            StatusCode::kDataLoss);
}

TEST(BundleContainer, ShowsItsManifestFromItsBeginning) {
  const std::string bytes =
      MakeBundle(SomeManifest(), std::string(kBundleBeginningBytes, 'd'), "p");
  const std::string_view beginning =
      std::string_view(bytes).substr(0, kBundleBeginningBytes);
  const Result<BundleManifest> peeked = PeekManifest(beginning);
  ASSERT_TRUE(peeked.ok()) << peeked.status().ToString();
  EXPECT_EQ(peeked->revision, 7u);
  EXPECT_EQ(peeked->directory_bytes, kBundleBeginningBytes);
  const size_t end = 36 + WriteManifest(SomeManifest()).size();
  EXPECT_TRUE(PeekManifest(beginning.substr(0, end)).ok());
  for (size_t size = 0; size < end; ++size) {
    EXPECT_EQ(PeekManifest(beginning.substr(0, size)).status().code(),
              StatusCode::kDataLoss)
        << size;
  }
}

TEST(BundleContainer, RefusesOtherVersions) {
  std::string bytes = SomeBundle();
  bytes[8] = 2;
  EXPECT_EQ(ReadBundleParts(bytes).status().code(), StatusCode::kUnimplemented);
  std::string manifest = WriteManifest(SomeManifest());
  manifest[0] = 2;
  EXPECT_EQ(ReadManifest(manifest).status().code(), StatusCode::kUnimplemented);
}

TEST(BundleContainer, HasOneFormOfAManifest) {
  std::string manifest = WriteManifest(SomeManifest());
  constexpr size_t kHasNotAfter = 12;
  manifest[kHasNotAfter] = 0;  // with a time behind it
  EXPECT_EQ(ReadManifest(manifest).status().code(), StatusCode::kDataLoss);
  manifest[kHasNotAfter] = 2;
  EXPECT_EQ(ReadManifest(manifest).status().code(), StatusCode::kDataLoss);
}

TEST(BundleContainer, BoundsLengthsBeforeItBelievesThem) {
  // magic 8, version 4, then the lengths.
  for (const size_t at : {size_t{12}, size_t{16}, size_t{24}, size_t{32}}) {
    std::string bytes = SomeBundle();
    bytes[at + 3] = '\x7f';
    const Status status = ReadBundleParts(bytes).status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << at;
    EXPECT_NE(status.message().find("limit"), std::string_view::npos)
        << status.message();
  }
}

TEST(BundleSigning, AcceptsATrustedSignature) {
  const std::string bytes = Signed(SomeBundle(), TestKey(1));
  EXPECT_TRUE(Verify(bytes, {TestKey(1).public_key()}).ok());
  EXPECT_TRUE(
      Verify(bytes, {TestKey(2).public_key(), TestKey(1).public_key()}).ok());
}

TEST(BundleSigning, RefusesEverythingElse) {
  const std::string bytes = Signed(SomeBundle(), TestKey(1));
  EXPECT_EQ(Verify(bytes, {TestKey(2).public_key()}).code(),
            StatusCode::kUnauthenticated);
  EXPECT_EQ(Verify(bytes, {}).code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Verify(SomeBundle(), {TestKey(1).public_key()}).code(),
            StatusCode::kUnauthenticated);
}

TEST(BundleSigning, RefusesASignatureOfTheBareManifest) {
  const Ed25519KeyPair key = TestKey(1);
  const std::string bytes = Signed(SomeBundle(), key);
  Result<BundleParts> parts = ReadBundleParts(bytes);
  ASSERT_TRUE(parts.ok());
  parts->signatures[0].signature = key.Sign(parts->manifest);
  EXPECT_EQ(Verify(WriteBundleParts(*parts), {key.public_key()}).code(),
            StatusCode::kUnauthenticated);
}

TEST(BundleSigning, IsIndependentOfTheOrderOfSigners) {
  std::string forward = SomeBundle();
  std::string backward = SomeBundle();
  for (char key = 1; key <= 4; ++key) {
    forward = Signed(forward, TestKey(key));
    backward = Signed(backward, TestKey(static_cast<char>(5 - key)));
  }
  EXPECT_EQ(forward, backward);
  EXPECT_EQ(ReadBundleParts(forward)->signatures.size(), 4u);
}

TEST(BundleSigning, ReplacesTheSignatureOfTheSameKey) {
  const std::string once = Signed(SomeBundle(), TestKey(1));
  EXPECT_EQ(Signed(once, TestKey(1)), once);
}

TEST(BundleSigning, StopsAtTheLimit) {
  std::string bytes = SomeBundle();
  for (uint32_t i = 0; i < kMaxBundleSignatures; ++i) {
    bytes = Signed(bytes, TestKey(static_cast<char>(i)));
  }
  EXPECT_EQ(SignBundle(bytes, TestKey(100)).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_TRUE(SignBundle(bytes, TestKey(0)).ok());
}

TEST(BundleSigning, LetsAKeyBeReplaced) {
  // Both sign while readers that trust one or the other are about.
  const std::string bytes =
      Signed(Signed(SomeBundle(), TestKey(1)), TestKey(2));
  EXPECT_TRUE(Verify(bytes, {TestKey(1).public_key()}).ok());
  EXPECT_TRUE(Verify(bytes, {TestKey(2).public_key()}).ok());
  EXPECT_FALSE(Verify(bytes, {TestKey(3).public_key()}).ok());
}

TEST(BundleSigning, RefusesWhatNobodyCouldRead) {
  BundleParts parts;
  parts.manifest = "no manifest";
  EXPECT_FALSE(SignBundle(WriteBundleParts(parts), TestKey(1)).ok());
}

TEST(BundleSigning, NamesASignerByItsKeysDigest) {
  const Ed25519PublicKey key = TestKey(1).public_key();
  const std::string bytes = Signed(SomeBundle(), TestKey(1));
  EXPECT_EQ(BundleKeyId(key).size(), 16u);
  EXPECT_EQ(*VerifyBundleSignature(*ReadBundleParts(bytes), {{key}}),
            BundleKeyId(key));
}

}  // namespace
}  // namespace writ
