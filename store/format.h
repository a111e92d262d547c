// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_FORMAT_H_
#define WRIT_STORE_FORMAT_H_

#include <cstdint>

#include "base/status.h"
#include "store/kv.h"

namespace writ {

// The newest store format this build reads, and the one it writes (P08).
inline constexpr uint32_t kStoreFormat = 1;

// Looks at the format marker in `kv`; an empty store passes.
//
// Errors   kFailedPrecondition  a later version wrote the store
//          kDataLoss            the marker is damaged
Status CheckStoreFormat(const Kv& kv);

// Puts the marker of a new store into `batch`.
void StageStoreFormat(KvBatch* batch);

}  // namespace writ

#endif  // WRIT_STORE_FORMAT_H_
