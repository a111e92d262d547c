// SPDX-License-Identifier: Apache-2.0
#include "cli/workload.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "grammar/value.h"

namespace writ {
namespace {

ast::Values ValuesOf(std::vector<std::string> texts) {
  ast::Values values;
  values.is_list = texts.size() != 1;
  for (std::string& text : texts) {
    values.items.push_back({ast::Value::Kind::kString, std::move(text), {}});
  }
  return values;
}

// The fields of a line, and how many there are; those beyond the room are
// counted only.
struct Fields {
  std::array<std::string_view, 8> at;
  size_t count = 0;
};

Fields SplitLine(std::string_view line) {
  Fields fields;
  while (true) {
    const size_t tab = line.find('\t');
    if (fields.count < fields.at.size()) {
      fields.at[fields.count] = line.substr(0, tab);
    }
    ++fields.count;
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

bool IsTruth(std::string_view text) {
  return text == "true" || text == "false";
}

// Reads the lines one after the other.
class Reader {
 public:
  explicit Reader(Workload* workload) : workload_(workload) {}

  // Returns a complaint, or nothing.
  std::string_view Line(std::string_view line) {
    const Fields fields = SplitLine(line);
    if (fields.at[0] == "S") return Statement(fields);
    if (fields.at[0] == "R") return Request(fields);
    return "a line begins with S or R and a tab";
  }

 private:
  uint32_t PrincipalNamed(std::string_view name) {
    const auto [found, added] = numbers_.try_emplace(
        name, static_cast<uint32_t>(workload_->principals.size()));
    if (added) {
      WorkloadPrincipal& principal = workload_->principals.emplace_back();
      principal.name = name;
      principal.arn = "acs:ram::" + std::string(kWorkloadAccount) + ":user/" +
                      principal.name;
    }
    return found->second;
  }

  std::string_view Statement(const Fields& fields) {
    if (fields.count != 8) return "a statement has eight fields";
    const auto& [kind, id, who, effect, actions, resource, block, secure] =
        fields.at;
    if (who.empty()) return "the principal is empty";
    if (effect != "Allow" && effect != "Deny") {
      return "the effect is Allow or Deny";
    }
    std::vector<std::string> patterns;
    for (std::string_view rest = actions;;) {
      const size_t comma = rest.find(',');
      const std::string_view pattern = rest.substr(0, comma);
      if (pattern != "*" && pattern.find(':') == std::string_view::npos) {
        return "an action is `*` or service:name";
      }
      patterns.emplace_back(pattern);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (resource != "*" && (!resource.starts_with("acs:") ||
                            std::ranges::count(resource, ':') < 4)) {
      return "a resource is `*` or acs:service:region:account:id";
    }
    std::vector<WorkloadTest> tests;
    if (block != "-") {
      if (!ParseCidr(block)) return "not a block of addresses";
      tests.push_back(
          {Operator::kIpAddress, "acs:SourceIp", {std::string(block)}});
    }
    if (secure != "-") {
      if (!IsTruth(secure)) return "the last field is true, false or -";
      tests.push_back(
          {Operator::kBool, "acs:SecureTransport", {std::string(secure)}});
    }
    WorkloadPrincipal& principal = workload_->principals[PrincipalNamed(who)];
    if (principal.units.empty()) {
      const auto number = static_cast<uint32_t>(workload_->policies.size());
      workload_->policies.emplace_back();
      principal.units.push_back({.policies = {number}});
    }
    workload_->policies[principal.units[0].policies[0]]
        .policy.statements.push_back(MakeStatement(
            effect == "Deny" ? ast::Effect::kDeny : ast::Effect::kAllow,
            std::move(patterns), std::string(resource), std::move(tests)));
    ++workload_->statements;
    return {};
  }

  std::string_view Request(const Fields& fields) {
    if (fields.count != 7) return "a request has seven fields";
    const auto& [kind, who, action, resource, address, secure, allowed, none] =
        fields.at;
    if (who.empty()) return "the principal is empty";
    if (!IsTruth(secure)) return "secure is true or false";
    if (allowed != "1" && allowed != "0" && allowed != "-") {
      return "the last field is 1, 0 or -";
    }
    WorkloadRequest request;
    request.principal = PrincipalNamed(who);
    request.action = action;
    request.resource = resource;
    request.address = address;
    request.secure = secure;
    if (allowed != "-") request.allowed = allowed == "1";
    workload_->requests.push_back(request);
    return {};
  }

  Workload* const workload_;
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

}  // namespace

ast::Statement MakeStatement(ast::Effect effect,
                             std::vector<std::string> actions,
                             std::string resource,
                             std::vector<WorkloadTest> tests) {
  ast::Statement statement;
  statement.effect = effect;
  statement.action.emplace().values = ValuesOf(std::move(actions));
  statement.resource.emplace().values = ValuesOf({std::move(resource)});
  if (tests.empty()) return statement;
  ast::Condition& condition = statement.condition.emplace();
  for (WorkloadTest& test : tests) {
    ast::ConditionOperator& op = condition.operators.emplace_back();
    op.name.text = InfoOf(test.op).json;
    op.op = test.op;
    op.tests.push_back(
        {{std::move(test.key), {}}, ValuesOf(std::move(test.values))});
  }
  return statement;
}

Result<Workload> ReadWorkload(std::string name, std::string text) {
  Workload workload;
  workload.name = std::move(name);
  const std::string_view whole = workload.texts.emplace_back(std::move(text));
  Reader reader(&workload);
  size_t number = 0;
  for (std::string_view rest = whole; !rest.empty();) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    ++number;
    if (const std::string_view complaint = reader.Line(line);
        !complaint.empty()) {
      return InvalidArgument("line " + std::to_string(number) + ": " +
                             std::string(complaint));
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (workload.statements == 0) {
    return InvalidArgument("there is no statement");
  }
  if (workload.requests.empty()) {
    return InvalidArgument("there is no request");
  }
  for (WorkloadRequest& request : workload.requests) {
    request.name = workload.principals[request.principal].name;
  }
  return workload;
}

void ShuffleRequests(uint64_t seed, Workload* workload) {
  std::vector<WorkloadRequest>& requests = workload->requests;
  for (size_t left = requests.size(); left > 1; --left) {
    std::swap(requests[left - 1],
              requests[HashMix(seed + left, 0x9e3779b97f4a7c15u) % left]);
  }
  size_t bytes = 0;
  for (const WorkloadRequest& request : requests) {
    bytes += request.name.size() + request.action.size() +
             request.resource.size() + request.address.size() +
             request.secure.size();
  }
  std::string& packed = workload->texts.emplace_back();
  packed.reserve(bytes);
  for (WorkloadRequest& request : requests) {
    for (std::string_view* text :
         {&request.name, &request.action, &request.resource, &request.address,
          &request.secure}) {
      const size_t at = packed.size();
      packed += *text;
      *text = std::string_view(packed).substr(at);
    }
  }
}

void KeepRequests(size_t count, Workload* workload) {
  if (count >= workload->requests.size()) return;
  std::ranges::stable_partition(workload->requests,
                                [](const WorkloadRequest& request) {
                                  return request.allowed.has_value();
                                });
  workload->requests.resize(count);
}

}  // namespace writ
