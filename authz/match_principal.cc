// SPDX-License-Identifier: Apache-2.0
#include "authz/match_principal.h"

#include "authz/text.h"

namespace writ {
namespace {

// Removes `prefix` from the front of `text` if it is there.
inline bool Take(std::string_view prefix, std::string_view* text) {
  if (text->size() < prefix.size() ||
      !EqualBytes(text->data(), prefix.data(), prefix.size())) {
    return false;
  }
  text->remove_prefix(prefix.size());
  return true;
}

bool IsName(std::string_view text) {
  return !text.empty() && FindNear(text, '/', 0) == std::string_view::npos;
}

// What stands behind the account: root, user/…, role/…/…, …-provider/….
bool ReadRelativeId(std::string_view rest, Caller* caller) {
  if (Take("user/", &rest)) {
    caller->kind = PrincipalKind::kUser;
    caller->name = rest;
    return IsName(rest);
  }
  if (rest == "root") {
    caller->kind = PrincipalKind::kRoot;
    return true;
  }
  if (Take("role/", &rest)) {
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return false;
    caller->kind = PrincipalKind::kRoleSession;
    caller->name = rest.substr(0, slash);
    caller->session = rest.substr(slash + 1);
    return IsName(caller->name) && IsName(caller->session);
  }
  if (Take("saml-provider/", &rest) || Take("oidc-provider/", &rest)) {
    caller->kind = PrincipalKind::kFederated;
    return IsName(rest);
  }
  return false;
}

bool MatchId(std::string_view id, const Caller& caller) {
  switch (caller.kind) {
    case PrincipalKind::kRoot:
      return id == caller.account;
    case PrincipalKind::kUser:
      return id == caller.account || id == caller.id;
    case PrincipalKind::kRoleSession:
    case PrincipalKind::kServiceLinkedRole:
      return id == caller.account || id == caller.id ||
             id == caller.id.substr(0, caller.id.find(':'));
    case PrincipalKind::kFederated:
    case PrincipalKind::kService:
    case PrincipalKind::kAnonymous:
      return false;
  }
  return false;
}

}  // namespace

bool ReadPrincipal(const RequestPrincipal& principal, Caller* caller) noexcept {
  using Declared = RequestPrincipal::Declared;
  *caller = Caller();
  caller->id = principal.id;
  caller->name = principal.name;
  std::string_view rest = principal.name;
  if (principal.declared == Declared::kService) {
    caller->kind = PrincipalKind::kService;
    caller->account = principal.account;
    return !rest.empty() && rest != "*" &&
           rest.find(':') == std::string_view::npos;
  }
  if (rest == "*") {
    return principal.declared == Declared::kByName && principal.account.empty();
  }
  if (!Take("acs:ram::", &rest)) return false;
  const size_t colon = FindNear(rest, ':', 0);
  if (colon == std::string_view::npos || colon == 0) return false;
  caller->account = rest.substr(0, colon);
  if (!principal.account.empty() && principal.account != caller->account) {
    return false;
  }
  if (!ReadRelativeId(rest.substr(colon + 1), caller)) return false;
  if (principal.declared == Declared::kServiceLinkedRole) {
    if (caller->kind != PrincipalKind::kRoleSession) return false;
    caller->kind = PrincipalKind::kServiceLinkedRole;
  }
  return true;
}

bool MatchPrincipal(const ProgramView& view, const PrincipalPattern& pattern,
                    const Caller& caller,
                    const RequestResource& resource) noexcept {
  const std::string_view first = view.Text(pattern.texts[0]);
  const std::string_view second = view.Text(pattern.texts[1]);
  switch (static_cast<PrincipalPatternKind>(pattern.kind)) {
    case PrincipalPatternKind::kEveryone:
      return true;
    case PrincipalPatternKind::kId:
      return MatchId(first, caller);
    case PrincipalPatternKind::kMembers:
      return (caller.kind == PrincipalKind::kUser || caller.is_session()) &&
             caller.account == first;
    case PrincipalPatternKind::kUser:
      return caller.kind == PrincipalKind::kUser && caller.account == first &&
             caller.name == second;
    case PrincipalPatternKind::kRole:
      return caller.is_session() && caller.account == first &&
             EqualFolded(caller.name, second);
    case PrincipalPatternKind::kSession:
      return caller.is_session() && caller.account == first &&
             EqualFolded(caller.name, second) &&
             caller.session == view.Text(pattern.texts[2]);
    case PrincipalPatternKind::kService:
      return caller.kind == PrincipalKind::kService && caller.name == first &&
             (caller.account.empty() || resource.any ||
              caller.account == resource.account());
    case PrincipalPatternKind::kFederated:
      return caller.kind == PrincipalKind::kFederated && caller.name == first;
    case PrincipalPatternKind::kNobody:
      return false;
  }
  return false;
}

}  // namespace writ
