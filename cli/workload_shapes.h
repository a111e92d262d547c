// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_WORKLOAD_SHAPES_H_
#define WRIT_CLI_WORKLOAD_SHAPES_H_

#include <cstddef>
#include <string_view>

#include "cli/workload.h"

namespace writ {

// The workloads that are made, not read. Made from their name and size alone,
// so two makings are equal; no request carries an expectation.
enum class WorkloadShape : uint8_t {
  kWide,        // 20 statements for each of many users
  kDeep,        // all statements for one user
  kLayers,      // groups, a session, control documents of three levels
  kDeny,        // deep, two in five statements deny
  kConditions,  // deep, with dates, numbers, wildcards and several values
  kHostile,     // deep, with patterns of many stars and texts that nearly match
};

struct WorkloadShapeInfo {
  WorkloadShape shape;
  std::string_view name;
};
inline constexpr WorkloadShapeInfo kWorkloadShapes[] = {
    {WorkloadShape::kWide, "wide"},
    {WorkloadShape::kDeep, "deep"},
    {WorkloadShape::kLayers, "layers"},
    {WorkloadShape::kDeny, "deny"},
    {WorkloadShape::kConditions, "conditions"},
    {WorkloadShape::kHostile, "hostile"},
};

// The shape of that name, or null.
const WorkloadShapeInfo* FindWorkloadShape(std::string_view name);

// statements  at least 10
// requests    how many are asked
Workload MakeWorkload(const WorkloadShapeInfo& shape, size_t statements,
                      size_t requests);

}  // namespace writ

#endif  // WRIT_CLI_WORKLOAD_SHAPES_H_
