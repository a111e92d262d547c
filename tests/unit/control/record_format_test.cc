// SPDX-License-Identifier: Apache-2.0
#include "control/record_format.h"

#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

StoredFunction Sample() {
  StoredFunction record;
  record.id = "id";
  record.runtime = "python3.12";
  record.handler = "index.handler";
  record.cpu_hundredths = 125;
  record.command = {"a", "", "c"};
  record.kept = {{"tags", "[]"}};
  record.code_sha256_hex = std::string(64, 'a');
  record.code_crc64 = UINT64_MAX;
  record.environment["NAME"] = SecretBytes::CopyOf(std::string_view("value"));
  return record;
}

TEST(RecordFormat, FunctionsComeBackAsTheyWere) {
  const Result<StoredFunction> read =
      DecodeRecord<StoredFunction>(EncodeRecord(Sample()).text());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->runtime, "python3.12");
  EXPECT_EQ(read->cpu_hundredths, 125u);
  EXPECT_EQ(read->command, Sample().command);
  EXPECT_EQ(read->kept, Sample().kept);
  EXPECT_EQ(read->code_crc64, UINT64_MAX);
  EXPECT_EQ(read->environment.at("NAME").text(), "value");
}

TEST(RecordFormat, EveryTruncationIsRefused) {
  const SecretBytes whole = EncodeRecord(Sample());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(
        DecodeRecord<StoredFunction>(whole.text().substr(0, size)).ok())
        << size;
  }
  EXPECT_FALSE(
      DecodeRecord<StoredFunction>(std::string(whole.text()) + "x").ok());
}

TEST(RecordFormat, ALaterFormatIsRefused) {
  std::string bytes(EncodeRecord(StoredUser{}).text());
  bytes[0] = 9;
  EXPECT_EQ(DecodeRecord<StoredUser>(bytes).status().code(),
            StatusCode::kUnimplemented);
}

TEST(RecordFormat, AttachmentNamesAreReadBack) {
  std::string_view user;
  std::string_view policy;
  const std::string name = AttachmentName("alice", "p-1");
  ASSERT_TRUE(ParseAttachmentName(name, &user, &policy));
  EXPECT_EQ(user, "alice");
  EXPECT_EQ(policy, "p-1");
  EXPECT_FALSE(ParseAttachmentName("user/alice", &user, &policy));
  EXPECT_FALSE(ParseAttachmentName("group/a/b", &user, &policy));
}

}  // namespace
}  // namespace writ
