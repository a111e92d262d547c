// SPDX-License-Identifier: Apache-2.0
#include "store/record_cache.h"

#include <algorithm>
#include <utility>

namespace writ {
namespace {

size_t CostOf(std::string_view key, const SecretBytes& value) {
  return key.size() + value.size();
}

}  // namespace

RecordCache::RecordCache(const Clock* clock, size_t max_bytes,
                         std::chrono::seconds max_age)
    : clock_(clock),
      max_bytes_(max_bytes),
      max_age_(std::min(max_age, std::chrono::seconds(kMaxPlaintextSeconds))) {}

std::optional<RecordCache::Entry> RecordCache::Get(std::string_view key) {
  MutexLock lock(&mu_);
  DropExpired();
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  return Entry{found->second->version, found->second->value.Clone()};
}

void RecordCache::Put(std::string_view key, uint64_t version,
                      const SecretBytes& value) {
  MutexLock lock(&mu_);
  DropExpired();
  if (const auto found = index_.find(key); found != index_.end()) {
    Drop(found->second);
  }
  const size_t cost = CostOf(key, value);
  if (cost > max_bytes_) return;
  while (size_bytes_ + cost > max_bytes_) Drop(slots_.begin());
  slots_.push_back(
      {std::string(key), version, clock_->Steady(), value.Clone()});
  index_[slots_.back().key] = std::prev(slots_.end());
  size_bytes_ += cost;
}

void RecordCache::Erase(std::string_view key) {
  MutexLock lock(&mu_);
  if (const auto found = index_.find(key); found != index_.end()) {
    Drop(found->second);
  }
}

void RecordCache::Clear() {
  MutexLock lock(&mu_);
  while (!slots_.empty()) Drop(slots_.begin());
}

void RecordCache::WipeExpired() {
  MutexLock lock(&mu_);
  DropExpired();
}

size_t RecordCache::size_bytes() const {
  MutexLock lock(&mu_);
  return size_bytes_;
}

void RecordCache::Drop(Slots::iterator slot) {
  size_bytes_ -= CostOf(slot->key, slot->value);
  index_.erase(slot->key);
  slots_.erase(slot);  // SecretBytes wipes itself
}

// Slots stand in the order of their birth, and all live equally long.
void RecordCache::DropExpired() {
  const SteadyTime now = clock_->Steady();
  while (!slots_.empty() && now - slots_.front().born >= max_age_) {
    Drop(slots_.begin());
  }
}

}  // namespace writ
