// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_LOG_QUEUE_H_
#define WRIT_SIDECAR_DECISION_LOG_QUEUE_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace writ {

// Records that follow one another in memory.
class RecordChunk {
 public:
  explicit RecordChunk(size_t capacity)
      : bytes_(std::make_unique_for_overwrite<char[]>(capacity)),
        capacity_(capacity) {}

  size_t room() const { return capacity_ - used_; }
  size_t capacity() const { return capacity_; }
  uint32_t records() const { return records_; }
  std::string_view bytes() const { return {bytes_.get(), used_}; }
  // Room for one more record of `size` bytes.
  char* Extend(size_t size) {
    char* const at = bytes_.get() + used_;
    used_ += size;
    ++records_;
    return at;
  }
  void Clear() {
    used_ = 0;
    records_ = 0;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t used_ = 0;
  uint32_t records_ = 0;
};

// Records on their way from the threads that decide to the one that writes.
// Bounded in records and bytes, of which those being written are a part.
//
// Thread-safe. A record is copied under a short lock; no memory is asked for
// as long as chunks come back as fast as they fill. The writing thread is woken
// for the first record and then when many have gathered, so that adding seldom
// costs a call into the system.
class RecordQueue {
 public:
  static constexpr size_t kChunkBytes = size_t{128} << 10;
  static constexpr size_t kWakeBytes = size_t{64} << 10;
  // How long the writing thread waits for more after the first record.
  static constexpr std::chrono::milliseconds kLinger{10};

  enum class Outcome : uint8_t { kQueued, kFull, kClosed };

  RecordQueue(uint32_t most_records, uint64_t most_bytes)
      : most_records_(most_records),
        most_bytes_(most_bytes),
        wake_records_(most_records / 2),
        wake_bytes_(std::min<uint64_t>(kWakeBytes, most_bytes / 2)) {}

  // Copies a record: `fill(char*)` writes its `bytes` bytes. One that is larger
  // than the whole queue is taken when the queue is empty.
  //
  // wait  for room, instead of kFull
  template <typename Fill>
  Outcome Push(size_t bytes, bool wait, Fill&& fill) {
    bool wake = false;
    {
      MutexLock lock(&mu_);
      if (!HasRoom(bytes) && !closed_ && wait) WaitForRoom(bytes);
      if (closed_) return Outcome::kClosed;
      if (!HasRoom(bytes)) return Outcome::kFull;
      fill(Place(bytes, &wake));
    }
    if (wake) work_.notify_one();
    return Outcome::kQueued;
  }

  // Waits for records and takes all there are; empty when Interrupt was called
  // or when the queue is closed and everything is taken.
  std::vector<RecordChunk> Take();
  // Room for what was taken: it is written, or given up.
  void Done(uint32_t records, uint64_t bytes);
  // Gives a chunk back to be filled again.
  void Recycle(RecordChunk chunk);
  // Waits until Interrupt or Close, at most so long.
  void Sleep(std::chrono::milliseconds time);

  // Makes Take or Sleep, the present or the next one, return.
  void Interrupt();
  // Takes no more.
  void Close();
  // The writing thread says that it is done; whoever closed the queue waits for
  // that, and learns whether it was so before `end`.
  void Finish();
  bool WaitUntilFinished(std::chrono::steady_clock::time_point end);
  // Closed, and everything was taken.
  bool exhausted() const;
  uint64_t records() const;

 private:
  // What the writing thread is doing.
  enum class Writer : uint8_t { kBusy, kIdle, kLingering };

  bool HasRoom(size_t bytes) const WRIT_REQUIRES(mu_) {
    return records_ == 0 ||
           (records_ < most_records_ && bytes_ + bytes <= most_bytes_);
  }
  // Enough to stop waiting for more.
  bool IsMuch() const WRIT_REQUIRES(mu_) {
    return gathered_bytes_ >= wake_bytes_ || gathered_records_ > wake_records_;
  }
  void WaitForRoom(size_t bytes) WRIT_REQUIRES(mu_);
  char* Place(size_t bytes, bool* wake) WRIT_REQUIRES(mu_);

  const uint32_t most_records_;
  const uint64_t most_bytes_;
  const uint32_t wake_records_;
  const uint64_t wake_bytes_;

  mutable Mutex mu_;
  std::condition_variable_any work_;
  std::condition_variable_any room_;
  std::vector<RecordChunk> chunks_ WRIT_GUARDED_BY(mu_);
  std::vector<RecordChunk> spare_ WRIT_GUARDED_BY(mu_);
  // In chunks_.
  uint64_t gathered_bytes_ WRIT_GUARDED_BY(mu_) = 0;
  uint64_t gathered_records_ WRIT_GUARDED_BY(mu_) = 0;
  // In chunks_ and being written.
  uint64_t records_ WRIT_GUARDED_BY(mu_) = 0;
  uint64_t bytes_ WRIT_GUARDED_BY(mu_) = 0;
  uint32_t waiting_ WRIT_GUARDED_BY(mu_) = 0;
  Writer writer_ WRIT_GUARDED_BY(mu_) = Writer::kBusy;
  bool interrupted_ WRIT_GUARDED_BY(mu_) = false;
  bool closed_ WRIT_GUARDED_BY(mu_) = false;
  bool finished_ WRIT_GUARDED_BY(mu_) = false;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_LOG_QUEUE_H_
