// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_STRICT_JSON_H_
#define WRIT_SIDECAR_STRICT_JSON_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/status.h"

namespace writ {

// One value of a JSON text. A value.
struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool truth = false;            // kBool
  std::string name;              // of a member of an object
  std::string text;              // kString; kNumber as it was written
  std::vector<JsonValue> items;  // kArray, kObject: in the text's order

  // The member of that name; null when there is none or this is no object.
  const JsonValue* Find(std::string_view member) const;
};

// "null", "a boolean", "a number", …: what a message calls it.
std::string_view JsonKindName(JsonValue::Kind kind);

// Of one text: a hundred for each question of a batch.
inline constexpr size_t kMaxStrictJsonValues = 100 * kMaxBatchChecks;

// Reads a JSON text (RFC 8259) as I-JSON wants it (RFC 7493): UTF-8, no member
// twice, no lone surrogate, numbers that a double can hold, nothing behind the
// value. At most kMaxJsonDepth levels and kMaxStrictJsonValues values.
//
// Errors  kInvalidArgument  anything else: says what, and where by line and
//                           column; quotes nothing but a repeated member's name
Result<JsonValue> ReadStrictJson(std::string_view text);

}  // namespace writ

#endif  // WRIT_SIDECAR_STRICT_JSON_H_
