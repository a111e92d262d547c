// SPDX-License-Identifier: Apache-2.0
#include "store/sealing.h"

#include <utility>

#include "base/coding.h"
#include "crypto/aead.h"

namespace writ {
namespace {

constexpr uint8_t kFormat = 1;
constexpr size_t kHeadBytes = sizeof(uint8_t) + sizeof(uint64_t);

// Every part has its length before it, so that no two places read the same.
std::string AssociatedBytes(const RecordPlace& place, uint64_t version) {
  ByteWriter writer;
  writer.PutBytes("writ record");
  writer.Put(kFormat);
  writer.Put(static_cast<uint8_t>(place.table));
  writer.PutBytes(place.account);
  writer.PutBytes(place.engine_key);
  writer.Put(version);
  return writer.Take();
}

}  // namespace

std::string SealRecord(const SecretBytes& data_key, const RecordPlace& place,
                       uint64_t version, std::string_view value) {
  ByteWriter writer;
  writer.Put(kFormat);
  writer.Put(version);
  writer.PutRaw(AeadSeal(data_key, value, AssociatedBytes(place, version)));
  return writer.Take();
}

Result<UnsealedRecord> OpenRecord(const SecretBytes& data_key,
                                  const RecordPlace& place,
                                  std::string_view sealed) {
  ByteReader reader(sealed);
  const auto format = reader.Get<uint8_t>();
  UnsealedRecord record;
  record.version = reader.Get<uint64_t>();
  if (format > kFormat) {
    return Unimplemented("a record was sealed by a later version");
  }
  if (!reader.ok() || format != kFormat) {
    return DataLoss("sealed bytes are damaged or belong elsewhere");
  }
  WRIT_ASSIGN_OR_RETURN(record.value,
                        AeadOpen(data_key, sealed.substr(kHeadBytes),
                                 AssociatedBytes(place, record.version)));
  return record;
}

}  // namespace writ
