// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_MEMORY_KV_H_
#define WRIT_STORE_MEMORY_KV_H_

#include <memory>

#include "store/kv.h"

namespace writ {

// A Kv that forgets everything with the process; for tests and dry runs.
std::unique_ptr<Kv> MakeMemoryKv();

}  // namespace writ

#endif  // WRIT_STORE_MEMORY_KV_H_
