// SPDX-License-Identifier: Apache-2.0
//
// Two configurations compared member by member, by config_members.def: no
// member that a file can set is forgotten here.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sidecar/config.h"

namespace writ {
namespace {

template <typename T>
bool Same(const T& a, const T& b) {
  return a == b;
}

bool Same(const Rights& a, const Rights& b) {
#define RIGHT(Name, name, what) \
  if (a.Has(Right::k##Name) != b.Has(Right::k##Name)) return false;
#include "sidecar/rights.def"
#undef RIGHT
  return true;
}

// What the rows of ASKER name.
struct AskerView {
  const AskerRule& rule;
  bool anybody = false;  // follows from the rule
};

#define SAME_ROW(field, ...) \
  if (!Same(a.field, b.field)) return false;

bool SameAsker(const AskerRule& rule_a, const AskerRule& rule_b) {
  const AskerView a{rule_a};
  const AskerView b{rule_b};
#define ASKER SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool Same(const std::vector<AskerRule>& a, const std::vector<AskerRule>& b) {
  return std::ranges::equal(a, b, SameAsker);
}

bool Same(const TlsFiles& a, const TlsFiles& b) {
#define TLS SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool SameListener(const ListenerConfig& a, const ListenerConfig& b) {
#define LISTENER SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool Same(const std::vector<ListenerConfig>& a,
          const std::vector<ListenerConfig>& b) {
  return std::ranges::equal(a, b, SameListener);
}

bool SameSampling(const LogSampling& a, const LogSampling& b) {
#define SAMPLING SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool Same(const std::vector<LogSampling>& a,
          const std::vector<LogSampling>& b) {
  return std::ranges::equal(a, b, SameSampling);
}

bool Same(const BundleSourceOptions& a, const BundleSourceOptions& b) {
#define BUNDLE SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool Same(const DecisionLogOptions& a, const DecisionLogOptions& b) {
#define DECISION_LOG SAME_ROW
#include "sidecar/config_members.def"
  return true;
}

bool Same(const ExtAuthzMapping& a, const ExtAuthzMapping& b) {
#define EXT_AUTHZ SAME_ROW
#include "sidecar/config_members.def"
  return true;
}
#undef SAME_ROW

}  // namespace

std::vector<std::string> ChangedMembers(const SidecarConfig& a,
                                        const SidecarConfig& b) {
  std::vector<std::string> changed;
#define SIDECAR(field, name, ...) \
  if (!Same(a.field, b.field)) changed.emplace_back(name);
#include "sidecar/config_members.def"
  return changed;
}

}  // namespace writ
