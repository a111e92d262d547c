// SPDX-License-Identifier: Apache-2.0
#include "store/artifact.h"

#include <filesystem>
#include <string>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "store/memory_kv.h"
#include "tests/unit/store/open_store.h"

namespace writ {
namespace {

std::string Pattern(size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  for (size_t i = 0; i < size_bytes; ++i) {
    bytes[i] = static_cast<char>(i * 31 + i / 251);
  }
  return bytes;
}

class ArtifactTest : public testing::Test {
 protected:
  ArtifactTest() : store_(MakeMemoryKv(), scratch_, &clock_) {}

  ArtifactSummary Put(std::string_view bytes,
                      const std::string& account = kAlice) {
    const auto summary =
        store_.artifacts->Put(PermitForTest::Make(account), bytes);
    EXPECT_TRUE(summary.ok()) << summary.status().ToString();
    return summary.ok() ? *summary : ArtifactSummary{};
  }
  StatusCode ReadCode(const std::string& account, const std::string& digest) {
    return store_.artifacts->ReadWhole(account, digest).status().code();
  }
  std::map<std::string, std::string> Packages() const {
    std::map<std::string, std::string> packages;
    for (const auto& [name, bytes] : scratch_.Files()) {
      if (name.starts_with("artifacts/")) packages[name] = bytes;
    }
    return packages;
  }

  const ScratchDirectory scratch_;
  const FakeClock clock_;
  OpenStore store_;
};

TEST_F(ArtifactTest, ReadsBackEverySizeAroundAChunk) {
  const size_t chunk = kArtifactChunkBytes;
  for (const size_t size : {size_t{0}, size_t{1}, chunk - 1, chunk, chunk + 1,
                            2 * chunk, 2 * chunk + 7}) {
    const std::string bytes = Pattern(size);
    const ArtifactSummary summary = Put(bytes);
    EXPECT_EQ(summary.sha256_hex, Sha256Hex(bytes));
    EXPECT_EQ(summary.size_bytes, size);
    const auto whole = store_.artifacts->ReadWhole(kAlice, summary.sha256_hex);
    ASSERT_TRUE(whole.ok()) << size;
    EXPECT_TRUE(whole->text() == bytes) << size;
    const auto reader = store_.artifacts->OpenRead(kAlice, summary.sha256_hex);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ((*reader)->summary().crc64, summary.crc64);
    EXPECT_EQ((*reader)->summary().size_bytes, size);
  }
}

TEST_F(ArtifactTest, ReportsTheChecksumThatClientsCompute) {
  EXPECT_EQ(Put("123456789").crc64, 11051210869376104954u);
}

TEST_F(ArtifactTest, PiecesOfAnySizeGiveTheSamePackage) {
  const std::string bytes = Pattern(kArtifactChunkBytes + 5000);
  const auto writer = store_.artifacts->Begin(PermitForTest::Make(kAlice));
  ASSERT_TRUE(writer.ok());
  for (size_t at = 0; at < bytes.size(); at += 7777) {
    ASSERT_TRUE(
        (*writer)->Append(std::string_view(bytes).substr(at, 7777)).ok());
  }
  const auto summary = (*writer)->Finish();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->sha256_hex, Sha256Hex(bytes));
  EXPECT_TRUE(
      store_.artifacts->ReadWhole(kAlice, summary->sha256_hex)->text() ==
      bytes);
}

TEST_F(ArtifactTest, SamePackageTwiceIsStoredOnce) {
  Put("a package");
  Put("a package");
  EXPECT_EQ(Packages().size(), 1u);
}

TEST_F(ArtifactTest, AccountsShareNothing) {
  const ArtifactSummary summary = Put("a package");
  EXPECT_EQ(ReadCode(kBob, summary.sha256_hex), StatusCode::kNotFound);
  EXPECT_FALSE(store_.artifacts->Contains(kBob, summary.sha256_hex));
  Put("a package", kBob);
  EXPECT_EQ(Packages().size(), 2u);
  ASSERT_TRUE(
      store_.artifacts->Delete(PermitForTest::Make(kBob), summary.sha256_hex)
          .ok());
  EXPECT_TRUE(store_.artifacts->Contains(kAlice, summary.sha256_hex));
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kOk);
}

TEST_F(ArtifactTest, DeletedPackageIsGoneButOpenReadersGoOn) {
  const ArtifactSummary summary = Put("a package");
  const auto reader = store_.artifacts->OpenRead(kAlice, summary.sha256_hex);
  const Permit permit = PermitForTest::Make(kAlice);
  ASSERT_TRUE(store_.artifacts->Delete(permit, summary.sha256_hex).ok());
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kNotFound);
  EXPECT_EQ((*reader)->Read()->text(), "a package");
  EXPECT_TRUE((*reader)->Read()->empty());
  EXPECT_TRUE(store_.artifacts->Delete(permit, summary.sha256_hex).ok());
  EXPECT_TRUE(Packages().empty());
}

TEST_F(ArtifactTest, UnfinishedPackageLeavesNothing) {
  {
    const auto writer = store_.artifacts->Begin(PermitForTest::Make(kAlice));
    ASSERT_TRUE((*writer)->Append("half").ok());
    EXPECT_EQ(Packages().size(), 1u);
  }
  EXPECT_TRUE(Packages().empty());
  scratch_.Write("artifacts/.new-left-by-a-crash", "x");
  ASSERT_TRUE(
      ArtifactStore::Open(scratch_.OpenBelow("artifacts"), store_.keyring.get())
          .ok());
  EXPECT_TRUE(Packages().empty());
}

TEST_F(ArtifactTest, TooLargePackageIsRefused) {
  const auto writer = store_.artifacts->Begin(PermitForTest::Make(kAlice));
  const std::string megabyte(1 << 20, 'x');
  for (size_t i = 0; i < kMaxArtifactBytes / megabyte.size(); ++i) {
    ASSERT_TRUE((*writer)->Append(megabyte).ok());
  }
  EXPECT_EQ((*writer)->Append("x").code(), StatusCode::kInvalidArgument);
}

TEST_F(ArtifactTest, DigestsThatAreNoneAreNotFound) {
  for (const char* digest : {"", "..", "../../keys/key_encryption_key"}) {
    EXPECT_EQ(ReadCode(kAlice, digest), StatusCode::kNotFound);
    EXPECT_FALSE(store_.artifacts->Contains(kAlice, digest));
  }
}

TEST_F(ArtifactTest, EveryFlippedByteAndTruncationIsRefused) {
  const ArtifactSummary summary = Put("a small package");
  const auto packages = Packages();
  const auto& [name, bytes] = *packages.begin();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ 0x20);
    scratch_.Write(name, altered);
    ASSERT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kDataLoss) << i;
    scratch_.Write(name, bytes.substr(0, i));
    ASSERT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kDataLoss) << i;
  }
  scratch_.Write(name, bytes + "x");
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kDataLoss);
  // The same package again heals the file.
  Put("a small package");
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kOk);
}

TEST_F(ArtifactTest, MovedAndExchangedChunksAreRefused) {
  const size_t chunk = kArtifactChunkBytes;
  const ArtifactSummary summary = Put(std::string(3 * chunk, 'x'));
  const auto packages = Packages();
  const auto& [name, bytes] = *packages.begin();
  const size_t sealed = chunk + 28;
  const size_t head = bytes.size() - 3 * sealed;
  std::string swapped = bytes;
  swapped.replace(head, sealed, bytes, head + sealed, sealed);
  swapped.replace(head + sealed, sealed, bytes, head, sealed);
  scratch_.Write(name, swapped);
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kDataLoss);
  scratch_.Write(name, bytes.substr(0, bytes.size() - sealed));
  EXPECT_EQ(ReadCode(kAlice, summary.sha256_hex), StatusCode::kDataLoss);
}

TEST_F(ArtifactTest, FileUnderAnothersNameIsRefused) {
  const ArtifactSummary one = Put("package one");
  const std::string name_of_one = Packages().begin()->first;
  const ArtifactSummary two = Put("package two");
  std::string bytes_of_two;
  for (const auto& [name, bytes] : Packages()) {
    if (name != name_of_one) bytes_of_two = bytes;
  }
  scratch_.Write(name_of_one, bytes_of_two);
  EXPECT_EQ(ReadCode(kAlice, one.sha256_hex), StatusCode::kDataLoss);
  EXPECT_EQ(ReadCode(kAlice, two.sha256_hex), StatusCode::kOk);
}

}  // namespace
}  // namespace writ
