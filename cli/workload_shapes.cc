// SPDX-License-Identifier: Apache-2.0
//
// Statements are drawn over a space of names that grows with their number, so
// that a request has about as many determining statements at every size; what
// is left to grow is the cost of finding them. Four requests in five are drawn
// to match one statement in action, resource and context; the others miss it
// by a name.
#include "cli/workload_shapes.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "authz/match_glob.h"
#include "base/hash.h"

namespace writ {
namespace {

constexpr std::string_view kActions[] = {
    "fc:InvokeFunction", "fc:GetFunction",    "fc:GetFunctionCode",
    "fc:UpdateFunction", "fc:DeleteFunction", "fc:ListFunctions",
    "fc:CreateAlias",    "fc:GetAlias",       "fc:UpdateAlias",
    "fc:DeleteAlias",    "fc:ListAliases",    "fc:PublishVersion",
    "fc:TagResource",    "oss:GetObject",     "oss:GetObjectAcl",
    "oss:PutObject",     "oss:PutObjectAcl",  "oss:DeleteObject",
    "oss:RestoreObject", "oss:ListParts",     "oss:AbortUpload",
};
constexpr std::string_view kFcPatterns[] = {
    "fc:InvokeFunction", "fc:Get*",           "fc:List*",
    "fc:Update*",        "fc:*Function",      "fc:*Alias",
    "fc:Delete*",        "fc:PublishVersion", "fc:*",
    "fc:Get*Code"};
constexpr std::string_view kOssPatterns[] = {
    "oss:GetObject", "oss:Get*", "oss:Put*",  "oss:*Object",
    "oss:*Acl",      "oss:*",    "oss:List*", "oss:Delete*"};
constexpr std::string_view kBlocks[] = {"10.0.0.0/8",     "10.1.0.0/16",
                                        "192.168.0.0/16", "203.0.113.0/24",
                                        "172.16.0.0/12",  "198.51.100.0/25"};
constexpr std::string_view kAddresses[] = {
    "10.1.2.3",   "10.9.9.9", "192.168.7.7",   "203.0.113.5",
    "172.20.1.1", "8.8.8.8",  "198.51.100.200"};

class Maker {
 public:
  Maker(const WorkloadShapeInfo& shape, size_t statements)
      : shape_(shape.shape),
        state_(HashBytes(shape.name, statements)),
        space_(std::max<size_t>(2, statements / 5)) {
    workload_.name = shape.name;
  }

  Workload Make(size_t statements, size_t requests) {
    switch (shape_) {
      case WorkloadShape::kWide:
        space_ = 40;
        for (size_t made = 0; made < statements; made += 20) {
          AddPrincipal(made / 20);
          AddPolicy({}, std::min<size_t>(20, statements - made), 15);
        }
        break;
      case WorkloadShape::kLayers:
        AddLayers(statements);
        break;
      case WorkloadShape::kDeny:
        AddPrincipal(0);
        AddPolicy({}, statements, 40);
        break;
      case WorkloadShape::kDeep:
      case WorkloadShape::kConditions:
      case WorkloadShape::kHostile:
        AddPrincipal(0);
        AddPolicy({}, statements, 15);
        break;
    }
    for (size_t i = 0; i < requests; ++i) AddRequest();
    return std::move(workload_);
  }

 private:
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    return HashMix(state_, 0xd6e8feb86659fd93u ^ state_);
  }
  size_t Below(size_t bound) { return Next() % bound; }
  bool Percent(size_t share) { return Below(100) < share; }
  template <typename List>
  auto Pick(const List& list) {
    return list[Below(std::size(list))];
  }
  static std::string Join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
  }
  std::string Number(size_t bound) { return std::to_string(Below(bound)); }
  // A view of `text` that lives as long as the workload.
  std::string_view Keep(std::string text) {
    return workload_.texts.emplace_back(std::move(text));
  }

  void AddPrincipal(size_t number) {
    WorkloadPrincipal& principal = workload_.principals.emplace_back();
    principal.name = "user-" + std::to_string(number);
    principal.arn =
        Join({"acs:ram::", kWorkloadAccount, ":user/", principal.name});
  }

  // A policy of `count` statements for the last principal, in a unit of its own
  // or in its identity unit. A document that bounds begins with an Allow of
  // everything and then denies.
  void AddPolicy(WorkloadUnit unit, size_t count, size_t deny_share) {
    const auto number = static_cast<uint32_t>(workload_.policies.size());
    WorkloadPolicy& policy = workload_.policies.emplace_back();
    const bool bounds = unit.kind != AttachmentKind::kIdentity;
    if (unit.kind == AttachmentKind::kControl) {
      policy.kind = ast::PolicyKind::kControl;
    } else if (unit.kind == AttachmentKind::kSession) {
      policy.kind = ast::PolicyKind::kSession;
    }
    for (size_t i = 0; i < count; ++i) {
      if (bounds && i == 0) {
        policy.policy.statements.push_back(
            MakeStatement(ast::Effect::kAllow, {"*"}, "*", {}));
        continue;
      }
      policy.policy.statements.push_back(
          DrawStatement(Percent(bounds ? 100 : deny_share)));
    }
    workload_.statements += count;
    std::vector<WorkloadUnit>& units = workload_.principals.back().units;
    if (!bounds && !units.empty()) {
      units.front().policies.push_back(number);
      return;
    }
    unit.policies = {number};
    units.push_back(std::move(unit));
  }

  // A user with groups, a role in a session, and what bounds them both.
  void AddLayers(size_t statements) {
    const size_t bounding = std::max<size_t>(1, statements / 20);
    const size_t group = std::max<size_t>(1, statements / 10);
    const size_t session = group;
    const size_t role = std::max<size_t>(1, statements / 5);
    AddPrincipal(0);
    AddPolicy({}, statements - 3 * bounding - 3 * group - session - role, 15);
    for (int i = 0; i < 3; ++i) AddPolicy({}, group, 15);
    AddPolicy({.policies = {},
               .kind = AttachmentKind::kControl,
               .level = ControlLevel::kMember},
              bounding, 100);
    AddPolicy({.policies = {},
               .kind = AttachmentKind::kControl,
               .level = ControlLevel::kFolder,
               .depth = 1},
              bounding, 100);
    AddPolicy({.policies = {},
               .kind = AttachmentKind::kControl,
               .level = ControlLevel::kRoot},
              bounding, 100);
    const std::vector<WorkloadUnit> user = workload_.principals[0].units;

    WorkloadPrincipal& principal = workload_.principals.emplace_back();
    principal.name = "role-1";
    principal.arn = Join({"acs:ram::", kWorkloadAccount, ":role/role-1/s-1"});
    AddPolicy({}, role, 15);
    AddPolicy({.policies = {}, .kind = AttachmentKind::kSession}, session, 100);
    for (const WorkloadUnit& unit : user) {
      if (unit.kind != AttachmentKind::kControl) continue;
      workload_.principals.back().units.push_back(unit);
    }
  }

  std::string FunctionPattern() {
    const std::string stem =
        Join({"acs:fc:cn-hangzhou:", kWorkloadAccount, ":functions/"});
    if (shape_ == WorkloadShape::kHostile) return stem + HostilePattern();
    const std::string name = Number(space_);
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Join({stem, "svc-", name, "-*"});
      case 4:
      case 5:
      case 6:
        return Join({stem, "svc-", name, "-fn-", Number(10)});
      case 7:
        return Join({stem, "*-fn-", name});
      default:
        return Join({stem, "svc-", name, "-*-", Number(10)});
    }
  }

  // Stars around texts that begin alike; half of them end in one.
  std::string HostilePattern() {
    const std::string a = Number(space_);
    switch (Below(8)) {
      case 0:
      case 1:
        return Join({"*a*a", a, "*b"});
      case 2:
      case 3:
        return Join({"*a", a, "*a", Number(space_), "*b"});
      case 4:
        return Join({"*a*a*b", a});
      case 5:
        return Join({"*a*a*a*a*a*b", a, "b"});
      case 6:
        return Join({"*a?a", a, "*b*b", Number(space_)});
      default:
        return Join({"*a", a, "*a*b*"});
    }
  }

  std::string BucketPattern() {
    const std::string stem = Join({"acs:oss:*:*:bucket-", Number(space_)});
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return stem + "/*";
      case 5:
      case 6:
      case 7:
        return stem + "/data/*/img.jpg";
      default:
        return stem + "/logs/2026-*";
    }
  }

  ast::Statement DrawStatement(bool deny) {
    const bool function = shape_ == WorkloadShape::kHostile || Percent(65);
    std::vector<std::string> actions;
    for (size_t i = 0; i < 1 + Below(2); ++i) {
      actions.emplace_back(function ? Pick(kFcPatterns) : Pick(kOssPatterns));
    }
    std::vector<WorkloadTest> tests;
    if (shape_ == WorkloadShape::kConditions) {
      tests = DrawConditions();
    } else {
      const size_t draw = Below(10);
      if (draw < 6) {
        tests.push_back({Operator::kIpAddress,
                         "acs:SourceIp",
                         {std::string(Pick(kBlocks))}});
      }
      if (draw >= 4) {
        tests.push_back({Operator::kBool,
                         "acs:SecureTransport",
                         {Percent(90) ? "true" : "false"}});
      }
    }
    return MakeStatement(
        deny ? ast::Effect::kDeny : ast::Effect::kAllow, std::move(actions),
        function ? FunctionPattern() : BucketPattern(), std::move(tests));
  }

  static std::string Day(size_t day) {
    const std::string number = std::to_string(1 + day % 28);
    return Join({"2026-", day / 28 % 12 < 9 ? "0" : "",
                 std::to_string(1 + day / 28 % 12),
                 number.size() < 2 ? "-0" : "-", number, "T00:00:00Z"});
  }

  // One to three tests of different keys.
  std::vector<WorkloadTest> DrawConditions() {
    std::vector<WorkloadTest> tests;
    const size_t first = Below(6);
    const size_t count = 1 + Below(3);
    for (size_t i = 0; i < count; ++i) {
      switch ((first + i) % 6) {
        case 0:
          tests.push_back({Percent(50) ? Operator::kDateLessThan
                                       : Operator::kDateGreaterThanEquals,
                           "acs:CurrentTime",
                           {Day(Below(336))}});
          break;
        case 1:
          tests.push_back({Percent(50) ? Operator::kNumericLessThanEquals
                                       : Operator::kNumericGreaterThan,
                           "oss:MaxKeys",
                           {Number(1000)}});
          break;
        case 2:
          tests.push_back({Operator::kStringLike,
                           "acs:UserAgent",
                           {Join({"agent-", Number(20), "/*"}),
                            Join({"*build-", Number(20), "*"})}});
          break;
        case 3: {
          WorkloadTest test = {Operator::kStringEquals, "acs:SourceVpc", {}};
          for (size_t n = 1 + Below(8); n > 0; --n) {
            test.values.push_back("vpc-" + Number(40));
          }
          tests.push_back(std::move(test));
          break;
        }
        case 4:
          tests.push_back(
              {Percent(80) ? Operator::kIpAddress : Operator::kNotIpAddress,
               "acs:SourceIp",
               {std::string(Pick(kBlocks)), std::string(Pick(kBlocks))}});
          break;
        default:
          tests.push_back({Operator::kStringNotEquals,
                           "acs:PrincipalTag/team",
                           {"team-" + Number(10)}});
          break;
      }
    }
    return tests;
  }

  // `pattern` with texts for its wildcards.
  std::string Fill(std::string_view pattern) {
    std::string text;
    for (const char c : pattern) {
      if (c == '?') {
        text += 'x';
      } else if (c != '*') {
        text += c;
      } else if (shape_ == WorkloadShape::kHostile) {
        for (size_t n = Below(6); n > 0; --n) text += Percent(80) ? 'a' : 'b';
      } else {
        text += Join({Pick(kFillers), "-", Number(100000)});
      }
    }
    return text;
  }

  void AddRequest() {
    const size_t who = Below(workload_.principals.size());
    const WorkloadPrincipal& principal = workload_.principals[who];
    const uint32_t chosen =
        principal.units[0].policies[Below(principal.units[0].policies.size())];
    const ast::Policy& policy = workload_.policies[chosen].policy;
    const ast::Statement& like =
        policy.statements[Below(policy.statements.size())];
    const bool hit = Percent(80);

    WorkloadRequest request;
    request.principal = static_cast<uint32_t>(who);
    request.name = principal.name;
    request.action = hit ? ActionOf(like) : Pick(kActions);
    request.resource = ResourceLike(like, hit);
    request.address = Pick(kAddresses);
    request.secure = Percent(90) ? "true" : "false";
    if (shape_ == WorkloadShape::kConditions) request.more = DrawContext();
    workload_.requests.push_back(request);
  }

  std::string_view ActionOf(const ast::Statement& statement) {
    const std::string& pattern = Pick(statement.action->values.items).text;
    const size_t from = Below(std::size(kActions));
    for (size_t i = 0; i < std::size(kActions); ++i) {
      const std::string_view action =
          kActions[(from + i) % std::size(kActions)];
      if (MatchGlob(pattern, action)) return action;
    }
    return Pick(kActions);
  }

  std::string_view ResourceLike(const ast::Statement& statement, bool hit) {
    const std::string& pattern = statement.resource->values.items[0].text;
    constexpr std::string_view kAnywhere = "acs:oss:*:*:";
    std::string text;
    if (pattern.starts_with(kAnywhere)) {
      text = Join({"acs:oss:cn-hangzhou:", kWorkloadAccount, ":"}) +
             Fill(std::string_view(pattern).substr(kAnywhere.size()));
    } else {
      text = Fill(pattern);
    }
    if (!hit && shape_ == WorkloadShape::kHostile) {
      text += std::string(20 + Below(40), 'a');
    } else if (!hit) {
      text.back() = text.back() == '0' ? '1' : '0';
    }
    return Keep(std::move(text));
  }

  std::span<const ContextEntry> DrawContext() {
    std::vector<ContextEntry>& context = workload_.contexts.emplace_back();
    const auto add = [&](std::string_view key, std::vector<std::string> texts) {
      std::vector<std::string_view>& values = workload_.values.emplace_back();
      for (std::string& text : texts) values.push_back(Keep(std::move(text)));
      context.push_back({key, values});
    };
    add("acs:CurrentTime", {Day(Below(336))});
    add("oss:MaxKeys", {Number(1000)});
    add("acs:UserAgent",
        {Join({"agent-", Number(20), "/1.0 build-", Number(20), " x86"})});
    add("acs:SourceVpc", {"vpc-" + Number(40)});
    std::vector<std::string> teams;
    for (size_t n = 1 + Below(3); n > 0; --n) {
      teams.push_back("team-" + Number(10));
    }
    add("acs:PrincipalTag/team", std::move(teams));
    return context;
  }

  static constexpr std::string_view kFillers[] = {"fn",   "x",    "img", "log",
                                                  "data", "prod", "eu"};

  const WorkloadShape shape_;
  uint64_t state_;
  size_t space_;  // of names
  Workload workload_;
};

}  // namespace

const WorkloadShapeInfo* FindWorkloadShape(std::string_view name) {
  const auto found =
      std::ranges::find(kWorkloadShapes, name, &WorkloadShapeInfo::name);
  return found == std::end(kWorkloadShapes) ? nullptr : &*found;
}

Workload MakeWorkload(const WorkloadShapeInfo& shape, size_t statements,
                      size_t requests) {
  Workload workload = Maker(shape, statements).Make(statements, requests);
  for (WorkloadRequest& request : workload.requests) {
    request.name = workload.principals[request.principal].name;
  }
  return workload;
}

}  // namespace writ
