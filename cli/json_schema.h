// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_JSON_SCHEMA_H_
#define WRIT_CLI_JSON_SCHEMA_H_

#include <string_view>

namespace writ {

// The JSON Schema (draft 2020-12) of what the command prints with
// `--format json`, one document with its final newline; empty for a command
// without one. The table is in json_schema.cc.
std::string_view JsonSchemaOf(std::string_view command);

}  // namespace writ

#endif  // WRIT_CLI_JSON_SCHEMA_H_
