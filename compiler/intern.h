// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_INTERN_H_
#define WRIT_COMPILER_INTERN_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/format.h"
#include "base/hash.h"

// Tables that hold equal things once and number them in the order in which they
// come, so that what is written does not depend on how they are found.
namespace writ {

// Finds numbers by the hash of what they stand for, which others hold. Not
// thread-safe.
//
// The seed is where the table happens to lie: nobody can write policies whose
// texts all meet in one place, and no answer depends on it.
class InternIndex {
 public:
  InternIndex() : slots_(kFirstSlots, Slot{0, kNoIndex}) {}
  InternIndex(const InternIndex&) = delete;
  InternIndex& operator=(const InternIndex&) = delete;

  // The number n of `key` for which `equals(n)`; the next one, which is then
  // taken, if there is none.
  template <typename Equals>
  uint32_t Number(std::string_view key, Equals equals) {
    const uint64_t hash = HashBytes(key, reinterpret_cast<uintptr_t>(this));
    const auto tag = static_cast<uint32_t>(hash >> 32);
    size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].number != kNoIndex; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag == tag && equals(slots_[at].number)) {
        return slots_[at].number;
      }
    }
    slots_[at] = {tag, count_};
    hashes_.push_back(hash);
    if (2 * ++count_ > slots_.size()) Grow();
    return count_ - 1;
  }

  uint32_t count() const { return count_; }

 private:
  static constexpr size_t kFirstSlots = 16;  // a power of two, as all are

  struct Slot {
    uint32_t tag;  // the upper half of the hash
    uint32_t number;
  };

  void Grow() {
    slots_.assign(slots_.size() * 4, Slot{0, kNoIndex});
    for (uint32_t number = 0; number < count_; ++number) {
      const uint64_t hash = hashes_[number];
      size_t at = hash & (slots_.size() - 1);
      while (slots_[at].number != kNoIndex) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {static_cast<uint32_t>(hash >> 32), number};
    }
  }

  std::vector<Slot> slots_;
  std::vector<uint64_t> hashes_;  // by number
  uint32_t count_ = 0;
};

// Pieces of one run of bytes, each once, in the order of their first use. The
// empty piece has number 0 and lies at 0.
class BytePool {
 public:
  BytePool() { refs_.push_back({0, 0}); }

  // `bytes` must not be of this pool.
  uint32_t Add(std::string_view bytes) {
    if (bytes.empty()) return 0;
    const uint32_t number = 1 + index_.Number(bytes, [&](uint32_t n) {
      return Get(refs_[n + 1]) == bytes;
    });
    if (number == refs_.size()) {
      refs_.push_back({static_cast<uint32_t>(bytes_.size()),
                       static_cast<uint32_t>(bytes.size())});
      bytes_ += bytes;
    }
    return number;
  }

  TextRef ref(uint32_t number) const { return refs_[number]; }
  const std::string& bytes() const { return bytes_; }
  std::string TakeBytes() { return std::move(bytes_); }

 private:
  std::string_view Get(TextRef ref) const {
    return std::string_view(bytes_).substr(ref.offset, ref.size_bytes);
  }

  InternIndex index_;
  std::vector<TextRef> refs_;  // by number
  std::string bytes_;
};

}  // namespace writ

#endif  // WRIT_COMPILER_INTERN_H_
