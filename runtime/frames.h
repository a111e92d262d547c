// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_FRAMES_H_
#define WRIT_RUNTIME_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/limits.h"
#include "base/status.h"

namespace writ {

// What node and init say to each other over one Unix stream: a header of 16
// bytes, then a payload of bounded length. Either side may be attacked through
// the other, so both read with the same bounds.
enum class FrameType : uint8_t {
  kReady = 1,   // init: the runtime takes requests
  kFailed = 2,  // init: it never will; payload FailedFrame
  kCall = 3,    // node: one request to the runtime; payload CallFrame
  kResult = 4,  // init: its answer, under the same id; payload ResultFrame
  kExited = 5,  // init: the runtime is gone; payload u32 wait status
};

struct FrameHeader {
  uint32_t payload_bytes = 0;
  uint8_t type = 0;
  uint8_t reserved[3] = {};
  uint64_t id = 0;
};
static_assert(sizeof(FrameHeader) == 16);

inline constexpr uint64_t kMaxFramePayloadBytes =
    kMaxInvokeBodyBytes + kMaxFrameOverheadBytes;

struct Frame {
  FrameType type = FrameType::kReady;
  uint64_t id = 0;
  std::string payload;
};

inline std::string EncodeFrame(FrameType type, uint64_t id,
                               std::string_view payload) {
  FrameHeader header;
  header.payload_bytes = static_cast<uint32_t>(payload.size());
  header.type = static_cast<uint8_t>(type);
  header.id = id;
  std::string out;
  out.reserve(sizeof(header) + payload.size());
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  out.append(payload);
  return out;
}

// Cuts a byte stream into frames.
class FrameReader {
 public:
  void Append(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole frame, or nothing yet.
  //
  // Errors  kDataLoss  an unknown type, a reserved bit or a length over the
  //                    bound; the stream is of no further use
  Result<std::optional<Frame>> Next() {
    FrameHeader header;
    if (buffer_.size() - start_ < sizeof(header)) return Nothing();
    std::memcpy(&header, buffer_.data() + start_, sizeof(header));
    if (header.type < 1 || header.type > 5 || header.reserved[0] != 0 ||
        header.reserved[1] != 0 || header.reserved[2] != 0 ||
        header.payload_bytes > kMaxFramePayloadBytes) {
      return DataLoss("malformed frame");
    }
    if (buffer_.size() - start_ - sizeof(header) < header.payload_bytes) {
      return Nothing();
    }
    Frame frame;
    frame.type = static_cast<FrameType>(header.type);
    frame.id = header.id;
    frame.payload =
        buffer_.substr(start_ + sizeof(header), header.payload_bytes);
    start_ += sizeof(header) + header.payload_bytes;
    if (start_ == buffer_.size() || start_ > (uint64_t{1} << 20)) {
      buffer_.erase(0, start_);
      buffer_.shrink_to_fit();
      start_ = 0;
    }
    return std::optional<Frame>(std::move(frame));
  }

 private:
  static Result<std::optional<Frame>> Nothing() {
    return std::optional<Frame>();
  }
  std::string buffer_;
  size_t start_ = 0;
};

struct FailedFrame {
  std::string code;  // CAFileNotFound, CAFilePermission, CAExited, …
  std::string message;

  std::string Encode() const {
    ByteWriter writer;
    writer.PutBytes(code);
    writer.PutBytes(message);
    return writer.Take();
  }
  static Result<FailedFrame> Decode(std::string_view payload) {
    ByteReader reader(payload);
    FailedFrame frame;
    frame.code = reader.GetBytes();
    frame.message = reader.GetBytes();
    WRIT_RETURN_IF_ERROR(reader.Finish("failed frame"));
    return frame;
  }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// One HTTP request for the runtime: POST, to `path`.
struct CallFrame {
  std::string path;  // "/invoke" or "/initialize"
  HeaderList headers;
  std::string_view body;  // borrowed from the payload or the caller

  std::string Encode() const {
    ByteWriter writer;
    writer.PutBytes(path);
    writer.Put(static_cast<uint32_t>(headers.size()));
    for (const auto& [name, value] : headers) {
      writer.PutBytes(name);
      writer.PutBytes(value);
    }
    writer.PutBytes(body);
    return writer.Take();
  }
  static Result<CallFrame> Decode(std::string_view payload) {
    ByteReader reader(payload);
    CallFrame frame;
    frame.path = reader.GetBytes();
    const uint32_t count = reader.Get<uint32_t>();
    if (count > 64) return DataLoss("call frame with too many headers");
    for (uint32_t i = 0; i < count; ++i) {
      std::string name(reader.GetBytes());
      std::string value(reader.GetBytes());
      frame.headers.emplace_back(std::move(name), std::move(value));
    }
    frame.body = reader.GetBytes();
    WRIT_RETURN_IF_ERROR(reader.Finish("call frame"));
    return frame;
  }
};

enum class CallOutcome : uint8_t {
  kAnswered = 0,     // status and body hold the answer
  kBadResponse = 1,  // not HTTP, or over the size bound
  kClosed = 2,       // the runtime closed the connection without an answer
};

struct ResultFrame {
  CallOutcome outcome = CallOutcome::kClosed;
  uint32_t http_status = 0;
  bool function_error = false;  // status not 2xx, or x-fc-status: 404
  std::string_view body;        // borrowed from the payload or the caller

  std::string Encode() const {
    ByteWriter writer;
    writer.Put(static_cast<uint8_t>(outcome));
    writer.Put(http_status);
    writer.Put(static_cast<uint8_t>(function_error ? 1 : 0));
    writer.PutBytes(body);
    return writer.Take();
  }
  static Result<ResultFrame> Decode(std::string_view payload) {
    ByteReader reader(payload);
    ResultFrame frame;
    const uint8_t outcome = reader.Get<uint8_t>();
    frame.http_status = reader.Get<uint32_t>();
    frame.function_error = reader.Get<uint8_t>() != 0;
    frame.body = reader.GetBytes();
    WRIT_RETURN_IF_ERROR(reader.Finish("result frame"));
    if (outcome > 2) return DataLoss("result frame with an unknown outcome");
    frame.outcome = static_cast<CallOutcome>(outcome);
    return frame;
  }
};

// How init starts the runtime process: written by the node into a sealed
// memfd, handed on unread by the jail.
struct StartSpec {
  uint32_t port = 9000;
  uint32_t ready_seconds = 120;
  std::vector<std::string> arguments;    // [0] is the program
  std::vector<std::string> environment;  // NAME=value

  std::string Encode() const {
    ByteWriter writer;
    writer.Put(port);
    writer.Put(ready_seconds);
    for (const auto* list : {&arguments, &environment}) {
      writer.Put(static_cast<uint32_t>(list->size()));
      for (const std::string& item : *list) writer.PutBytes(item);
    }
    return writer.Take();
  }
  static Result<StartSpec> Decode(std::string_view bytes) {
    ByteReader reader(bytes);
    StartSpec spec;
    spec.port = reader.Get<uint32_t>();
    spec.ready_seconds = reader.Get<uint32_t>();
    for (auto* list : {&spec.arguments, &spec.environment}) {
      const uint32_t count = reader.Get<uint32_t>();
      if (count > 4096) return DataLoss("start specification is too long");
      for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        list->emplace_back(reader.GetBytes());
      }
    }
    WRIT_RETURN_IF_ERROR(reader.Finish("start specification"));
    if (spec.arguments.empty() || spec.port == 0 || spec.port > 65535) {
      return DataLoss("start specification names no program or port");
    }
    return spec;
  }
};

}  // namespace writ

#endif  // WRIT_RUNTIME_FRAMES_H_
