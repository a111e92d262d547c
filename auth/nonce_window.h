// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_NONCE_WINDOW_H_
#define WRIT_AUTH_NONCE_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "crypto/hmac.h"

namespace writ {

// Remembers the nonces of verified requests, so that a recorded request cannot
// be sent again (P23). Nonces are kept as keyed digests in buckets of one
// minute by the date the request was signed with; a bucket goes when its
// minute leaves the window. When a bound is reached new requests are refused:
// nothing is evicted, because forgetting a nonce would let it in again.
//
// Thread-safe. Lives as long as the process: what an earlier process accepted
// is unknown, so requests dated before `start` are refused.
class NonceWindow {
 public:
  struct Bounds {
    uint64_t per_key = kMaxNoncesPerKey;
    uint64_t total = kMaxNonces;
  };
  enum class Verdict : uint8_t {
    kFresh,        // remembered now; go on
    kUsed,         // seen before
    kOutOfWindow,  // dated more than 15 minutes off, or before the start
    kFull,         // a bound is reached: 429
  };

  // start  compared in whole seconds, as dates are signed
  NonceWindow(WallTime start, const Bounds& bounds);
  explicit NonceWindow(WallTime start) : NonceWindow(start, Bounds{}) {}
  ~NonceWindow();

  // True when `date` may be verified at `now` at all; remembers nothing.
  bool InWindow(WallTime date, WallTime now) const;

  // Remembers (access key, nonce). Call only after the signature verified, or
  // strangers could fill the window.
  Verdict Insert(std::string_view access_key_id, std::string_view nonce,
                 WallTime date, WallTime now);

  // Nonces held now; for status and tests.
  uint64_t size() const;

 private:
  struct Bucket;

  void DropOld(int64_t now_seconds) WRIT_REQUIRES(mu_);

  const HmacKey key_;
  const Bounds bounds_;
  const int64_t start_seconds_;
  mutable Mutex mu_;
  std::map<int64_t, std::unique_ptr<Bucket>> buckets_ WRIT_GUARDED_BY(mu_);
  uint64_t size_ WRIT_GUARDED_BY(mu_) = 0;
  // No request dated before this is accepted any more: its bucket is gone.
  int64_t dropped_before_seconds_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_AUTH_NONCE_WINDOW_H_
