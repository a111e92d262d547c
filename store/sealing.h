// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_SEALING_H_
#define WRIT_STORE_SEALING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "store/records.h"

namespace writ {

// Where a sealed record belongs; bound to it by the seal.
struct RecordPlace {
  Table table;
  std::string_view account;
  std::string_view engine_key;
};

struct UnsealedRecord {
  uint64_t version = 0;
  SecretBytes value;
};

// Encrypts a record for its place (docs/spec/store.md). The version stands in
// the clear and is authenticated.
std::string SealRecord(const SecretBytes& data_key, const RecordPlace& place,
                       uint64_t version, std::string_view value);

// Errors   kDataLoss       altered, truncated, moved from another place, or
//                          sealed with another key: one text for all
//          kUnimplemented  sealed by a later format
Result<UnsealedRecord> OpenRecord(const SecretBytes& data_key,
                                  const RecordPlace& place,
                                  std::string_view sealed);

}  // namespace writ

#endif  // WRIT_STORE_SEALING_H_
