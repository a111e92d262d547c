// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_RECORDS_H_
#define WRIT_STORE_RECORDS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace writ {

enum class Table : uint8_t {
#define RECORD(number, Name, ...) k##Name = number,
#include "store/records.def"
#undef RECORD
};

// Whose data key seals a table.
enum class RecordOwner : uint8_t { kAccount, kPlatform };

struct TableInfo {
  Table table;
  std::string_view name;
  RecordOwner owner;
  std::string_view meaning;
};

namespace records_internal {
inline constexpr RecordOwner account = RecordOwner::kAccount;
inline constexpr RecordOwner platform = RecordOwner::kPlatform;
}  // namespace records_internal

// All tables, in the order of records.def.
inline constexpr TableInfo kTables[] = {
#define RECORD(number, Name, text, owner, meaning) \
  {Table::k##Name, text, records_internal::owner, meaning},
#include "store/records.def"
#undef RECORD
};

consteval bool TableNumbersAreUnique() {
  std::array<bool, 256> seen = {};
  for (const TableInfo& info : kTables) {
    bool& taken = seen[static_cast<uint8_t>(info.table)];
    if (taken) return false;
    taken = true;
  }
  return true;
}
static_assert(TableNumbersAreUnique(), "records.def: a number is used twice");

// The row of `table`; every enumerator has one.
constexpr const TableInfo& InfoOf(Table table) {
  for (const TableInfo& info : kTables) {
    if (info.table == table) return info;
  }
  return kTables[0];
}

}  // namespace writ

#endif  // WRIT_STORE_RECORDS_H_
