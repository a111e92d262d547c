// SPDX-License-Identifier: Apache-2.0
#include "tests/support/request_generator.h"

#include <algorithm>

#include "tests/support/request_values.h"

namespace writ::reference {
namespace {

// The row of `value`, or the number of rows when it is in none.
size_t RowOf(const std::vector<Texts>& rows, const std::string& value) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (std::find(rows[i].begin(), rows[i].end(), value) != rows[i].end()) {
      return i;
    }
  }
  return rows.size();
}

}  // namespace

uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

GeneratedCase CaseGenerator::Make() {
  GeneratedCase one;
  one.request = MakeRequest();
  MakePolicies(&one);
  return one;
}

GeneratedCase CaseGenerator::Edited(GeneratedCase one) {
  Edit(&one);
  return one;
}

// ---- requests --------------------------------------------------------------

GeneratedRequest CaseGenerator::MakeRequest() {
  GeneratedRequest request;
  MakePrincipal(&request);
  MakeTarget(&request);
  MakeContext(&request);
  return request;
}

void CaseGenerator::MakePrincipal(GeneratedRequest* request) {
  request->account = random_.Percent(80) ? kHomeAccount : kOtherAccount;
  const std::string head = "acs:ram::" + request->account + ":";
  const size_t kind = random_.Below(100);
  if (kind < 45) {
    request->principal = head + "user/alice";
    request->principal_id = "2700000000000001";
  } else if (kind < 70) {
    request->principal = head + "role/Worker/s1";
    request->principal_id = "300001:s1";
    if (kind < 50) request->principal_type = "ServiceLinkedRole";
  } else if (kind < 80) {
    request->principal = head + "root";
  } else if (kind < 84) {
    request->principal = head + "saml-provider/corp";
  } else if (kind < 88) {
    request->principal = head + "oidc-provider/gh";
  } else if (kind < 94) {
    request->principal = "fc.aliyuncs.com";
    request->principal_type = "Service";
    request->send_account = true;
  } else if (kind < 98) {
    request->principal = "*";
    request->account.clear();
  } else {
    const std::string bad[] = {"alice", head + "role/Worker", head + "group/g",
                               head + "user/", "acs:ram::"};
    request->principal = random_.Pick(bad);
  }
  if (random_.Percent(30)) request->principal_id.clear();
  request->management = random_.Percent(4);
}

void CaseGenerator::MakeTarget(GeneratedRequest* request) {
  const size_t kind = random_.Below(100);
  std::string owner(random_.Percent(70)   ? request->account
                    : random_.Percent(70) ? kOtherAccount
                    : random_.Percent(50) ? std::string_view("")
                                          : std::string_view("*"));
  if (owner.empty() && random_.Percent(70)) owner = kHomeAccount;
  const auto arn = [&](std::string_view service, std::string_view region,
                       std::string_view rest) {
    return "acs:" + std::string(service) + ":" + std::string(region) + ":" +
           owner + ":" + std::string(rest);
  };
  if (kind < 35) {
    const std::string actions[] = {"fc:InvokeFunction", "fc:GetFunction",
                                   "FC:invokefunction"};
    const std::string names[] = {
        "functions/web",   "functions/web/LATEST", "services/s.1/functions/f",
        "functions/Größe", "functions/a:b",        ""};
    request->action = random_.Pick(actions);
    request->resources = {arn("fc", "cn-hangzhou", random_.Pick(names))};
  } else if (kind < 60) {
    const std::string actions[] = {"oss:GetObject", "oss:PutObject"};
    const std::string names[] = {"b/o", "b/dir/日本.txt", "b"};
    request->action = random_.Pick(actions);
    request->resources = {arn("oss", "oss-cn-hangzhou", random_.Pick(names))};
  } else if (kind < 78) {
    request->action = random_.Percent(85) ? "sts:AssumeRole" : "STS:assumerole";
    const std::string names[] = {"role/Deployer", "role/deployer"};
    request->resources = {arn("ram", "", random_.Pick(names))};
  } else if (kind < 88) {
    const std::string actions[] = {"ram:GetRole", "ram:PassRole",
                                   "ram:GetUser"};
    const std::string names[] = {"role/Mixed", "role/Mixed/Session",
                                 "user/Mixed"};
    request->action = random_.Pick(actions);
    request->resources = {
        arn("ram", random_.Percent(50) ? "" : "*", random_.Pick(names))};
  } else if (kind < 97) {
    request->action = "fc:ListFunctions";
    request->resources = {"*"};
  } else {
    const std::string bad[] = {"functions/web", "acs:fc:x", "", "arn:acs:f:::x",
                               "ACS:fc:::x"};
    request->action = random_.Percent(50) ? "InvokeFunction" : "fc:Get";
    request->resources = {random_.Pick(bad)};
  }
  if (random_.Percent(10)) {
    request->resources.push_back(request->resources[0] + "2");
    if (random_.Percent(30)) request->resources.push_back("*");
  }
  if (random_.Percent(40)) request->resource_group = "rg-1";
}

void CaseGenerator::MakeContext(GeneratedRequest* request) {
  const size_t count = random_.Below(5);
  for (size_t i = 0; i < count; ++i) {
    const Key& key = random_.Pick(Keys());
    const auto same = [&](const auto& entry) {
      return SameKey(entry.first, key.name);
    };
    if (std::any_of(request->context.begin(), request->context.end(), same)) {
      continue;
    }
    Texts values;
    const size_t size = random_.Percent(75)   ? 1
                        : random_.Percent(20) ? 0
                                              : 2 + random_.Below(2);
    for (size_t j = 0; j < size; ++j) {
      if (random_.Percent(7)) {
        values.push_back(random_.Pick(Unreadable()));
      } else if (key.type == 's') {
        values.push_back(random_.Pick(Strings()));
      } else {
        values.push_back(random_.Pick(random_.Pick(RowsOf(key.type))));
      }
    }
    std::string name(key.name);
    if (random_.Percent(15)) name[0] = static_cast<char>(name[0] - 32);
    request->context.emplace_back(name, values);
  }
}

// ---- policies that match ---------------------------------------------------

void CaseGenerator::MakePolicies(GeneratedCase* one) {
  const GeneratedRequest& request = one->request;
  const bool session =
      request.principal.find("role/Worker/") != std::string::npos;
  const bool assume =
      request.action.size() == 14 && (request.action[0] | 32) == 's';
  const auto add = [&](std::string_view kind) -> GeneratedPolicy& {
    one->policies.push_back(MakePolicy(request, kind));
    return one->policies.back();
  };
  if (random_.Percent(85)) add("identity");
  if (random_.Percent(15)) add("identity");
  if (random_.Percent(30)) {
    GeneratedPolicy& policy = add("identity");
    policy.group_scope = true;
    if (random_.Percent(60))
      policy.group = random_.Percent(80) ? "rg-1" : "rg-2";
    // A group document matters only when no account document allows.
    if (random_.Percent(60) && one->policies.size() > 1) {
      one->policies.erase(one->policies.begin());
    }
  }
  if (random_.Percent(30)) {
    const std::string levels[] = {"member", "folder", "root", ""};
    const size_t count = 1 + random_.Below(3);
    for (size_t i = 0; i < count; ++i) {
      GeneratedPolicy& policy = add("control");
      policy.level = random_.Pick(levels);
      if (policy.level == "folder") {
        policy.depth = static_cast<int>(random_.Below(3));
      }
      if (random_.Percent(25)) {
        policy.account = random_.Percent(50) ? kHomeAccount : kOtherAccount;
      }
    }
  }
  if (session && random_.Percent(40)) add("session");
  if (assume ? random_.Percent(92) : random_.Percent(3)) add("trust");
  const bool bucket = request.action.starts_with("oss:");
  if (bucket ? random_.Percent(65) : random_.Percent(3)) add("resource");
}

GeneratedPolicy CaseGenerator::MakePolicy(const GeneratedRequest& request,
                                          std::string_view kind) {
  GeneratedPolicy policy;
  policy.kind = kind;
  policy.statements.push_back(MakeStatement(request, kind));
  policy.statements.back().deny = random_.Percent(12);
  // Others are there, but miss by one clause.
  const size_t more = random_.Below(3);
  for (size_t i = 0; i < more; ++i) {
    GeneratedCase scratch{request, {}};
    GeneratedPolicy near_miss;
    near_miss.kind = kind;
    near_miss.statements.push_back(MakeStatement(request, kind));
    EditStatement(&scratch, &near_miss);
    if (near_miss.statements.empty()) continue;
    near_miss.statements[0].deny = random_.Percent(60);
    policy.statements.push_back(near_miss.statements[0]);
  }
  if (random_.Percent(30)) {
    std::swap(policy.statements.front(), policy.statements.back());
  }
  return policy;
}

GeneratedStatement CaseGenerator::MakeStatement(const GeneratedRequest& request,
                                                std::string_view kind) {
  GeneratedStatement statement;
  NamePrincipal(request, kind, &statement);
  if (kind == "trust") {
    statement.actions = {"sts:AssumeRole"};
  } else {
    statement.not_action = random_.Percent(8);
    const std::string others[] = {"ecs:*", "fc:Delete?unction", "oss:List*",
                                  "*:Describe*"};
    if (random_.Percent(25)) statement.actions.push_back(random_.Pick(others));
    if (!statement.not_action || statement.actions.empty()) {
      statement.actions.push_back(statement.not_action
                                      ? random_.Pick(others)
                                      : MatchingAction(request.action));
    }
    const std::string elsewhere[] = {"acs:ecs:*:*:instance/*",
                                     "acs:fc:cn-beijing:*:*",
                                     "acs:*:*:*:functions/other"};
    statement.not_resource = random_.Percent(8);
    if (statement.not_resource || random_.Percent(20)) {
      statement.resources.push_back(random_.Pick(elsewhere));
    }
    if (!statement.not_resource) {
      for (const std::string& resource : request.resources) {
        statement.resources.push_back(MatchingResource(resource));
      }
    }
  }
  const size_t tests = random_.Percent(45) ? 0 : 1 + random_.Below(2);
  for (size_t i = 0; i < tests; ++i) AddTest(request, &statement);
  return statement;
}

void CaseGenerator::NamePrincipal(const GeneratedRequest& request,
                                  std::string_view kind,
                                  GeneratedStatement* statement) {
  Texts& entries = statement->principals;
  const std::string account(request.account.empty() ? kHomeAccount
                                                    : request.account);
  const std::string head = "acs:ram::" + account + ":";
  const bool session =
      request.principal.find("role/Worker/") != std::string::npos;
  if (kind == "trust" && request.principal_type == "Service") {
    statement->principal_form = "Service";
    entries = {request.principal};
  } else if (kind == "trust" &&
             request.principal.find("-provider/") != std::string::npos) {
    statement->principal_form = "Federated";
    entries = {request.principal};
  } else if (kind == "trust") {
    statement->principal_form = "RAM";
    if (random_.Percent(30)) {
      entries.push_back("acs:ram::" + std::string(kOtherAccount) +
                        ":user/carol");
    }
    if (random_.Percent(40)) {
      entries.push_back(head + "root");
    } else if (session) {
      entries.push_back(head +
                        (random_.Percent(50) ? "role/worker" : "role/Worker"));
    } else {
      entries.push_back(head + "user/alice");
    }
  } else if (kind == "resource") {
    statement->principal_form = "bare";
    if (random_.Percent(20)) entries.push_back("2700000000000009");
    const size_t form = random_.Below(6);
    if (form == 0 || request.account.empty()) {
      if (!random_.Percent(30)) entries.push_back("*");
    } else if (form <= 2) {
      entries.push_back(account);
    } else if (session && form == 3) {
      entries.push_back(head + "role/worker");
    } else if (session && form == 4) {
      entries.push_back(head + "role/Worker/s1");
    } else if (session) {
      entries.push_back(random_.Percent(50) ? "300001" : "300001:s1");
    } else {
      entries.push_back(form == 3 ? head + "user/alice" : "2700000000000001");
    }
  }
}

std::string CaseGenerator::FlipCase(std::string text) {
  for (char& c : text) {
    const char low = static_cast<char>(c | 32);
    if (low >= 'a' && low <= 'z' && random_.Percent(40)) {
      c = static_cast<char>(c ^ 32);
    }
  }
  return text;
}

std::string CaseGenerator::MatchingAction(const std::string& action) {
  const size_t colon = action.find(':');
  if (colon == std::string::npos) return "*";
  const std::string service = action.substr(0, colon + 1);
  const std::string name = action.substr(colon + 1);
  switch (random_.Below(7)) {
    case 0:
      return "*";
    case 1:
      return service + "*";
    case 2:
      return service + name.substr(0, 3) + "*";
    case 3:
      return "*:" + name;
    case 4:
      return service + name.substr(0, 1) + "?" + name.substr(2);
    case 5:
      return FlipCase(action);
    default:
      return action;
  }
}

std::string CaseGenerator::MatchingResource(const std::string& resource) {
  const auto bad = !resource.starts_with("acs:") ||
                   std::count(resource.begin(), resource.end(), ':') < 4;
  if (bad || random_.Percent(12)) return "*";
  Texts parts;
  std::string rest = resource;
  for (int i = 0; i < 4; ++i) {
    const size_t colon = rest.find(':');
    parts.push_back(rest.substr(0, colon));
    rest.erase(0, colon + 1);
  }
  for (size_t i = 1; i < 4; ++i) {
    if (random_.Percent(35)) {
      parts[i] = "*";
    } else if (parts[i].size() > 2 && random_.Percent(20)) {
      parts[i] = parts[i].substr(0, 1) + "*" + parts[i].substr(2);
    }
  }
  const bool role = parts[1] == "ram" && rest.starts_with("role/");
  const size_t slash = rest.find('/');
  if (random_.Percent(15)) {
    rest = "*";
  } else if (slash != rest.npos && random_.Percent(30)) {
    rest = rest.substr(0, slash + 1) + "*";
  } else if (role && random_.Percent(50)) {
    rest = "role/mixed*";
  } else if (!rest.empty() && random_.Percent(15)) {
    rest = "?" + rest.substr(1);
  }
  return parts[0] + ":" + parts[1] + ":" + parts[2] + ":" + parts[3] + ":" +
         rest;
}

void CaseGenerator::AddTest(const GeneratedRequest& request,
                            GeneratedStatement* statement) {
  GeneratedTest test = MakeTest(request);
  for (const GeneratedTest& other : statement->tests) {
    if (other.op == test.op && SameKey(other.key, test.key)) return;
  }
  statement->tests.push_back(std::move(test));
}

// A test that holds for the request, or nearly always so.
GeneratedTest CaseGenerator::MakeTest(const GeneratedRequest& request) {
  GeneratedTest test;
  test.scalar = random_.Percent(50);
  std::string value;
  char type = 's';
  if (!request.context.empty() && random_.Percent(88)) {
    const auto& [key, values] = random_.Pick(request.context);
    test.key = key;
    if (random_.Percent(15)) {
      const size_t slash = std::min(key.find('/'), key.size());
      test.key = FlipCase(key.substr(0, slash)) + key.substr(slash);
    }
    type = TypeOf(key);
    if (!values.empty()) value = random_.Pick(values);
  } else {
    const Key& key = random_.Pick(Keys());
    test.key = key.name;
    type = key.type;
  }
  const bool negated = value.empty() || random_.Percent(30);
  const auto include = [&](std::string text) {
    test.values.push_back(std::move(text));
  };
  if (type == 's' || random_.Percent(6)) {
    const size_t form = random_.Below(3);
    test.op = form == 0   ? "StringLike"
              : form == 1 ? "StringEqualsIgnoreCase"
                          : "StringEquals";
    if (negated) test.op.insert(6, "Not");
    const std::string strangers[] = {"nobody", "?????????", "zz*", "É-"};
    if (negated || random_.Percent(30)) include(random_.Pick(strangers));
    if (!negated && form == 0) {
      include(random_.Percent(40)   ? "*"
              : random_.Percent(50) ? value + "*"
                                    : "*" + value);
    } else if (!negated) {
      include(form == 1 ? FlipCase(value) : value);
    }
    return test;
  }
  if (type == 'i') {
    const size_t row = RowOf(Addresses(), value);
    const bool border = random_.Percent(15);
    test.op = negated ? "NotIpAddress" : "IpAddress";
    if (border) test.op += "IncludeBorder";
    const size_t other =
        (row + 1 + random_.Below(Blocks().size() - 1)) % Blocks().size();
    if (negated || random_.Percent(30) || row == Blocks().size()) {
      include(random_.Pick(Blocks()[other]));
    }
    if (!negated && row < Blocks().size()) include(random_.Pick(Blocks()[row]));
    return test;
  }
  const std::vector<Texts>& rows = RowsOf(type);
  const size_t row = std::min(RowOf(rows, value), rows.size() - 1);
  const size_t other = (row + 1 + random_.Below(rows.size() - 1)) % rows.size();
  if (type == 'b') {
    test.op = "Bool";
    include(random_.Pick(rows[row]));
    test.unquoted = random_.Percent(20) && test.values[0].size() < 6 &&
                    (test.values[0] == "true" || test.values[0] == "false");
    return test;
  }
  const std::string family = type == 'n' ? "Numeric" : "Date";
  const size_t form = random_.Below(4);
  if (form == 0) {
    test.op = family + (negated ? "NotEquals" : "Equals");
    if (negated || random_.Percent(30)) include(random_.Pick(rows[other]));
    if (!negated) include(random_.Pick(rows[row]));
  } else if (form == 1) {
    test.op = family + (row < other ? "LessThan" : "GreaterThan");
    include(random_.Pick(rows[other]));
  } else {
    const bool less = row == other ? random_.Percent(50) : row < other;
    test.op = family + (less ? "LessThanEquals" : "GreaterThanEquals");
    include(random_.Pick(rows[random_.Percent(50) ? row : other]));
  }
  test.unquoted = type == 'n' && random_.Percent(20);
  return test;
}

}  // namespace writ::reference
