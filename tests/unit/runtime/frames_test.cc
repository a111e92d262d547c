// SPDX-License-Identifier: Apache-2.0
#include "runtime/frames.h"

#include "gtest/gtest.h"
#include "runtime/output_tail.h"

namespace writ {
namespace {

TEST(FrameReader, CutsFramesWhateverThePieces) {
  const std::string stream = EncodeFrame(FrameType::kReady, 0, "") +
                             EncodeFrame(FrameType::kResult, 7, "payload") +
                             EncodeFrame(FrameType::kExited, 9, "x");
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (size_t at = 0; at < stream.size(); at += piece) {
      reader.Append(std::string_view(stream).substr(at, piece));
      while (true) {
        Result<std::optional<Frame>> frame = reader.Next();
        ASSERT_TRUE(frame.ok());
        if (!frame->has_value()) break;
        frames.push_back(std::move(**frame));
      }
    }
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(frames[1].type, FrameType::kResult);
    EXPECT_EQ(frames[1].id, 7u);
    EXPECT_EQ(frames[1].payload, "payload");
  }
}

TEST(FrameReader, RefusesWhatNoPeerWouldSend) {
  FrameHeader header;
  header.type = 1;
  const auto refuses = [](const FrameHeader& bad) {
    FrameReader reader;
    reader.Append({reinterpret_cast<const char*>(&bad), sizeof(bad)});
    return !reader.Next().ok();
  };
  EXPECT_FALSE(refuses(header));
  FrameHeader bad = header;
  bad.type = 0;
  EXPECT_TRUE(refuses(bad));
  bad = header;
  bad.type = 6;
  EXPECT_TRUE(refuses(bad));
  bad = header;
  bad.reserved[2] = 1;
  EXPECT_TRUE(refuses(bad));
  bad = header;
  bad.payload_bytes = static_cast<uint32_t>(kMaxFramePayloadBytes) + 1;
  EXPECT_TRUE(refuses(bad));
}

TEST(Frames, PayloadsComeBackAndTruncationIsSeen) {
  CallFrame call;
  call.path = "/invoke";
  call.headers = {{"a", "b"}, {"c", ""}};
  call.body = "body";
  StartSpec spec;
  spec.arguments = {"/bin/true", "x"};
  spec.environment = {"A=b"};
  ResultFrame result;
  result.outcome = CallOutcome::kAnswered;
  result.body = "r";
  const std::string encoded = call.Encode();
  const Result<CallFrame> decoded = CallFrame::Decode(encoded);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->headers, call.headers);
  EXPECT_EQ(decoded->body, "body");
  const Result<StartSpec> start = StartSpec::Decode(spec.Encode());
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->arguments, spec.arguments);
  for (const std::string& whole : {encoded, spec.Encode(), result.Encode(),
                                   FailedFrame{"c", "m"}.Encode()}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string_view part = std::string_view(whole).substr(0, size);
      EXPECT_FALSE(whole == encoded && CallFrame::Decode(part).ok());
      EXPECT_FALSE(whole == spec.Encode() && StartSpec::Decode(part).ok());
      EXPECT_FALSE(whole == result.Encode() && ResultFrame::Decode(part).ok());
    }
  }
}

TEST(OutputTail, KeepsTheEndOfAFlood) {
  OutputTail tail;
  for (int i = 0; i < 1000; ++i) tail.Append(std::string(1000, 'x'));
  tail.Append("the end");
  EXPECT_EQ(tail.position(), 1000007u);
  const std::string text = tail.Request(0, "1");
  EXPECT_EQ(text.size(), kLogTailBytes);
  EXPECT_TRUE(text.ends_with("the end"));
}

TEST(OutputTail, CutsAtTheLinesOfTheRequest) {
  OutputTail tail;
  tail.Append("before\n");
  const uint64_t begin = tail.position();
  tail.Append(
      "late\nFC Invoke Start RequestId: 1\nmine\n"
      "FC Invoke End RequestId: 1, Error: x\nafter\n");
  EXPECT_EQ(tail.Request(begin, "1"),
            "FC Invoke Start RequestId: 1\nmine\n"
            "FC Invoke End RequestId: 1, Error: x\n");
  // A runtime that writes no such lines: everything since the call began.
  EXPECT_TRUE(tail.Request(begin, "2").starts_with("late\n"));
}

}  // namespace
}  // namespace writ
