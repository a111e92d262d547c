// SPDX-License-Identifier: Apache-2.0
#include "store/sealing.h"

#include <string>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

class SealingTest : public testing::Test {
 protected:
  SealingTest() : key_(RandomSecret(kAeadKeyBytes)) {}
  const SecretBytes key_;
  const RecordPlace place_{Table::kFunction, "1000000000000001", "rkey"};
};

TEST_F(SealingTest, OpensWhatItSealed) {
  for (const size_t size : {0u, 1u, 100u, 100000u}) {
    const std::string value(size, 'v');
    const auto record =
        OpenRecord(key_, place_, SealRecord(key_, place_, 42, value));
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->version, 42u);
    EXPECT_EQ(record->value.text(), value);
  }
}

TEST_F(SealingTest, RefusesEveryFlippedBit) {
  const std::string sealed = SealRecord(key_, place_, 42, "a value");
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string altered = sealed;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(OpenRecord(key_, place_, altered).ok()) << "bit " << bit;
  }
}

TEST_F(SealingTest, RefusesEveryTruncation) {
  const std::string sealed = SealRecord(key_, place_, 42, "a value");
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(OpenRecord(key_, place_, sealed.substr(0, size)).status().code(),
              StatusCode::kDataLoss)
        << size;
  }
}

TEST_F(SealingTest, RefusesARecordMovedElsewhere) {
  const std::string sealed = SealRecord(key_, place_, 42, "a value");
  const RecordPlace elsewhere[] = {
      {Table::kUser, "1000000000000001", "rkey"},
      {Table::kFunction, "1000000000000002", "rkey"},
      {Table::kFunction, "1000000000000001", "rkex"},
      // The same bytes, cut differently.
      {Table::kFunction, "1000000000000001r", "key"},
  };
  for (const RecordPlace& place : elsewhere) {
    EXPECT_EQ(OpenRecord(key_, place, sealed).status().code(),
              StatusCode::kDataLoss);
  }
  EXPECT_FALSE(OpenRecord(RandomSecret(kAeadKeyBytes), place_, sealed).ok());
}

TEST_F(SealingTest, RefusesAnotherVersionsNumberOnOldBytes) {
  std::string sealed = SealRecord(key_, place_, 42, "a value");
  const std::string newer = SealRecord(key_, place_, 43, "a value");
  sealed.replace(1, 8, newer.substr(1, 8));
  EXPECT_FALSE(OpenRecord(key_, place_, sealed).ok());
}

TEST_F(SealingTest, NamesALaterFormat) {
  std::string sealed = SealRecord(key_, place_, 42, "a value");
  sealed[0] = 2;
  EXPECT_EQ(OpenRecord(key_, place_, sealed).status().code(),
            StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace writ
