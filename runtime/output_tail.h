// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_OUTPUT_TAIL_H_
#define WRIT_RUNTIME_OUTPUT_TAIL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace writ {

// The last bytes that an instance wrote, and where in the stream they stand:
// however much comes, this much is kept. Not thread-safe.
class OutputTail {
 public:
  void Append(std::string_view bytes) {
    total_ += bytes.size();
    if (bytes.size() > kKeptBytes)
      bytes = bytes.substr(bytes.size() - kKeptBytes);
    if (kept_.size() + bytes.size() > 2 * kKeptBytes) {
      kept_.erase(0, kept_.size() + bytes.size() - kKeptBytes);
    }
    kept_.append(bytes);
  }

  // Position of the next byte.
  uint64_t position() const { return total_; }

  // What was written since `begin`, at most the last kLogTailBytes of it; from
  // the line "FC Invoke Start RequestId: <id>" to the one that ends the
  // request, where the runtime wrote these lines and they are still kept.
  std::string Request(uint64_t begin, std::string_view request_id) const {
    const uint64_t first = total_ - kept_.size();
    std::string_view text = kept_;
    if (begin > first) {
      text.remove_prefix(static_cast<size_t>(begin - first));
    }
    const std::string start =
        "FC Invoke Start RequestId: " + std::string(request_id);
    const std::string end =
        "FC Invoke End RequestId: " + std::string(request_id);
    if (const size_t at = text.rfind(start); at != std::string_view::npos) {
      text.remove_prefix(at);
    }
    if (const size_t at = text.find(end); at != std::string_view::npos) {
      const size_t line_end = text.find('\n', at);
      if (line_end != std::string_view::npos)
        text = text.substr(0, line_end + 1);
    }
    if (text.size() > kLogTailBytes) {
      text.remove_prefix(text.size() - kLogTailBytes);
    }
    return std::string(text);
  }

 private:
  // More than is ever handed out, so that the line that ends a request is
  // found behind what background threads wrote since.
  static constexpr size_t kKeptBytes = 4 * kLogTailBytes;
  std::string kept_;
  uint64_t total_ = 0;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_OUTPUT_TAIL_H_
