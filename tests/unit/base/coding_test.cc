// SPDX-License-Identifier: Apache-2.0
#include "base/coding.h"

#include <string>

#include "base/crc64.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Coding, ReadsBackWhatWasWritten) {
  ByteWriter writer;
  writer.Put(uint8_t{1});
  writer.Put(uint16_t{0x0203});
  writer.Put(uint64_t{0x0405060708090a0b});
  writer.PutBytes("text");
  writer.PutBytes("");
  writer.PutRaw("raw");
  EXPECT_EQ(writer.data().substr(0, 3), "\x01\x03\x02");
  ByteReader reader(writer.data());
  EXPECT_EQ(reader.Get<uint8_t>(), 1u);
  EXPECT_EQ(reader.Get<uint16_t>(), 0x0203u);
  EXPECT_EQ(reader.Get<uint64_t>(), 0x0405060708090a0bu);
  EXPECT_EQ(reader.GetBytes(), "text");
  EXPECT_EQ(reader.GetBytes(), "");
  EXPECT_EQ(reader.GetRaw(3), "raw");
  EXPECT_TRUE(reader.Finish("x").ok());
}

TEST(Coding, EveryTruncationFailsAndStaysFailed) {
  ByteWriter writer;
  writer.Put(uint32_t{7});
  writer.PutBytes("text");
  for (size_t size = 0; size < writer.data().size(); ++size) {
    ByteReader reader(std::string_view(writer.data()).substr(0, size));
    reader.Get<uint32_t>();
    reader.GetBytes();
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_EQ(reader.Get<uint8_t>(), 0u);
    EXPECT_EQ(reader.Finish("x").code(), StatusCode::kDataLoss);
  }
}

TEST(Coding, HugeLengthIsNoOverflow) {
  ByteWriter writer;
  writer.Put(uint32_t{UINT32_MAX});
  writer.PutRaw("abc");
  ByteReader reader(writer.data());
  EXPECT_EQ(reader.GetBytes(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Coding, BytesLeftOverAreRefused) {
  ByteReader reader("ab");
  reader.Get<uint8_t>();
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.Finish("x").code(), StatusCode::kDataLoss);
}

TEST(Crc64, IsTheChecksumThatClientsCompute) {
  EXPECT_EQ(Crc64("123456789"), 11051210869376104954u);
  EXPECT_EQ(Crc64(""), 0u);
}

TEST(Crc64, PiecesGiveTheChecksumOfTheWhole) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view view = text;
    EXPECT_EQ(Crc64(view.substr(cut), Crc64(view.substr(0, cut))), Crc64(text))
        << cut;
  }
}

}  // namespace
}  // namespace writ
