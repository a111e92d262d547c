// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_names.h"

#include "tests/support/reference_values.h"

namespace writ::reference {

std::optional<Arn> ReadArn(std::string_view text) {
  if (!text.starts_with("acs:")) return std::nullopt;
  text.remove_prefix(4);
  std::string parts[3];
  for (std::string& part : parts) {
    const size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  return Arn{parts[0], parts[1], parts[2], std::string(text)};
}

std::optional<Caller> ReadCaller(const RequestPrincipal& principal) {
  Caller caller;
  const std::string_view name = principal.name;
  if (principal.declared == RequestPrincipal::Declared::kService) {
    if (name.empty() || name == "*" || name.find(':') != name.npos) {
      return std::nullopt;
    }
    caller.kind = PrincipalKind::kService;
    caller.account = principal.account;
    return caller;
  }
  if (name == "*") {
    const bool plain =
        principal.declared == RequestPrincipal::Declared::kByName &&
        principal.account.empty();
    return plain ? std::optional(caller) : std::nullopt;
  }
  const auto arn = ReadArn(name);
  if (!arn || arn->service != "ram" || !arn->region.empty() ||
      arn->account.empty()) {
    return std::nullopt;
  }
  if (!principal.account.empty() && principal.account != arn->account) {
    return std::nullopt;
  }
  caller.account = arn->account;
  const std::string& rest = arn->rest;
  const size_t slash = rest.find('/');
  const std::string type = rest.substr(0, slash);
  const std::string tail =
      slash == rest.npos ? std::string() : rest.substr(slash + 1);
  const size_t second = tail.find('/');
  if (rest == "root") {
    caller.kind = PrincipalKind::kRoot;
  } else if (type == "role" && second != tail.npos && second > 0 &&
             second + 1 < tail.size() &&
             tail.find('/', second + 1) == tail.npos) {
    caller.kind = PrincipalKind::kRoleSession;
    caller.role = Fold(tail.substr(0, second));
    caller.session = tail.substr(second + 1);
  } else if (tail.empty() || second != tail.npos) {
    return std::nullopt;
  } else if (type == "user") {
    caller.kind = PrincipalKind::kUser;
  } else if (type == "saml-provider" || type == "oidc-provider") {
    caller.kind = PrincipalKind::kFederated;
  } else {
    return std::nullopt;
  }
  if (principal.declared == RequestPrincipal::Declared::kServiceLinkedRole) {
    if (caller.kind != PrincipalKind::kRoleSession) return std::nullopt;
    caller.kind = PrincipalKind::kServiceLinkedRole;
  }
  return caller;
}

bool IsAction(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != text.npos && colon > 0 && colon + 1 < text.size() &&
         text.find(':', colon + 1) == text.npos;
}

}  // namespace writ::reference
