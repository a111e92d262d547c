// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_CODING_H_
#define WRIT_BASE_CODING_H_

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace writ {

static_assert(std::endian::native == std::endian::little,
              "images are read in place: little-endian hosts only");

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Appends little-endian integers and length-prefixed bytes to a string.
class ByteWriter {
 public:
  template <std::unsigned_integral T>
  void Put(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out_.append(raw, sizeof(T));
  }
  void PutRaw(std::string_view bytes) { out_.append(bytes); }
  // u32 length, then the bytes; at most 4 GiB - 1.
  void PutBytes(std::string_view bytes) {
    WRIT_CHECK(bytes.size() <= UINT32_MAX);
    Put(static_cast<uint32_t>(bytes.size()));
    PutRaw(bytes);
  }
  const std::string& data() const { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what ByteWriter wrote; never past the end. After a failed read every
// later read fails too, so a caller may check once at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T Get() {
    T value = 0;
    if (rest_.size() < sizeof(T)) {
      Fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  // Borrowed from the input; empty on failure.
  std::string_view GetRaw(size_t size_bytes) {
    if (rest_.size() < size_bytes) {
      Fail();
      return {};
    }
    std::string_view bytes = rest_.substr(0, size_bytes);
    rest_.remove_prefix(size_bytes);
    return bytes;
  }
  std::string_view GetBytes() {
    const uint32_t size_bytes = Get<uint32_t>();
    return GetRaw(size_bytes);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  // kDataLoss unless every read succeeded and nothing is left.
  Status Finish(std::string_view what) const {
    if (ok_ && rest_.empty()) return OkStatus();
    return DataLoss(std::string(what) + " is truncated or has extra bytes");
  }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace writ

#endif  // WRIT_BASE_CODING_H_
