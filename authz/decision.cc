// SPDX-License-Identifier: Apache-2.0
#include "authz/decision.h"

namespace writ {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return "ALLOW";
    case Verdict::kExplicitDeny:
      return "EXPLICIT_DENY";
    case Verdict::kImplicitDeny:
      break;
  }
  return "IMPLICIT_DENY";
}

std::string_view ReasonName(Reason reason) {
  switch (reason) {
#define LAYER(...)
#define REASON(number, Name, text) \
  case Reason::k##Name:            \
    return text;
#include "authz/reasons.def"
#undef REASON
#undef LAYER
  }
  return "no-match";
}

std::string_view LayerName(Layer layer) {
  switch (layer) {
#define REASON(...)
#define LAYER(number, Name, text, policy_type) \
  case Layer::k##Name:                         \
    return text;
#include "authz/reasons.def"
#undef LAYER
#undef REASON
  }
  return "default";
}

std::string_view LayerPolicyType(Layer layer) {
  switch (layer) {
#define REASON(...)
#define LAYER(number, Name, text, policy_type) \
  case Layer::k##Name:                         \
    return policy_type;
#include "authz/reasons.def"
#undef LAYER
#undef REASON
  }
  return "";
}

}  // namespace writ
