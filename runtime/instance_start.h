// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_INSTANCE_START_H_
#define WRIT_RUNTIME_INSTANCE_START_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "runtime/frames.h"
#include "runtime/function_source.h"

namespace writ {

// What an instance finds when it starts: fc-api parts 4.1 and 4.3. The
// arguments follow the runtime; the function's own variables never replace
// ours.
StartSpec MakeStartSpec(const InstanceConfiguration& configuration,
                        std::string_view instance_id);

// The x-fc-* headers of one call. The key headers are there and empty: the
// function has no role.
HeaderList MakeCallHeaders(const InstanceConfiguration& configuration,
                           std::string_view request_id,
                           std::string_view qualifier,
                           std::string_view control_path);

// A memory file that nobody can change any more.
Result<UniqueFd> MakeSealedMemory(std::string_view bytes);
// Seals one that was written piece by piece.
Status SealMemory(int memory);

// "exit status 3" or "signal 9" from wait()'s word.
std::string DescribeWaitStatus(uint32_t status);

}  // namespace writ

#endif  // WRIT_RUNTIME_INSTANCE_START_H_
