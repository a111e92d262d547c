// SPDX-License-Identifier: Apache-2.0
//
// One minute, one bucket: an open-addressing set of 128-bit keyed digests, so
// that eight million nonces cost about 32 bytes each and dropping a minute is
// one deallocation. The digests are keyed with a random key of this process:
// nobody can choose nonces that collide.
#include "auth/nonce_window.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crypto/random.h"

namespace writ {
namespace {

constexpr int64_t kBucketSeconds = 60;
constexpr size_t kFirstSlots = 64;

struct Digest {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const Digest&) const = default;
};

int64_t Seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch())
      .count();
}

Digest KeyedDigest(const HmacKey& key, std::string_view text) {
  const HmacTag tag = key.Sign(text);
  Digest digest;
  std::memcpy(&digest, tag.data(), sizeof digest);
  // Zero marks an empty slot.
  if (digest == Digest{}) digest.low = 1;
  return digest;
}

class DigestSet {
 public:
  bool Contains(const Digest& digest) const {
    return !slots_.empty() && slots_[Find(digest)] == digest;
  }
  // The digest must not be there.
  void Insert(const Digest& digest) {
    if ((size_ + 1) * 4 > slots_.size() * 3) Grow();
    slots_[Find(digest)] = digest;
    ++size_;
  }
  size_t size() const { return size_; }

 private:
  // The slot that holds the digest, or the empty one where it belongs.
  size_t Find(const Digest& digest) const {
    const size_t mask = slots_.size() - 1;
    size_t at = digest.high & mask;
    while (slots_[at] != Digest{} && slots_[at] != digest) at = (at + 1) & mask;
    return at;
  }
  void Grow() {
    std::vector<Digest> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
    old.swap(slots_);
    for (const Digest& digest : old) {
      if (digest != Digest{}) slots_[Find(digest)] = digest;
    }
  }

  std::vector<Digest> slots_;  // a power of two; empty ones are zero
  size_t size_ = 0;
};

}  // namespace

struct NonceWindow::Bucket {
  DigestSet nonces;
  // How many each access key has here, by the digest of its id.
  std::unordered_map<uint64_t, uint64_t> per_key;
};

NonceWindow::NonceWindow(WallTime start, const Bounds& bounds)
    : key_(RandomSecret(kHmacSha256Bytes)),
      bounds_(bounds),
      start_seconds_(Seconds(start)),
      dropped_before_seconds_(start_seconds_) {}

NonceWindow::~NonceWindow() = default;

bool NonceWindow::InWindow(WallTime date, WallTime now) const {
  const auto width = static_cast<int64_t>(kSignatureWindowSeconds);
  const int64_t at = Seconds(date);
  const int64_t difference = at - Seconds(now);
  if (difference > width || difference < -width) return false;
  MutexLock lock(&mu_);
  return at >= dropped_before_seconds_;
}

NonceWindow::Verdict NonceWindow::Insert(std::string_view access_key_id,
                                         std::string_view nonce, WallTime date,
                                         WallTime now) {
  if (!InWindow(date, now)) return Verdict::kOutOfWindow;
  std::string text(access_key_id);
  const uint64_t key_digest = KeyedDigest(key_, text).high;
  text += '\0';  // no key id has one
  text += nonce;
  const Digest digest = KeyedDigest(key_, text);
  const int64_t at = Seconds(date);

  MutexLock lock(&mu_);
  DropOld(Seconds(now));
  // Another thread's later `now` may have dropped this date's bucket.
  if (at < dropped_before_seconds_) return Verdict::kOutOfWindow;
  uint64_t of_this_key = 0;
  for (const auto& [minute, bucket] : buckets_) {
    if (bucket->nonces.Contains(digest)) return Verdict::kUsed;
    const auto found = bucket->per_key.find(key_digest);
    if (found != bucket->per_key.end()) of_this_key += found->second;
  }
  if (of_this_key >= bounds_.per_key || size_ >= bounds_.total) {
    return Verdict::kFull;
  }
  std::unique_ptr<Bucket>& bucket = buckets_[at / kBucketSeconds];
  if (bucket == nullptr) bucket = std::make_unique<Bucket>();
  bucket->nonces.Insert(digest);
  ++bucket->per_key[key_digest];
  ++size_;
  return Verdict::kFresh;
}

void NonceWindow::DropOld(int64_t now_seconds) {
  const int64_t oldest =
      now_seconds - static_cast<int64_t>(kSignatureWindowSeconds);
  while (!buckets_.empty()) {
    const auto first = buckets_.begin();
    const int64_t end = (first->first + 1) * kBucketSeconds;
    if (end > oldest) break;
    size_ -= first->second->nonces.size();
    buckets_.erase(first);
    // A clock that is set back must not let dropped nonces in again.
    dropped_before_seconds_ = std::max(dropped_before_seconds_, end);
  }
}

uint64_t NonceWindow::size() const {
  MutexLock lock(&mu_);
  return size_;
}

}  // namespace writ
