// SPDX-License-Identifier: Apache-2.0
#include "store/kv.h"

#include <unordered_set>

#include "base/limits.h"

namespace writ {

Status ValidateBatch(const KvBatch& batch) {
  std::unordered_set<std::string_view> named;
  const auto check_key = [](std::string_view key) {
    return !key.empty() && key.size() <= kMaxKvKeyBytes && key[0] != '\0';
  };
  for (const KvBatch::Condition& condition : batch.conditions) {
    if (!check_key(condition.key))
      return InvalidArgument("a key is empty, too long or begins with NUL");
  }
  for (const KvBatch::PutOp& put : batch.puts) {
    if (!check_key(put.key))
      return InvalidArgument("a key is empty, too long or begins with NUL");
    if (put.value.size() > kMaxKvValueBytes) {
      return InvalidArgument("value is larger than " +
                             std::to_string(kMaxKvValueBytes) + " bytes");
    }
    if (!named.insert(put.key).second) {
      return InvalidArgument("a batch names a key twice");
    }
  }
  for (const std::string& key : batch.deletes) {
    if (!check_key(key))
      return InvalidArgument("a key is empty, too long or begins with NUL");
    if (!named.insert(key).second) {
      return InvalidArgument("a batch names a key twice");
    }
  }
  return OkStatus();
}

}  // namespace writ
