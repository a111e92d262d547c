// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>

#include "compiler/check_scope.h"
#include "grammar/members.h"

// Who may stand in a Principal (ram.md 1.5): a trust policy names RAM
// identities, services and identity providers by type, a resource policy
// lists accounts and users by number, sessions and roles, or `*`.
namespace writ {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// Wildcards have no meaning in a principal.
bool IsName(std::string_view text) {
  return !text.empty() && text.find_first_of("*?") == std::string_view::npos;
}

// Takes `acs:ram::<account>:` off the front.
bool TakeAccount(std::string_view* text) {
  constexpr std::string_view kPrefix = "acs:ram::";
  if (!text->starts_with(kPrefix)) return false;
  const size_t colon = text->find(':', kPrefix.size());
  if (colon == std::string_view::npos ||
      !AllDigits(text->substr(kPrefix.size(), colon - kPrefix.size()))) {
    return false;
  }
  text->remove_prefix(colon + 1);
  return true;
}

bool TakePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool IsRamPrincipal(std::string_view text) {
  if (!TakeAccount(&text)) return false;
  if (text == "root") return true;
  if (!TakePrefix(&text, "user/") && !TakePrefix(&text, "role/")) return false;
  return IsName(text);
}

bool IsFederatedPrincipal(std::string_view text) {
  if (!TakeAccount(&text)) return false;
  if (!TakePrefix(&text, "saml-provider/") &&
      !TakePrefix(&text, "oidc-provider/")) {
    return false;
  }
  return IsName(text);
}

bool IsServicePrincipal(std::string_view text) {
  return text.find('.') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' ||
                  c == '@';
         });
}

bool IsResourcePrincipal(std::string_view text) {
  if (text == "*" || IsRamPrincipal(text)) return true;
  const size_t colon = text.find(':');
  return AllDigits(text.substr(0, colon)) &&
         (colon == std::string_view::npos || IsName(text.substr(colon + 1)));
}

void CheckTyped(const ast::Principal::Typed& typed, const CheckScope& scope) {
  const std::string_view type = typed.type.text;
  constexpr std::string_view kTypes[] = {"RAM", "Service", "Federated"};
  if (std::find(std::begin(kTypes), std::end(kTypes), type) ==
      std::end(kTypes)) {
    const std::string_view nearest =
        type == "AWS" ? "RAM" : NearestName(type, kTypes);
    scope.Report(
        DiagnosticId::kPrincipalType, typed.type.span,
        {Excerpt(type), nearest.empty()
                            ? "write `RAM`, `Service` or `Federated`"
                            : "did you mean `" + std::string(nearest) + "`?"});
    return;
  }
  if (typed.values.items.empty()) {
    scope.Report(DiagnosticId::kEmptyList, typed.values.span,
                 {type, "name at least one principal"});
  }
  for (size_t i = 0; i < typed.values.items.size(); ++i) {
    const ast::Value& value = typed.values.items[i];
    if (value.kind != ast::Value::Kind::kString) continue;
    bool known = false;
    std::string_view help;
    if (type == "RAM") {
      known = IsRamPrincipal(value.text);
      help =
          "write `acs:ram::ACCOUNT:root`, `…:user/NAME` or `…:role/NAME`, "
          "without wildcards";
    } else if (type == "Service") {
      known = IsServicePrincipal(value.text);
      help = "write the domain of the service, like `fc.aliyuncs.com`";
    } else {
      known = IsFederatedPrincipal(value.text);
      help =
          "write `acs:ram::ACCOUNT:saml-provider/NAME` or "
          "`…:oidc-provider/NAME`";
    }
    if (known) continue;
    scope.Item(typed.values, i)
        .Report(DiagnosticId::kPrincipalFormat, value.span,
                {Excerpt(value.text), help});
  }
}

}  // namespace

void CheckPrincipal(const ast::Principal& principal, const CheckScope& scope) {
  const bool trust = scope.kind() == ast::PolicyKind::kTrust;
  const bool typed = principal.form == ast::Principal::Form::kTyped;
  if (trust != typed) {
    scope.Report(
        DiagnosticId::kPrincipalForm, principal.span,
        {KindPhrase(scope.kind()),
         trust ? "an object by type, not a list" : "a list, not an object",
         trust ? "write {\"RAM\": [...]}, {\"Service\": [...]} or "
                 "{\"Federated\": [...]}"
               : "write [\"2700000000000001\"], or [\"*\"] for everyone"});
    return;
  }
  if (typed) {
    if (principal.typed.empty()) {
      scope.Report(DiagnosticId::kEmptyList, principal.span,
                   {"Principal", "say who may take the role"});
    }
    for (const ast::Principal::Typed& entry : principal.typed) {
      CheckTyped(entry, scope.In(entry.type.text));
    }
    return;
  }
  if (principal.bare.items.empty()) {
    scope.Report(DiagnosticId::kEmptyPrincipal, principal.span);
  }
  for (size_t i = 0; i < principal.bare.items.size(); ++i) {
    const ast::Value& value = principal.bare.items[i];
    if (value.kind != ast::Value::Kind::kString ||
        IsResourcePrincipal(value.text)) {
      continue;
    }
    scope.Item(principal.bare, i)
        .Report(DiagnosticId::kPrincipalFormat, value.span,
                {Excerpt(value.text),
                 "write the number of an account or user, `ID:SESSION`, an "
                 "ARN of a user or role, or `*`"});
  }
}

}  // namespace writ
