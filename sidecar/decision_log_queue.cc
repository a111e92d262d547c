// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_log_queue.h"

#include <algorithm>
#include <utility>

namespace writ {
namespace {

// Kept to be filled again; more are given back to the heap after a rush.
constexpr size_t kSpareChunks = 8;

}  // namespace

void RecordQueue::WaitForRoom(size_t bytes) {
  ++waiting_;
  if (writer_ == Writer::kLingering) work_.notify_one();
  while (!HasRoom(bytes) && !closed_) room_.wait(mu_);
  --waiting_;
}

char* RecordQueue::Place(size_t bytes, bool* wake) {
  if (chunks_.empty() || chunks_.back().room() < bytes) {
    if (bytes <= kChunkBytes && !spare_.empty()) {
      chunks_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    } else {
      chunks_.emplace_back(std::max(bytes, kChunkBytes));
    }
  }
  ++records_;
  bytes_ += bytes;
  gathered_bytes_ += bytes;
  ++gathered_records_;
  *wake =
      writer_ == Writer::kIdle || (writer_ == Writer::kLingering && IsMuch());
  // One call is enough.
  if (*wake) writer_ = Writer::kBusy;
  return chunks_.back().Extend(bytes);
}

std::vector<RecordChunk> RecordQueue::Take() {
  MutexLock lock(&mu_);
  while (chunks_.empty() && !closed_ && !interrupted_) {
    writer_ = Writer::kIdle;
    work_.wait(mu_);
  }
  const auto linger = std::chrono::steady_clock::now() + kLinger;
  while (!IsMuch() && waiting_ == 0 && !closed_ && !interrupted_) {
    writer_ = Writer::kLingering;
    if (work_.wait_until(mu_, linger) == std::cv_status::timeout) break;
  }
  writer_ = Writer::kBusy;
  interrupted_ = false;
  gathered_bytes_ = 0;
  gathered_records_ = 0;
  return std::exchange(chunks_, {});
}

void RecordQueue::Done(uint32_t records, uint64_t bytes) {
  bool wake = false;
  {
    MutexLock lock(&mu_);
    records_ -= records;
    bytes_ -= bytes;
    wake = waiting_ > 0;
  }
  if (wake) room_.notify_all();
}

void RecordQueue::Recycle(RecordChunk chunk) {
  if (chunk.capacity() != kChunkBytes) return;
  chunk.Clear();
  MutexLock lock(&mu_);
  if (spare_.size() < kSpareChunks) spare_.push_back(std::move(chunk));
}

void RecordQueue::Sleep(std::chrono::milliseconds time) {
  MutexLock lock(&mu_);
  const auto end = std::chrono::steady_clock::now() + time;
  const bool was_closed = closed_;
  while (!interrupted_ && closed_ == was_closed) {
    if (work_.wait_until(mu_, end) == std::cv_status::timeout) break;
  }
  interrupted_ = false;
}

void RecordQueue::Interrupt() {
  {
    MutexLock lock(&mu_);
    interrupted_ = true;
  }
  work_.notify_all();
}

void RecordQueue::Close() {
  {
    MutexLock lock(&mu_);
    closed_ = true;
  }
  work_.notify_all();
  room_.notify_all();
}

void RecordQueue::Finish() {
  {
    MutexLock lock(&mu_);
    finished_ = true;
  }
  work_.notify_all();
}

bool RecordQueue::WaitUntilFinished(std::chrono::steady_clock::time_point end) {
  MutexLock lock(&mu_);
  while (!finished_) {
    if (work_.wait_until(mu_, end) == std::cv_status::timeout) break;
  }
  return finished_;
}

bool RecordQueue::exhausted() const {
  MutexLock lock(&mu_);
  return closed_ && chunks_.empty();
}

uint64_t RecordQueue::records() const {
  MutexLock lock(&mu_);
  return records_;
}

}  // namespace writ
