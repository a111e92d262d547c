// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_SOURCE_MAP_H_
#define WRIT_CLI_SOURCE_MAP_H_

#include <string>

#include "base/source.h"
#include "grammar/ast.h"

namespace writ {

// Says of every value of the JSON that PrintJson makes of `policy` where the
// author wrote it: a JSON document of pointers and places.
//
//   {"schema_version": 1, "policy": "photos", "mappings": [
//     {"pointer": "/Statement/0/Action/1", "file": "photos.writ",
//      "line": 4, "column": 25, "end_line": 4, "end_column": 40}, …]}
//
// What comes from an imported file names that file. Values that no text stands
// for, such as "Version", have no row.
//
// source  the text that the policy was read from
std::string SourceMap(const ast::Policy& policy, const SourceText& source);

}  // namespace writ

#endif  // WRIT_CLI_SOURCE_MAP_H_
