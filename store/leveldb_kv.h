// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_LEVELDB_KV_H_
#define WRIT_STORE_LEVELDB_KV_H_

#include <memory>
#include <string>

#include "store/kv.h"

namespace writ {

// Opens or creates a LevelDB database: the embedded engine. Synchronous
// writes, paranoid checks, no compression (values are sealed), no log file of
// its own (it would hold keys).
//
// path  a directory; may be relative to the working directory and below a
//       directory whose parents cannot be entered (P04). Created when missing.
// Errors   kUnavailable  another process has it open; the message names it
//          kDataLoss     the files are damaged; nothing was repaired
//          kInternal, kPermissionDenied   as the system says
Result<std::unique_ptr<Kv>> OpenLevelDbKv(const std::string& path);

}  // namespace writ

#endif  // WRIT_STORE_LEVELDB_KV_H_
