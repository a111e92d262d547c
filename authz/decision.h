// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_DECISION_H_
#define WRIT_AUTHZ_DECISION_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace writ {

enum class Verdict : uint8_t {
  kImplicitDeny = 0,
  kExplicitDeny = 1,
  kAllow = 2
};

enum class Reason : uint8_t {
#define LAYER(...)
#define REASON(number, Name, text) k##Name = number,
#include "authz/reasons.def"
#undef REASON
#undef LAYER
};

enum class Layer : uint8_t {
#define REASON(...)
#define LAYER(number, Name, text, policy_type) k##Name = number,
#include "authz/reasons.def"
#undef LAYER
#undef REASON
};

// "ALLOW", "EXPLICIT_DENY", "IMPLICIT_DENY".
std::string_view VerdictName(Verdict verdict);
std::string_view ReasonName(Reason reason);
std::string_view LayerName(Layer layer);
// The PolicyType of an AccessDeniedDetail (ram.md part 7), or empty.
std::string_view LayerPolicyType(Layer layer);

// A statement by the position of its policy among those handed to Decide and
// its own position in the document, both from zero.
struct StatementRef {
  uint32_t policy = 0;
  uint32_t statement = 0;
  auto operator<=>(const StatementRef&) const = default;
};

// The answer. A value; a default-constructed one is a deny.
struct Decision {
  Verdict verdict = Verdict::kImplicitDeny;
  Layer layer = Layer::kDefault;
  Reason reason = Reason::kNoMatch;
  // All matched Deny statements of the deciding unit for EXPLICIT_DENY, all
  // matched Allow statements of the units that carried it for ALLOW, none
  // otherwise; sorted. The first min(count, 16) are here.
  std::array<StatementRef, kMaxDeterminingStatements> statements = {};
  uint32_t statement_count = 0;
  // Which resource of the request decided (R21).
  uint32_t resource = 0;

  bool allowed() const { return verdict == Verdict::kAllow; }
};

}  // namespace writ

#endif  // WRIT_AUTHZ_DECISION_H_
