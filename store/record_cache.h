// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_RECORD_CACHE_H_
#define WRIT_STORE_RECORD_CACHE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/secret.h"

namespace writ {

// Decrypted records for a short while: at most kMaxPlaintextSeconds, however
// often they are read, and at most max_bytes in all; the oldest go first. What
// is dropped is wiped. Thread-safe.
class RecordCache {
 public:
  struct Entry {
    uint64_t version = 0;
    SecretBytes value;
  };

  // max_age  lowered to kMaxPlaintextSeconds when longer
  // clock    must outlive the cache
  RecordCache(const Clock* clock, size_t max_bytes,
              std::chrono::seconds max_age =
                  std::chrono::seconds(kMaxPlaintextSeconds));

  // A copy of what is held under `key`; nothing when absent or too old.
  std::optional<Entry> Get(std::string_view key);
  // Replaces what is held; drops it instead when larger than the cache.
  void Put(std::string_view key, uint64_t version, const SecretBytes& value);
  void Erase(std::string_view key);
  void Clear();
  // Wipes everything whose time has come. Reads do so for what they touch; a
  // timer calls this for the rest.
  void WipeExpired();

  size_t size_bytes() const;

 private:
  struct Slot {
    std::string key;
    uint64_t version;
    SteadyTime born;
    SecretBytes value;
  };
  using Slots = std::list<Slot>;  // oldest first

  void Drop(Slots::iterator slot) WRIT_REQUIRES(mu_);
  void DropExpired() WRIT_REQUIRES(mu_);

  const Clock* const clock_;
  const size_t max_bytes_;
  const std::chrono::seconds max_age_;
  mutable Mutex mu_;
  Slots slots_ WRIT_GUARDED_BY(mu_);
  std::unordered_map<std::string_view, Slots::iterator> index_
      WRIT_GUARDED_BY(mu_);
  size_t size_bytes_ WRIT_GUARDED_BY(mu_) = 0;
};

}  // namespace writ

#endif  // WRIT_STORE_RECORD_CACHE_H_
