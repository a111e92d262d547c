// SPDX-License-Identifier: Apache-2.0
#include "cases/policy_test.h"

#include <algorithm>
#include <utility>

#include "authz/vm.h"
#include "base/limits.h"
#include "grammar/members.h"

namespace writ {
namespace {

constexpr std::string_view kTimeKey = "acs:CurrentTime";
constexpr std::pair<std::string_view, ControlLevel> kLevels[] = {
    {"member", ControlLevel::kMember},
    {"folder", ControlLevel::kFolder},
    {"root", ControlLevel::kRoot},
};
// What `given` knows besides context keys, which have a colon.
constexpr std::string_view kGivens[] = {"principal",      "principal_id",
                                        "account",        "policies",
                                        "resource_group", "now"};

// Lowers one `test` block.
class TestLowering {
 public:
  TestLowering(const WritTest& test, size_t* checks, Diagnostics* diagnostics)
      : test_(test), checks_(checks), diagnostics_(diagnostics) {}

  PolicyTest Run(const std::string& now) {
    PolicyTest result;
    result.name = test_.name.text;
    result.span = test_.span;
    for (const WritGiven& given : test_.givens) ReadGiven(given);
    SetClock(!now_.empty() ? now_ : now, &base_.request);
    if (base_.request.principal.empty()) {
      Report(DiagnosticId::kTestMissing, test_.name.span,
             {"the test", "given principal",
              "write `given principal = acs:ram::1001:user/alice;`"});
      return result;
    }
    if (test_.expectations.empty()) {
      Report(DiagnosticId::kTestMissing, test_.name.span,
             {"the test", "expect",
              "write `expect allow fc:InvokeFunction on *;`"});
    }
    for (const WritExpectation& expectation : test_.expectations) {
      AddChecks(expectation, &result);
    }
    return result;
  }

 private:
  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    diagnostics_->Add(Diagnose(id, span, "", parts));
  }

  // The one value of a given, or nothing and a finding.
  const std::string* Only(const WritGiven& given) {
    if (given.values.items.size() == 1) return &given.values.items[0].text;
    Report(DiagnosticId::kTestValue, given.values.span,
           {"`" + Excerpt(given.name.text) + "` is one value",
            "write a test for each"});
    return nullptr;
  }

  void ReadGiven(const WritGiven& given) {
    const std::string& name = given.name.text;
    CaseRequest& request = base_.request;
    if (name.find(':') != std::string::npos) {
      CaseContextEntry entry = {name, {}};
      for (const ast::Value& value : given.values.items) {
        entry.values.push_back(value.text);
      }
      request.context.push_back(std::move(entry));
      return;
    }
    if (name == "policies") {
      base_.only.emplace();
      for (const ast::Value& value : given.values.items) {
        NamedPolicy policy;
        policy.name = {value.text, value.span};
        base_.only->push_back(std::move(policy));
      }
      return;
    }
    if (std::ranges::find(kGivens, name) == std::end(kGivens)) {
      const std::string_view nearest = NearestName(name, kGivens);
      Report(
          DiagnosticId::kTestUnknownName, given.name.span,
          {"thing to give", Excerpt(name),
           nearest.empty() ? "a context key has a service before its name: "
                             "`acs:SourceIp`"
                           : "did you mean `" + std::string(nearest) + "`?"});
      return;
    }
    const std::string* value = Only(given);
    if (value == nullptr) return;
    if (name == "principal") request.principal = *value;
    if (name == "principal_id") request.principal_id = *value;
    if (name == "account") request.account = *value;
    if (name == "resource_group") request.resource_group = *value;
    if (name == "now") now_ = *value;
  }

  void AddChecks(const WritExpectation& expectation, PolicyTest* result) {
    for (const ast::Value& action : expectation.actions.items) {
      for (const ast::Value& resource : expectation.resources.items) {
        if (++*checks_ > kMaxTestChecks) {
          if (*checks_ == kMaxTestChecks + 1) {
            Report(DiagnosticId::kTestTooMany, expectation.span,
                   {std::to_string(kMaxTestChecks)});
          }
          return;
        }
        PolicyTestCheck& check = result->checks.emplace_back(base_);
        check.request.action = action.text;
        check.request.resources = {resource.text};
        check.allow = expectation.allow;
        check.explicit_deny = expectation.explicit_deny;
        check.span = expectation.span;
        for (const ast::Text& name : expectation.because) {
          check.because.push_back({name, {}});
        }
      }
    }
  }

  const WritTest& test_;
  size_t* checks_;
  Diagnostics* diagnostics_;
  PolicyTestCheck base_;
  std::string now_;
};

// A whole number, or nothing.
std::optional<uint32_t> Number(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  uint32_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  return number;
}

}  // namespace

PolicyTestFile LowerTests(std::span<const WritTest> tests,
                          const std::string& now, Diagnostics* diagnostics) {
  PolicyTestFile file;
  size_t checks = 0;
  for (const WritTest& test : tests) {
    file.tests.push_back(TestLowering(test, &checks, diagnostics).Run(now));
  }
  return file;
}

std::optional<ControlLevel> ControlLevelNamed(std::string_view name) {
  for (const auto& [word, level] : kLevels) {
    if (word == name) return level;
  }
  return std::nullopt;
}

CasePolicy MeaningOf(const ast::Policy& policy, ast::PolicyKind kind) {
  CasePolicy meaning;
  meaning.kind = kind;
  for (const ast::Annotation& annotation : policy.annotations) {
    const auto argument = [&](size_t index) -> std::string_view {
      if (index >= annotation.arguments.size()) return {};
      return annotation.arguments[index].text;
    };
    if (annotation.name.text == "level" && kind == ast::PolicyKind::kControl) {
      if (const auto level = ControlLevelNamed(argument(0))) {
        meaning.level = *level;
      }
      meaning.depth = Number(argument(1)).value_or(0);
    }
    if (annotation.name.text == "scope" && kind == ast::PolicyKind::kIdentity) {
      meaning.resource_group_scope = argument(0) == "resource-group";
      meaning.group = argument(1);
    }
  }
  return meaning;
}

void SetClock(const std::string& now, CaseRequest* request) {
  if (now.empty()) return;
  for (const CaseContextEntry& entry : request->context) {
    if (SameContextKey(entry.key, kTimeKey)) return;
  }
  request->context.push_back({std::string(kTimeKey), {now}});
}

}  // namespace writ
