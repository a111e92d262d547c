// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_JSON_DIFFERENCE_H_
#define WRIT_CLI_JSON_DIFFERENCE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "grammar/json_tree.h"

namespace writ {

// One place where two JSON documents differ.
struct JsonDifference {
  std::string pointer;
  // The values there as compact JSON; empty: it is not there at all.
  std::string before;
  std::string after;
};

// Where the values of two documents differ, the first `limit` places. Members
// of objects have no order, elements of lists have one; strings are compared by
// their characters, numbers as they are written.
std::vector<JsonDifference> JsonDifferences(const JsonTree& before,
                                            const JsonTree& after,
                                            size_t limit);

}  // namespace writ

#endif  // WRIT_CLI_JSON_DIFFERENCE_H_
