// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_KV_H_
#define WRIT_STORE_KV_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace writ {

struct KvEntry {
  std::string key;
  std::string value;
  uint64_t revision = 0;  // of the write that put it here, from 1
};

// A change that happens as a whole or not at all.
struct KvBatch {
  // The write happens only if each key has exactly this revision; 0: absent.
  struct Condition {
    std::string key;
    uint64_t revision = 0;
  };
  struct PutOp {
    std::string key;
    std::string value;
  };

  std::vector<Condition> conditions;
  std::vector<PutOp> puts;
  std::vector<std::string> deletes;

  void Put(std::string key, std::string value) {
    puts.push_back({std::move(key), std::move(value)});
  }
  void Delete(std::string key) { deletes.push_back(std::move(key)); }
  void Require(std::string key, uint64_t revision) {
    conditions.push_back({std::move(key), revision});
  }
};

enum class KvOrder : uint8_t { kForward, kBackward };

// An ordered, transactional map from bytes to bytes. Every engine passes
// tests/unit/store/kv_test.cc. Thread-safe.
//
// Keys are 1 to kMaxKvKeyBytes bytes and do not begin with NUL (engines keep
// their own under it), values at most kMaxKvValueBytes. One batch names a key
// at most once among its puts and deletes.
class Kv {
 public:
  virtual ~Kv() = default;

  // Errors   kNotFound  no such key
  //          kDataLoss  the engine's own checks failed
  virtual Result<KvEntry> Get(std::string_view key) const = 0;

  // The entries whose key begins with `prefix`, in byte order of keys, taken
  // from one moment.
  //
  // after  go on behind this key (in `order`); empty: from the first
  // limit  at most so many
  virtual Result<std::vector<KvEntry>> Scan(std::string_view prefix,
                                            std::string_view after,
                                            size_t limit,
                                            KvOrder order) const = 0;

  // Applies `batch` and returns its revision: greater than every earlier one,
  // also after a restart. On the disk when this returns.
  //
  // Errors   kAborted          a condition does not hold; nothing changed
  //          kInvalidArgument  bad sizes, or a key named twice
  //          kInternal, kResourceExhausted   the disk
  virtual Result<uint64_t> Write(const KvBatch& batch) = 0;

  // The revision of the last write; 0 for a new store.
  virtual uint64_t revision() const = 0;
};

// kInvalidArgument unless `batch` keeps the rules above; for engines.
Status ValidateBatch(const KvBatch& batch);

}  // namespace writ

#endif  // WRIT_STORE_KV_H_
