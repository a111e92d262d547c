// SPDX-License-Identifier: Apache-2.0
#include "store/format.h"

#include <string>
#include <string_view>

#include "base/coding.h"

namespace writ {
namespace {

// In the clear, so that a build that cannot open anything else in the store
// can still say why.
constexpr std::string_view kFormatKey = "mf";

}  // namespace

Status CheckStoreFormat(const Kv& kv) {
  const Result<KvEntry> stored = kv.Get(kFormatKey);
  if (!stored.ok()) {
    const bool is_new = stored.status().code() == StatusCode::kNotFound;
    return is_new ? OkStatus() : stored.status();
  }
  ByteReader reader(stored->value);
  const auto number = reader.Get<uint32_t>();
  WRIT_RETURN_IF_ERROR(reader.Finish("the store's format marker"));
  if (number > kStoreFormat) {
    return FailedPrecondition("the store has format " + std::to_string(number) +
                              ", and this version reads up to " +
                              std::to_string(kStoreFormat) +
                              ": use the newer version that wrote it");
  }
  return OkStatus();
}

void StageStoreFormat(KvBatch* batch) {
  ByteWriter number;
  number.Put(kStoreFormat);
  batch->Put(std::string(kFormatKey), number.Take());
}

}  // namespace writ
