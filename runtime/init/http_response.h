// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_INIT_HTTP_RESPONSE_H_
#define WRIT_RUNTIME_INIT_HTTP_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "runtime/frames.h"

namespace writ {

// Reads one HTTP/1.1 answer that comes in pieces from a runtime that nobody
// trusts. Strict: what two readers could understand differently is refused
// (both Content-Length and chunked, two lengths, folded headers, bare LF).
class HttpResponseReader {
 public:
  enum class State : uint8_t {
    kStatusLine,
    kHeaders,
    kBodyCounted,
    kBodyUntilClose,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kDone,
    kBroken,
  };

  explicit HttpResponseReader(uint64_t max_body_bytes = kMaxInvokeBodyBytes)
      : max_body_bytes_(max_body_bytes) {}

  // Takes bytes. Bytes after the end of the answer break it: nobody asked for
  // a second one.
  void Feed(std::string_view bytes);
  // The peer has closed.
  void Close();

  bool done() const { return state_ == State::kDone; }
  bool broken() const { return state_ == State::kBroken; }
  // Nothing of an answer has come yet.
  bool untouched() const {
    return state_ == State::kStatusLine && buffer_.empty();
  }

  uint32_t status() const { return status_; }
  std::string_view body() const { return body_; }
  // The function says that it failed: status not 2xx, or x-fc-status: 404.
  bool function_error() const {
    return status_ < 200 || status_ > 299 || reported_failure_;
  }
  bool keep_alive() const { return keep_alive_; }

 private:
  void Step();
  bool TakeLine(std::string_view* line);
  void StatusLine(std::string_view line);
  void Header(std::string_view line);
  void EndOfHeaders();
  void ChunkSize(std::string_view line);
  void Break() { state_ = State::kBroken; }
  void AppendBody(std::string_view bytes);

  const uint64_t max_body_bytes_;
  State state_ = State::kStatusLine;
  std::string buffer_;  // bytes not understood yet
  size_t start_ = 0;
  size_t head_bytes_ = 0;
  uint32_t status_ = 0;
  bool chunked_ = false;
  bool has_length_ = false;
  uint64_t length_ = 0;  // bytes of the body or chunk still to come
  bool keep_alive_ = true;
  bool reported_failure_ = false;
  std::string body_;
};

// The text of one request.
//
// headers  names and values are checked: a line break in one is a bug
std::string FormatHttpRequest(const CallFrame& call, uint32_t port);

}  // namespace writ

#endif  // WRIT_RUNTIME_INIT_HTTP_RESPONSE_H_
