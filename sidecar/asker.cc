// SPDX-License-Identifier: Apache-2.0
#include "sidecar/asker.h"

#include <algorithm>
#include <array>

#include "authz/text.h"
#include "crypto/compare.h"

namespace writ {
namespace {

struct RightRow {
  Right right;
  std::string_view name;
};
constexpr RightRow kRights[] = {
#define RIGHT(Name, name, what) {Right::k##Name, name},
#include "sidecar/rights.def"
#undef RIGHT
};

// The token of `Bearer TOKEN`; empty when the value is another scheme's. The
// scheme's name has no case (RFC 9110, 11.1).
std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      !EqualFolded(authorization.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  authorization.remove_prefix(kScheme.size());
  authorization.remove_prefix(
      std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization;
}

// The rule with this token. Every token of the listener is compared to its
// end, so that the time says nothing of which one was close.
const AskerRule* FindToken(const ListenerRules& listener,
                           std::string_view token) {
  const Sha256Digest digest = Sha256(token);
  const AskerRule* found = nullptr;
  for (const AskerRule& rule : listener.askers) {
    for (const Sha256Digest& known : rule.tokens) {
      const bool same = ConstantTimeEqual(std::span<const std::byte>(known),
                                          std::span<const std::byte>(digest));
      if (same && found == nullptr) found = &rule;
    }
  }
  return found;
}

const AskerRule* FindCertificate(const ListenerRules& listener,
                                 std::span<const std::string_view> names) {
  for (const AskerRule& rule : listener.askers) {
    for (const std::string& known : rule.certificates) {
      if (std::ranges::find(names, known) != names.end()) return &rule;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view RightName(Right right) {
  return kRights[static_cast<size_t>(right)].name;
}

std::optional<Right> RightNamed(std::string_view name) {
  for (const RightRow& row : kRights) {
    if (row.name == name) return row.right;
  }
  return std::nullopt;
}

Result<Asker> Identify(const ListenerRules& listener,
                       const Credentials& credentials) {
  const AskerRule* rule = nullptr;
  const std::string_view token = BearerToken(credentials.authorization);
  if (!token.empty()) {
    rule = FindToken(listener, token);
  } else {
    rule = FindCertificate(listener, credentials.certificate_names);
    if (rule == nullptr) {
      const auto anybody =
          std::ranges::find_if(listener.askers, &AskerRule::anybody);
      if (anybody != listener.askers.end()) rule = &*anybody;
    }
  }
  if (rule == nullptr) {
    return Unauthenticated(
        "this listener does not know the caller: send a bearer token or a "
        "client certificate that its configuration names");
  }
  return Asker{&listener, rule};
}

}  // namespace writ
