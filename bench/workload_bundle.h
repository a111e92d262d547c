// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BENCH_WORKLOAD_BUNDLE_H_
#define WRIT_BENCH_WORKLOAD_BUNDLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/workload.h"
#include "cli/workload_shapes.h"

namespace writ {

// A workload from `wide`, `deep`, … of so many statements, or from a file of
// the text form (ReadWorkload).
//
// Errors  those of reading the file; kInvalidArgument: no such shape
Result<Workload> OpenWorkload(std::string_view shape_or_file, size_t statements,
                              size_t requests);

// An unsigned bundle in which each principal of the workload is a user that has
// its identity policies.
//
// Errors  kInvalidArgument  the workload has policies of another kind
Result<std::string> BundleOfWorkload(const Workload& workload,
                                     uint64_t revision);

}  // namespace writ

#endif  // WRIT_BENCH_WORKLOAD_BUNDLE_H_
