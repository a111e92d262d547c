// SPDX-License-Identifier: Apache-2.0
//
// The one edit that makes or breaks a generated case.
#include <algorithm>

#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"

namespace writ::reference {

void CaseGenerator::Edit(GeneratedCase* one) {
  const size_t kind = random_.Below(100);
  if (kind < 25 || one->policies.empty()) {
    EditRequest(&one->request);
  } else if (kind < 85) {
    EditStatement(one, &one->policies[random_.Below(one->policies.size())]);
  } else {
    EditPolicies(one);
  }
}

// Replaces one letter or digit behind `keep` bytes.
void CaseGenerator::Mangle(std::string* text, size_t keep) {
  for (int attempt = 0; attempt < 8 && text->size() > keep; ++attempt) {
    char& c = (*text)[keep + random_.Below(text->size() - keep)];
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'y') ||
        (c >= 'A' && c <= 'Y')) {
      c = static_cast<char>(c == '9' ? '1' : c + 1);
      return;
    }
  }
}

void CaseGenerator::EditRequest(GeneratedRequest* request) {
  switch (random_.Below(9)) {
    case 0:
      if (!request->context.empty()) request->context.pop_back();
      return;
    case 1:
      for (auto& [key, values] : request->context) {
        values.push_back(random_.Pick(Unreadable()));
        return;
      }
      return;
    case 2:
      for (auto& [key, values] : request->context) {
        const char type = TypeOf(key);
        values = {type == 's' ? random_.Pick(Strings())
                              : random_.Pick(random_.Pick(RowsOf(type)))};
        if (random_.Percent(50)) return;
      }
      return;
    case 3:
      request->resource_group = request->resource_group.empty() ? "rg-1" : "";
      return;
    case 4:
      Mangle(&request->resources[0], 4);
      return;
    case 5:
      request->resources[0] = random_.Percent(50)
                                  ? std::string("*")
                                  : FlipCase(request->resources[0]);
      return;
    case 6:
      Mangle(&request->action, 0);
      return;
    case 7:
      request->action = FlipCase(request->action);
      return;
    default:
      if (request->principal.size() > 12 && request->principal_type.empty()) {
        request->principal =
            FlipCase(request->principal.substr(0, 0)) + request->principal;
        Mangle(&request->principal, 9);
      } else {
        request->management = !request->management;
      }
      return;
  }
}

void CaseGenerator::EditStatement(GeneratedCase* one, GeneratedPolicy* policy) {
  if (policy->statements.empty()) return;
  GeneratedStatement& statement =
      policy->statements[random_.Below(policy->statements.size())];
  const bool trust = policy->kind == "trust";
  switch (random_.Below(9)) {
    case 0:
      if (!trust) {
        std::string& action = statement.actions.back();
        if (action == "*") {
          action = "ecs:*";
        } else {
          Mangle(&action, 0);
        }
      }
      return;
    case 1:
    case 2:
      if (!statement.resources.empty()) {
        std::string& resource = statement.resources.back();
        if (resource == "*") {
          resource = "acs:*:*:*:*";
        } else if (random_.Percent(50)) {
          Mangle(&resource, 4);
        } else if (random_.Percent(50)) {
          // One segment fewer: a star that crossed the colons would match.
          const size_t third = resource.find(':', resource.find(':', 4) + 1);
          const std::string tail = resource.substr(third);
          resource = "acs:*" + tail;
          if (std::count(tail.begin(), tail.end(), ':') < 3) resource += ":*";
        } else {
          resource = FlipCase(resource.substr(4)).insert(0, "acs:");
        }
      }
      return;
    case 3:
      if (!statement.principals.empty()) {
        // Behind `acs:ram::` of an ARN; a whole id, service name or `*`.
        std::string& entry = statement.principals.back();
        if (entry == "*") entry = kOtherAccount;
        Mangle(&entry, entry.starts_with("acs:ram::") ? 9 : 0);
        return;
      }
      [[fallthrough]];
    case 4:
    case 5:
    case 6:
      if (!statement.tests.empty()) {
        EditTest(&statement.tests[random_.Below(statement.tests.size())]);
      } else {
        AddTest(one->request, &statement);
        if (!statement.tests.empty()) EditTest(&statement.tests[0]);
      }
      return;
    case 7:
      statement.deny = !statement.deny;
      return;
    default:
      if (!statement.tests.empty()) {
        statement.tests.pop_back();
      } else if (!trust && random_.Percent(50)) {
        statement.not_action = !statement.not_action;
      } else if (!trust) {
        statement.not_resource = !statement.not_resource;
      }
      return;
  }
}

void CaseGenerator::EditTest(GeneratedTest* test) {
  const size_t kind = random_.Below(8);
  if (kind == 0) {
    test->values.clear();
    return;
  }
  if (kind == 1) {
    test->key = FlipCase(test->key);
    return;
  }
  if (kind <= 3) {
    // The same test with the other polarity.
    static const std::pair<std::string, std::string> kOpposites[] = {
        {"StringEquals", "StringNotEquals"},
        {"StringLike", "StringNotLike"},
        {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
        {"NumericEquals", "NumericNotEquals"},
        {"DateEquals", "DateNotEquals"},
        {"IpAddress", "NotIpAddress"},
        {"IpAddressIncludeBorder", "NotIpAddressIncludeBorder"},
        {"NumericLessThan", "NumericGreaterThanEquals"},
        {"NumericGreaterThan", "NumericLessThanEquals"},
        {"DateLessThan", "DateGreaterThanEquals"},
        {"DateGreaterThan", "DateLessThanEquals"},
    };
    for (const auto& [one, other] : kOpposites) {
      if (test->op == one) {
        test->op = other;
        return;
      }
      if (test->op == other) {
        test->op = one;
        return;
      }
    }
  }
  if (test->values.empty()) return;
  std::string& value = test->values[random_.Below(test->values.size())];
  if (test->op.starts_with("String")) {
    value = kind == 4 ? FlipCase(value) : random_.Pick(Strings());
  } else if (test->op.find("Ip") != std::string::npos) {
    value = random_.Pick(random_.Pick(Blocks()));
  } else {
    value =
        random_.Pick(random_.Pick(RowsOf(test->op == "Bool"          ? 'b'
                                         : test->op.starts_with("D") ? 'd'
                                                                     : 'n')));
    test->unquoted = false;
  }
}

void CaseGenerator::EditPolicies(GeneratedCase* one) {
  GeneratedPolicy& policy = one->policies[random_.Below(one->policies.size())];
  switch (random_.Below(6)) {
    case 0:
      one->policies.erase(
          one->policies.begin() +
          static_cast<std::ptrdiff_t>(random_.Below(one->policies.size())));
      return;
    case 1:
      if (policy.kind == "identity") {
        policy.group_scope = !policy.group_scope;
        policy.group.clear();
      }
      return;
    case 2:
      if (policy.group_scope) {
        policy.group = policy.group == "rg-1" ? "rg-2" : "rg-1";
      }
      return;
    case 3:
      if (policy.kind == "control") {
        policy.level = policy.level == "folder" ? "member" : "folder";
        policy.depth = static_cast<int>(random_.Below(3));
      }
      return;
    case 4:
      if (policy.kind == "control") {
        policy.account = policy.account.empty()
                             ? std::string(random_.Percent(50) ? kHomeAccount
                                                               : kOtherAccount)
                             : std::string();
      }
      return;
    default: {
      GeneratedStatement statement = MakeStatement(one->request, policy.kind);
      statement.deny = true;
      policy.statements.push_back(std::move(statement));
      return;
    }
  }
}

}  // namespace writ::reference
