// SPDX-License-Identifier: Apache-2.0
#include "control/gate.h"

#include <array>
#include <utility>

namespace writ {
namespace {

constexpr std::string_view kLatest = "LATEST";

// Fills in one ARN template.
Result<std::string> Expand(std::string_view pattern,
                           const Parameters& parameters,
                           std::string_view region, std::string_view account) {
  std::string arn;
  while (!pattern.empty()) {
    const size_t open = pattern.find('{');
    arn += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = pattern.find('}', open);
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    pattern.remove_prefix(close + 1);
    if (name == "region") {
      arn += region;
    } else if (name == "account") {
      arn += account;
    } else {
      const std::string* value = parameters.Find(name);
      if (value == nullptr || value->empty()) return InvalidArgument(name);
      arn += *value;
    }
  }
  return arn;
}

// The members of AccessDeniedDetail (ram.md part 7).
AccessDeniedDetail DetailOf(const AuthenticatedCaller& caller,
                            const Operation& operation,
                            const Decision& decision) {
  AccessDeniedDetail detail;
  detail.auth_action = operation.action;
  detail.auth_principal_type =
      caller.kind == CallerKind::kRoot ? "RootUser" : "SubUser";
  detail.auth_principal_owner_id = caller.account;
  detail.auth_principal_display_name = caller.user_id;
  // What no policy says falls in the layer `default`; for an implicit deny
  // clients expect the layer that had nothing to say.
  std::string_view policy_type = LayerPolicyType(decision.layer);
  if (policy_type.empty()) policy_type = LayerPolicyType(Layer::kIdentity);
  detail.policy_type = policy_type;
  detail.no_permission_type = decision.verdict == Verdict::kExplicitDeny
                                  ? "ExplicitDeny"
                                  : "ImplicitDeny";
  return detail;
}

}  // namespace

Result<std::vector<std::string>> BuildResources(const Operation& operation,
                                                const Parameters& parameters,
                                                std::string_view region,
                                                std::string_view account) {
  std::vector<std::string> resources;
  std::string_view rest = operation.resource;
  while (!rest.empty()) {
    const size_t space = rest.find(' ');
    WRIT_ASSIGN_OR_RETURN(std::string arn, Expand(rest.substr(0, space),
                                                  parameters, region, account));
    resources.push_back(std::move(arn));
    rest.remove_prefix(space == std::string_view::npos ? rest.size()
                                                       : space + 1);
  }
  const std::string_view qualifier = parameters.Get("qualifier");
  if (operation.product == Product::kFc && !qualifier.empty() &&
      qualifier != kLatest) {
    for (std::string& arn : resources) {
      arn += '/';
      arn += qualifier;
    }
  }
  return resources;
}

Result<Admission> Gate::Admit(const AuthenticatedCaller& caller,
                              const Operation& operation,
                              const Parameters& parameters,
                              const RequestOrigin& origin) const {
  WRIT_CHECK(operation.access == OperationAccess::kPermission);
  WRIT_ASSIGN_OR_RETURN(const std::vector<std::string> resources,
                        BuildResources(operation, parameters,
                                       directory_->region(), caller.account));
  const std::vector<std::string_view> resource_views(resources.begin(),
                                                     resources.end());

  const std::string now = FormatRfc3339(clock_->Now());
  const std::array<std::string_view, 4> values = {
      origin.source_ip, origin.secure_transport ? "true" : "false", now,
      caller.arn};
  const std::array<ContextEntry, 4> context = {{
      {"acs:SourceIp", {&values[0], 1}},
      {"acs:SecureTransport", {&values[1], 1}},
      {"acs:CurrentTime", {&values[2], 1}},
      {"acs:PrincipalARN", {&values[3], 1}},
  }};
  Request request;
  request.principal.name = caller.arn;
  request.principal.id = caller.user_id;
  request.principal.account = caller.account;
  request.action = operation.action;
  request.resources = resource_views;
  request.context = context;

  Admission admission;
  admission.snapshot = directory_->snapshot();
  admission.decision = admission.snapshot->Decide(request);
  const size_t deciding = admission.decision.resource < resources.size()
                              ? admission.decision.resource
                              : 0;
  admission.resource = resources[deciding];
  if (admission.decision.allowed()) {
    admission.permit =
        Permit(caller.account, resources[0], std::string(operation.action),
               admission.snapshot->revision());
  } else {
    admission.denial = DetailOf(caller, operation, admission.decision);
  }
  return admission;
}

Permit Gate::AdmitSystem(SystemPurpose purpose, std::string account) const {
  return Permit(std::move(account), "*",
                std::string(SystemPurposeAction(purpose)),
                directory_->state()->revision);
}

}  // namespace writ
