// SPDX-License-Identifier: Apache-2.0
#include "store/keyring.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "store/memory_kv.h"
#include "tests/unit/store/scratch_directory.h"

namespace writ {
namespace {

class KeyringTest : public testing::Test {
 protected:
  std::unique_ptr<FileKeyProvider> Provider(const std::string& name) {
    auto provider = FileKeyProvider::Open(scratch_.OpenBelow(name).get(), true);
    EXPECT_TRUE(provider.ok()) << provider.status().ToString();
    return std::move(provider).value();
  }
  std::string KeyFile() const {
    return scratch_.Below("keys/key_encryption_key");
  }
  StatusCode OpenCode() const {
    return FileKeyProvider::Open(scratch_.OpenBelow("keys").get(), false)
        .status()
        .code();
  }

  const ScratchDirectory scratch_;
  FakeClock clock_;
};

TEST_F(KeyringTest, KeyFileIsMadeOnceForItsOwnerOnly) {
  EXPECT_EQ(OpenCode(), StatusCode::kNotFound);
  const auto first = Provider("keys");
  struct stat info = {};
  ASSERT_EQ(::stat(KeyFile().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const auto second = Provider("keys");
  const SecretBytes key = SecretBytes::CopyOf("0123456789abcdef");
  const auto opened = second->Unwrap(first->Wrap(key, "p"), "p");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->text(), key.text());
  EXPECT_FALSE(second->Unwrap(first->Wrap(key, "p"), "q").ok());
}

TEST_F(KeyringTest, KeyFileOpenToOthersIsRefused) {
  Provider("keys");
  for (const mode_t mode : {0640, 0604, 0620, 0601, 0644}) {
    ASSERT_EQ(::chmod(KeyFile().c_str(), mode), 0);
    EXPECT_EQ(OpenCode(), StatusCode::kPermissionDenied) << mode;
  }
  ASSERT_EQ(::chmod(KeyFile().c_str(), 0400), 0);
  EXPECT_EQ(OpenCode(), StatusCode::kOk);
}

TEST_F(KeyringTest, KeyFileThatIsNoneIsRefusedAndKept) {
  Provider("keys");
  const std::string whole = scratch_.Files()["keys/key_encryption_key"];
  for (const std::string& bytes :
       {std::string(), whole.substr(0, whole.size() - 1), whole + "x",
        "Writ" + whole.substr(4)}) {
    scratch_.Write("keys/key_encryption_key", bytes);
    EXPECT_EQ(OpenCode(), StatusCode::kDataLoss);
    EXPECT_EQ(FileKeyProvider::Open(scratch_.OpenBelow("keys").get(), true)
                  .status()
                  .code(),
              StatusCode::kDataLoss);
    EXPECT_EQ(scratch_.Files()["keys/key_encryption_key"], bytes);
  }
  std::filesystem::remove(KeyFile());
  std::filesystem::create_symlink("/dev/zero", KeyFile());
  EXPECT_EQ(OpenCode(), StatusCode::kPermissionDenied);
}

TEST_F(KeyringTest, EachAccountHasItsOwnLastingKey) {
  const auto kv = MakeMemoryKv();
  const auto provider = Provider("keys");
  std::string alice, bob, platform, name;
  {
    auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
    ASSERT_TRUE(keyring.ok());
    alice = (*keyring)->DataKey("alice")->text();
    bob = (*keyring)->DataKey("bob")->text();
    platform = (*keyring)->DataKey(kPlatformAccount)->text();
    name = (*keyring)->BlindName(Table::kUser, "alice", "n");
    EXPECT_EQ((*keyring)->DataKey("alice")->text(), alice);
  }
  EXPECT_NE(alice, bob);
  EXPECT_NE(alice, platform);
  auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
  ASSERT_TRUE(keyring.ok());
  EXPECT_EQ((*keyring)->DataKey("alice")->text(), alice);
  EXPECT_EQ((*keyring)->BlindName(Table::kUser, "alice", "n"), name);
  clock_.Advance(std::chrono::seconds(700));
  (*keyring)->WipeExpired();
  EXPECT_EQ((*keyring)->DataKey("alice")->text(), alice);
}

TEST_F(KeyringTest, BlindNamesDependOnEveryPart) {
  const auto kv = MakeMemoryKv();
  const auto provider = Provider("keys");
  auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
  ASSERT_TRUE(keyring.ok());
  const std::string name = (*keyring)->BlindName(Table::kUser, "ab", "c");
  EXPECT_EQ(name.size(), 32u);
  EXPECT_NE(name, (*keyring)->BlindName(Table::kPolicy, "ab", "c"));
  EXPECT_NE(name, (*keyring)->BlindName(Table::kUser, "a", "bc"));
  EXPECT_NE(name, (*keyring)->BlindName(Table::kUser, "ab", "d"));
}

TEST_F(KeyringTest, PurposeKeysDifferAndLast) {
  const auto kv = MakeMemoryKv();
  const auto provider = Provider("keys");
  auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
  ASSERT_TRUE(keyring.ok());
  const std::string one((*keyring)->PurposeKey("one")->text());
  EXPECT_NE(one, (*keyring)->PurposeKey("two")->text());
  EXPECT_NE(one, (*keyring)->DataKey(kPlatformAccount)->text());
  EXPECT_EQ(one, (*keyring)->PurposeKey("one")->text());
}

TEST_F(KeyringTest, AnotherKeyEncryptionKeyIsRefused) {
  const auto kv = MakeMemoryKv();
  const auto right = Provider("keys");
  const auto wrong = Provider("others");
  ASSERT_TRUE(Keyring::Open(kv.get(), right.get(), &clock_).ok());
  const auto opened = Keyring::Open(kv.get(), wrong.get(), &clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kDataLoss);
}

// Wrapped keys are bound to their account: one cannot stand in for another.
TEST_F(KeyringTest, SwappedWrappedKeysAreRefused) {
  const auto kv = MakeMemoryKv();
  const auto provider = Provider("keys");
  {
    auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
    ASSERT_TRUE((*keyring)->DataKey("alice").ok());
    ASSERT_TRUE((*keyring)->DataKey("bob").ok());
  }
  const auto keys = kv->Scan("kd", "", 10, KvOrder::kForward);
  ASSERT_EQ(keys->size(), 2u);
  KvBatch swap;
  swap.Put((*keys)[0].key, (*keys)[1].value);
  swap.Put((*keys)[1].key, (*keys)[0].value);
  ASSERT_TRUE(kv->Write(swap).ok());
  auto keyring = Keyring::Open(kv.get(), provider.get(), &clock_);
  ASSERT_TRUE(keyring.ok());
  EXPECT_EQ((*keyring)->DataKey("alice").status().code(),
            StatusCode::kDataLoss);
}

}  // namespace
}  // namespace writ
