// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_FUNCTION_MODEL_H_
#define WRIT_CONTROL_FUNCTION_MODEL_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "control/directory.h"
#include "control/record_format.h"

namespace writ {

// A code package as it came in a request.
struct CodePackage {
  std::string zip;
  std::optional<std::string> checksum;  // decimal CRC-64, as sent
};

// Applies the body of CreateFunction or UpdateFunction to `record`: members
// that are absent or null stay as they are. Strict: a member that stands twice,
// is unknown, of the wrong kind or beyond its bounds is refused by name.
//
// body     JSON text
// name     what functionName must be when it stands there
// code     set when a package came with it
// Errors   kInvalidArgument   a sentence for the client
Status ApplyFunctionBody(std::string_view body, std::string_view name,
                         StoredFunction* record,
                         std::optional<CodePackage>* code);

// The functionName of a CreateFunction body.
//
// Errors   kInvalidArgument  no JSON object, or no such member
Result<std::string> FunctionNameOf(std::string_view body);

// What must hold of a whole record, whatever request made it so.
//
// Errors   kInvalidArgument   a sentence for the client
Status CheckFunction(const StoredFunction& record);

// The Function model of the API as JSON text.
//
std::string FunctionJson(const FunctionEntry& entry,
                         const StoredFunction& record);

// The routing facts of a record; `revision` is left 0.
//
// Errors   kDataLoss   the record's digest is none
Result<FunctionEntry> MakeFunctionEntry(std::string_view account,
                                        std::string_view name,
                                        std::string_view region,
                                        const StoredFunction& record);

// What an instance is started with.
Result<FunctionStart> MakeFunctionStart(std::string_view account,
                                        std::string_view name,
                                        std::string_view region,
                                        uint64_t revision,
                                        StoredFunction record);

}  // namespace writ

#endif  // WRIT_CONTROL_FUNCTION_MODEL_H_
