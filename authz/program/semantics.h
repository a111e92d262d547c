// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_SEMANTICS_H_
#define WRIT_AUTHZ_PROGRAM_SEMANTICS_H_

#include <cstdint>
#include <string_view>

#include "authz/program/format.h"

namespace writ {

// What the tables of an image mean (semantics.def).
enum class Semantics : uint32_t {
#define SEMANTICS(number, page) k##number = number,
#include "authz/program/semantics.def"
#undef SEMANTICS
};

struct SemanticsInfo {
  Semantics semantics;
  std::string_view page;
};

inline constexpr SemanticsInfo kSemantics[] = {
#define SEMANTICS(number, page) {Semantics::k##number, page},
#include "authz/program/semantics.def"
#undef SEMANTICS
};

// The row with this number, or null: this build cannot decide such an image.
constexpr const SemanticsInfo* FindSemantics(uint32_t number) {
  for (const SemanticsInfo& info : kSemantics) {
    if (static_cast<uint32_t>(info.semantics) == number) return &info;
  }
  return nullptr;
}

consteval bool EngineDecidesWhatTheCompilerWrites() {
  for (const SemanticsInfo& info : kSemantics) {
    if (static_cast<uint32_t>(info.semantics) == kSemanticsVersion) return true;
  }
  return false;
}
static_assert(EngineDecidesWhatTheCompilerWrites());

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_SEMANTICS_H_
