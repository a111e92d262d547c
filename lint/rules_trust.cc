// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "lint/edit.h"
#include "lint/grants.h"
#include "lint/lint.h"

namespace writ {
namespace {

constexpr std::string_view kRamPrefix = "acs:ram::";

// The account of `acs:ram::ACCOUNT:…`.
std::string_view AccountOf(std::string_view arn) {
  if (!arn.starts_with(kRamPrefix)) return "";
  arn.remove_prefix(kRamPrefix.size());
  return arn.substr(0, arn.find(':'));
}

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

const ast::Principal::Typed* OfType(const ast::Statement& statement,
                                    std::string_view type) {
  if (!statement.principal) return nullptr;
  for (const ast::Principal::Typed& typed : statement.principal->typed) {
    if (typed.type.text == type) return &typed;
  }
  return nullptr;
}

// A condition that a caller of another account cannot satisfy by chance.
bool IsGuarded(const ast::Statement& statement) {
  return AsksForMfa(statement) || LimitsCaller(statement) ||
         PositiveTest(statement, "sts:ExternalId") != nullptr;
}

class TrustJudge {
 public:
  TrustJudge(const LintSubject& subject, Diagnostics* found)
      : subject_(subject),
        found_(found),
        scope_(CheckScope(subject.kind, subject.file.is_json, found)
                   .In("Statement")) {}

  void Judge() {
    home_ = HomeAccount();
    for (size_t i = 0; i < subject_.policy.statements.size(); ++i) {
      if (found_->full()) return;
      const ast::Statement& statement = subject_.policy.statements[i];
      if (statement.effect != ast::Effect::kAllow || !statement.principal) {
        continue;
      }
      const CheckScope at = scope_.In(i).In("Principal");
      if (subject_.kind == ast::PolicyKind::kResource) {
        JudgePublic(statement, at);
      } else {
        JudgeAccounts(statement, at);
        JudgeServices(statement, at);
        JudgeProviders(statement, at);
      }
    }
  }

 private:
  // The account the role most likely belongs to, as far as the policy says:
  // that of a provider, which is always the role's own, else the first named.
  std::string HomeAccount() const {
    std::string first;
    for (const ast::Statement& statement : subject_.policy.statements) {
      if (const auto* provider = OfType(statement, "Federated");
          provider != nullptr && !provider->values.items.empty()) {
        return std::string(AccountOf(provider->values.items[0].text));
      }
      const auto* ram = OfType(statement, "RAM");
      if (first.empty() && ram != nullptr && !ram->values.items.empty()) {
        first = AccountOf(ram->values.items[0].text);
      }
    }
    return first;
  }

  bool IsForeign(std::string_view account) const {
    const std::vector<std::string>& own = subject_.options.trusted_accounts;
    if (own.empty()) return account != home_;
    return std::find(own.begin(), own.end(), account) == own.end();
  }

  void JudgePublic(const ast::Statement& statement,
                   const CheckScope& at) const {
    const ast::Values& names = statement.principal->bare;
    const auto anyone =
        std::find_if(names.items.begin(), names.items.end(),
                     [](const ast::Value& value) { return value.text == "*"; });
    // An empty list means the same and is reported where it is checked.
    if (anyone == names.items.end() || LimitsCaller(statement)) return;
    const size_t item = static_cast<size_t>(anyone - names.items.begin());
    std::string what = "everything";
    if (statement.action && !statement.action->negated) {
      what = NameSome(statement.action->values);
    }
    Diagnostic finding =
        at.Item(names, item)
            .Draft(DiagnosticId::kPublicResource, anyone->span, {what});
    finding.label = "everyone";
    if (statement.resource && !statement.resource->values.items.empty()) {
      finding.others.push_back(
          {statement.resource->values.span, "this becomes public"});
    }
    if (statement.condition && !statement.condition->operators.empty()) {
      AddNote("the condition says nothing about account or network", &finding);
    }
    AddExample("an anonymous request from anywhere", &finding);
    at.Add(std::move(finding));
  }

  void JudgeAccounts(const ast::Statement& statement,
                     const CheckScope& principal) const {
    const ast::Principal::Typed* ram = OfType(statement, "RAM");
    if (ram == nullptr || IsGuarded(statement)) return;
    const CheckScope at = principal.In("RAM");
    std::vector<std::string_view> told;
    for (size_t i = 0; i < ram->values.items.size(); ++i) {
      const ast::Value& value = ram->values.items[i];
      const std::string_view account = AccountOf(value.text);
      if (account.empty()) continue;
      const bool foreign = IsForeign(account);
      const bool whole = value.text.ends_with(":root");
      if (!foreign && !whole) continue;
      // One finding for all principals of an account.
      if (std::find(told.begin(), told.end(), account) != told.end()) continue;
      told.push_back(account);
      Diagnostic finding =
          at.Item(ram->values, i)
              .Draft(foreign ? DiagnosticId::kCrossAccountNoGuard
                             : DiagnosticId::kRootTrust,
                     value.span, {account});
      if (foreign) {
        finding.label = whole ? "every user and role of another account"
                              : "another account";
        if (subject_.options.trusted_accounts.empty()) {
          AddNote("the policy also names account `" + home_ +
                      "`; `trusted-accounts` in the configuration says which "
                      "ones are yours",
                  &finding);
        }
      } else {
        finding.label = "all of them, now and later";
        AddExample("acs:ram::" + std::string(account) +
                       ":user/trainee, with sts:AssumeRole on the role",
                   &finding);
      }
      finding.fix = AddCondition(subject_.file, subject_.policy, statement,
                                 kMfaCondition);
      at.Add(std::move(finding));
    }
  }

  // A service of the plain form acts for the account of the role. The form
  // UID@SERVICE names another one.
  void JudgeServices(const ast::Statement& statement,
                     const CheckScope& principal) const {
    const ast::Principal::Typed* services = OfType(statement, "Service");
    if (services == nullptr || IsGuarded(statement)) return;
    const CheckScope at = principal.In("Service");
    for (size_t i = 0; i < services->values.items.size(); ++i) {
      const ast::Value& value = services->values.items[i];
      const size_t mark = value.text.find('@');
      if (mark == std::string::npos) continue;
      const std::string_view account =
          std::string_view(value.text).substr(0, mark);
      const std::vector<std::string>& own = subject_.options.trusted_accounts;
      if (!AllDigits(account) ||
          std::find(own.begin(), own.end(), account) != own.end()) {
        continue;
      }
      const std::string plain = value.text.substr(mark + 1);
      Diagnostic finding =
          at.Item(services->values, i)
              .Draft(DiagnosticId::kServiceDeputy, value.span,
                     {Excerpt(value.text), Excerpt(account), Excerpt(plain)});
      finding.label = "acts for another account";
      AddExample("somebody in account " + std::string(account) +
                     " has the service use this role",
                 &finding);
      if (std::optional<TextEdit> edit =
              ReplaceLiteral(subject_.file, value, plain)) {
        finding.fix =
            Fix{"write `" + Excerpt(plain) + "`", false, {*std::move(edit)}};
      }
      at.Add(std::move(finding));
    }
  }

  void JudgeProviders(const ast::Statement& statement,
                      const CheckScope& principal) const {
    const ast::Principal::Typed* providers = OfType(statement, "Federated");
    if (providers == nullptr) return;
    const CheckScope at = principal.In("Federated");
    for (size_t i = 0; i < providers->values.items.size(); ++i) {
      const ast::Value& value = providers->values.items[i];
      const bool saml = value.text.find(":saml-provider/") != std::string::npos;
      std::vector<std::string> missing;
      if (saml) {
        if (!PositiveTest(statement, "saml:recipient")) {
          missing.push_back("saml:recipient");
        }
      } else {
        if (!PositiveTest(statement, "oidc:aud")) missing.push_back("oidc:aud");
        if (!PositiveTest(statement, "oidc:sub")) missing.push_back("oidc:sub");
      }
      if (missing.empty()) continue;
      Diagnostic finding =
          at.Item(providers->values, i)
              .Draft(DiagnosticId::kFederatedNoAudience, value.span,
                     {Excerpt(value.text), NameSome(missing)});
      finding.label = saml ? "any assertion of the provider will do"
                           : "any token of the provider will do";
      if (saml) {
        finding.fix =
            AddCondition(subject_.file, subject_.policy, statement,
                         {"StringEquals", "saml:recipient",
                          "https://signin.alibabacloud.com/saml-role/sso",
                          "saml:recipient == "
                          "\"https://signin.alibabacloud.com/saml-role/sso\""});
      } else if (missing[0] == "oidc:aud") {
        AddExample("a token that the provider made for another application",
                   &finding);
        finding.fix =
            AddCondition(subject_.file, subject_.policy, statement,
                         {"StringEquals", "oidc:aud", "sts.aliyuncs.com",
                          "oidc:aud == \"sts.aliyuncs.com\""});
      } else {
        AddExample("a token of another user of the provider", &finding);
      }
      at.Add(std::move(finding));
      // One statement has one condition: it lacks the same for all.
      return;
    }
  }

  const LintSubject& subject_;
  Diagnostics* const found_;
  const CheckScope scope_;
  std::string home_;
};

}  // namespace

void LintTrust(const LintSubject& subject, Diagnostics* found) {
  if (subject.kind != ast::PolicyKind::kTrust &&
      subject.kind != ast::PolicyKind::kResource) {
    return;
  }
  TrustJudge(subject, found).Judge();
}

}  // namespace writ
