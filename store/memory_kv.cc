// SPDX-License-Identifier: Apache-2.0
#include "store/memory_kv.h"

#include <map>
#include <utility>

#include "base/mutex.h"

namespace writ {
namespace {

class MemoryKv final : public Kv {
 public:
  Result<KvEntry> Get(std::string_view key) const override {
    MutexLock lock(&mu_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return NotFound("no such key");
    return found->second;
  }

  Result<std::vector<KvEntry>> Scan(std::string_view prefix,
                                    std::string_view after, size_t limit,
                                    KvOrder order) const override {
    MutexLock lock(&mu_);
    std::vector<KvEntry> found;
    const auto matches = [&](const std::string& key) {
      return key.starts_with(prefix) &&
             (after.empty() ||
              (order == KvOrder::kForward ? key > after : key < after));
    };
    const auto take = [&](auto first, auto last) {
      for (; first != last && found.size() < limit; ++first) {
        if (matches(first->first)) found.push_back(first->second);
      }
    };
    if (order == KvOrder::kForward) {
      take(entries_.begin(), entries_.end());
    } else {
      take(entries_.rbegin(), entries_.rend());
    }
    return found;
  }

  Result<uint64_t> Write(const KvBatch& batch) override {
    WRIT_RETURN_IF_ERROR(ValidateBatch(batch));
    MutexLock lock(&mu_);
    for (const KvBatch::Condition& condition : batch.conditions) {
      const auto found = entries_.find(condition.key);
      const uint64_t present =
          found == entries_.end() ? 0 : found->second.revision;
      if (present != condition.revision) {
        return Aborted("a key changed meanwhile");
      }
    }
    ++revision_;
    for (const KvBatch::PutOp& put : batch.puts) {
      entries_.insert_or_assign(put.key,
                                KvEntry{put.key, put.value, revision_});
    }
    for (const std::string& key : batch.deletes) entries_.erase(key);
    return revision_;
  }

  uint64_t revision() const override {
    MutexLock lock(&mu_);
    return revision_;
  }

 private:
  mutable Mutex mu_;
  std::map<std::string, KvEntry, std::less<>> entries_ WRIT_GUARDED_BY(mu_);
  uint64_t revision_ WRIT_GUARDED_BY(mu_) = 0;
};

}  // namespace

std::unique_ptr<Kv> MakeMemoryKv() { return std::make_unique<MemoryKv>(); }

}  // namespace writ
