// SPDX-License-Identifier: Apache-2.0
//
// Requests are made from what the policies themselves name. For every
// statement there is one that meets all of its clauses; then each clause is
// varied alone, over everything that any statement names in that place; then,
// as far as room is left, several clauses at once.
#include "lint/agreement.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "authz/program/program.h"
#include "authz/unit.h"
#include "base/limits.h"
#include "compiler/compile.h"
#include "grammar/print.h"
#include "grammar/value.h"
#include "lint/sample_values.h"

namespace writ {
namespace {

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOtherAction = "writ:Other";
constexpr std::string_view kOtherResource = "acs:writ::2:other";

struct SampleCaller {
  std::string name;
  std::string id;
};

// Texts that one place of a request may hold: those that a policy names first.
// Bounded: past the limit a policy's further texts are left out.
class TextPool {
 public:
  void Add(const std::string& text) {
    if (texts_.size() < kMaxSampleTexts && seen_.insert(text).second) {
      texts_.push_back(text);
    }
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::unordered_set<std::string> seen_;
};

// Callers whom a Principal names, and some who are near.
std::vector<SampleCaller> CallersOf(std::string_view type,
                                    std::string_view text) {
  const std::string name(text);
  const auto members = [](const std::string& account) {
    const std::string before = "acs:ram::" + account + ":";
    return std::vector<SampleCaller>{
        {before + "user/alice", "2000000000000001"},
        {before + "role/admin/session", "3:session"},
        {before + "root", account}};
  };
  if (type == "Service" || type == "Federated") return {{name, ""}};
  if (text == "*") return {{"*", ""}, {"acs:ram::1:user/alice", "5"}};
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::vector<SampleCaller> callers = members(name);
    callers.push_back({"acs:ram::1:user/bob", name});
    callers.push_back({"acs:ram::1:role/r/s", name + ":s"});
    return callers;
  }
  if (!text.starts_with("acs:")) return {{"acs:ram::1:role/r/s", name}};
  const size_t colon = text.find(':', 9);
  const std::string account =
      colon == std::string_view::npos ? "1" : name.substr(9, colon - 9);
  if (text.ends_with(":root")) return members(account);
  const size_t role = text.find(":role/");
  if (role == std::string_view::npos) return {{name, "7"}};
  if (text.find('/', role + 6) != std::string_view::npos) {
    return {{name, "8:s"}, {name + "x", "8:sx"}};
  }
  return {{name + "/session", "8:session"}};
}

struct ContextTest {
  const OperatorInfo* op;
  const ast::Values* values;
};

std::string StatementText(const ast::Statement& statement) {
  ast::Policy policy;
  policy.statements.push_back(statement);
  return PrintJson(policy, JsonLayout::kMinified);
}

// Makes requests for one or more policies; made for one call.
class Sampler {
 public:
  Sampler(std::span<const ast::Policy* const> policies, ast::PolicyKind kind,
          size_t most)
      : kind_(kind), most_(most) {
    // Statements that not every policy has tell them apart: they go first.
    std::map<std::string, size_t, std::less<>> holders;
    std::vector<std::pair<std::string, const ast::Statement*>> all;
    for (const ast::Policy* policy : policies) {
      std::unordered_set<std::string> own;
      for (const ast::Statement& statement : policy->statements) {
        std::string text = StatementText(statement);
        if (own.insert(text).second) ++holders[text];
        all.emplace_back(std::move(text), &statement);
      }
    }
    std::stable_partition(all.begin(), all.end(), [&](const auto& entry) {
      return holders[entry.first] < policies.size();
    });
    std::unordered_set<std::string> used;
    for (const auto& [text, statement] : all) {
      if (used.insert(text).second) statements_.push_back(statement);
    }
    FillPools();
  }

  std::vector<SampleRequest> Run() {
    std::vector<SampleRequest> bases;
    for (const ast::Statement* statement : statements_) {
      bases.push_back(BaseOf(*statement));
      Add(bases.back());
    }
    for (size_t i = 0; i < bases.size() && !full(); ++i) {
      VaryEach(*statements_[i], bases[i]);
    }
    for (size_t i = 0; !bases.empty() && i < most_ / 2 && !full(); ++i) {
      VarySeveral(bases[i % bases.size()]);
    }
    return std::move(requests_);
  }

 private:
  bool full() const { return requests_.size() >= most_; }

  bool HasPrincipals() const {
    return kind_ == ast::PolicyKind::kTrust ||
           kind_ == ast::PolicyKind::kResource;
  }

  void Add(SampleRequest request) {
    if (!full()) requests_.push_back(std::move(request));
  }

  static void AddPatterns(PatternKind kind, const ast::PatternList& list,
                          TextPool* pool) {
    for (const ast::Value& value : list.values.items) {
      for (const std::string& text : PatternInstances(kind, value.text)) {
        pool->Add(text);
      }
    }
  }
  static void AddMisses(PatternKind kind, const ast::PatternList& list,
                        TextPool* pool) {
    for (const ast::Value& value : list.values.items) {
      const std::vector<std::string> texts = PatternInstances(kind, value.text);
      if (texts.empty()) continue;
      for (const std::string& text : NearMisses(texts[0])) pool->Add(text);
    }
  }

  void FillPools() {
    for (const ast::Statement* statement : statements_) {
      if (statement->action) {
        AddPatterns(PatternKind::kAction, *statement->action, &actions_);
      }
      if (statement->resource) {
        AddPatterns(PatternKind::kResource, *statement->resource, &resources_);
      }
      if (statement->principal) AddCallers(*statement->principal);
      if (statement->condition) AddContext(*statement->condition);
    }
    actions_.Add(std::string(kOtherAction));
    resources_.Add("*");
    resources_.Add(std::string(kOtherResource));
    for (const ast::Statement* statement : statements_) {
      if (statement->action) {
        AddMisses(PatternKind::kAction, *statement->action, &actions_);
      }
      if (statement->resource) {
        AddMisses(PatternKind::kResource, *statement->resource, &resources_);
      }
    }
    callers_.push_back({"acs:ram::" + std::string(kAccount) + ":user/alice",
                        "2000000000000009"});
    if (HasPrincipals()) callers_.push_back({"*", ""});
  }

  void AddCallers(const ast::Principal& principal) {
    const auto add = [this](std::string_view type, const ast::Values& values) {
      for (const ast::Value& value : values.items) {
        if (callers_.size() >= kMaxSampleTexts) return;
        for (SampleCaller& caller : CallersOf(type, value.text)) {
          callers_.push_back(std::move(caller));
        }
      }
    };
    add("", principal.bare);
    for (const ast::Principal::Typed& typed : principal.typed) {
      add(typed.type.text, typed.values);
    }
  }

  void AddContext(const ast::Condition& condition) {
    for (const ast::ConditionOperator& op : condition.operators) {
      if (!op.op) continue;
      for (const ast::ConditionTest& test : op.tests) {
        TextPool& pool = context_[FoldConditionKey(test.key.text)];
        for (const ast::Value& value : test.values.items) {
          for (const std::string& text :
               ValueSamples(InfoOf(*op.op), value.text)) {
            pool.Add(text);
          }
        }
        pool.Add("");
      }
    }
  }

  static bool Means(PatternKind kind, const ast::PatternList& list,
                    std::string_view text) {
    const bool named =
        std::any_of(list.values.items.begin(), list.values.items.end(),
                    [&](const ast::Value& value) {
                      return PatternMatches(kind, value.text, text);
                    });
    return named != list.negated;
  }

  // A text that the list means: of its own, or any that is known.
  static std::string TextFor(PatternKind kind,
                             const std::optional<ast::PatternList>& list,
                             const TextPool& pool, std::string_view otherwise) {
    if (!list) return std::string(otherwise);
    if (!list->negated) {
      for (const ast::Value& value : list->values.items) {
        const std::vector<std::string> own = PatternInstances(kind, value.text);
        if (!own.empty()) return own[0];
      }
    }
    for (const std::string& text : pool.texts()) {
      if (Means(kind, *list, text)) return text;
    }
    return std::string(otherwise);
  }

  // A request that meets every clause, where one can be found.
  SampleRequest BaseOf(const ast::Statement& statement) const {
    SampleRequest request;
    request.action = TextFor(PatternKind::kAction, statement.action, actions_,
                             "sts:AssumeRole");
    request.resource = TextFor(PatternKind::kResource, statement.resource,
                               resources_, "acs:ram::1:role/target");
    const SampleCaller caller = CallerFor(statement);
    request.principal = caller.name;
    request.principal_id = caller.id;
    if (!statement.condition) return request;
    std::map<std::string, std::vector<ContextTest>> tests;
    for (const ast::ConditionOperator& op : statement.condition->operators) {
      for (const ast::ConditionTest& test : op.tests) {
        if (!op.op) continue;
        tests[FoldConditionKey(test.key.text)].push_back(
            {&InfoOf(*op.op), &test.values});
      }
    }
    for (const auto& [key, of_key] : tests) {
      std::vector<std::string> values = ValuesFor(of_key, key);
      if (!values.empty()) request.context.push_back({key, std::move(values)});
    }
    return request;
  }

  SampleCaller CallerFor(const ast::Statement& statement) const {
    if (statement.principal) {
      const ast::Principal& principal = *statement.principal;
      if (!principal.bare.items.empty()) {
        return CallersOf("", principal.bare.items[0].text)[0];
      }
      for (const ast::Principal::Typed& typed : principal.typed) {
        if (!typed.values.items.empty()) {
          return CallersOf(typed.type.text, typed.values.items[0].text)[0];
        }
      }
    }
    return callers_.front();
  }

  // Values of a key that pass all of its tests; none: absent, or not found.
  std::vector<std::string> ValuesFor(const std::vector<ContextTest>& tests,
                                     const std::string& key) const {
    const auto pool = context_.find(key);
    if (pool == context_.end()) return {};
    for (const std::string& text : pool->second.texts()) {
      const std::string values[] = {text};
      if (std::all_of(tests.begin(), tests.end(), [&](const ContextTest& test) {
            return TestHolds(*test.op, *test.values, values);
          })) {
        return {text};
      }
    }
    return {};
  }

  static void SetKey(const std::string& key, std::vector<std::string> values,
                     SampleRequest* request) {
    std::erase_if(request->context, [&](const SampleRequest::Entry& entry) {
      return entry.key == key;
    });
    if (!values.empty()) request->context.push_back({key, std::move(values)});
  }

  // Every clause of a statement in turn, the others as they are.
  void VaryEach(const ast::Statement& statement, const SampleRequest& base) {
    for (const std::string& action : actions_.texts()) {
      if (full()) return;
      SampleRequest request = base;
      request.action = action;
      Add(std::move(request));
    }
    for (const std::string& resource : resources_.texts()) {
      if (full() || !statement.resource) break;
      SampleRequest request = base;
      request.resource = resource;
      Add(std::move(request));
    }
    for (const SampleCaller& caller : callers_) {
      if (full() || !statement.principal) break;
      SampleRequest request = base;
      request.principal = caller.name;
      request.principal_id = caller.id;
      Add(std::move(request));
    }
    for (const auto& [key, pool] : context_) {
      const std::vector<std::string>& texts = pool.texts();
      SampleRequest request = base;
      SetKey(key, {}, &request);
      Add(request);
      for (size_t i = 0; i < texts.size() && !full(); ++i) {
        SetKey(key, {texts[i]}, &request);
        Add(request);
        SetKey(key, {texts[i], texts[(i * 7 + 1) % texts.size()]}, &request);
        Add(request);
      }
    }
  }

  uint64_t Next() {
    uint64_t z = (random_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  template <typename Container>
  const auto& Pick(const Container& from) {
    return from[Next() % from.size()];
  }

  void VarySeveral(SampleRequest request) {
    if (Next() % 2 == 0) request.action = Pick(actions_.texts());
    if (Next() % 2 == 0) request.resource = Pick(resources_.texts());
    if (Next() % 2 == 0 && HasPrincipals()) {
      const SampleCaller& caller = Pick(callers_);
      request.principal = caller.name;
      request.principal_id = caller.id;
    }
    for (const auto& [key, pool] : context_) {
      if (Next() % 3 != 0) continue;
      std::vector<std::string> values;
      if (Next() % 4 != 0) values.push_back(Pick(pool.texts()));
      SetKey(key, std::move(values), &request);
    }
    Add(std::move(request));
  }

  const ast::PolicyKind kind_;
  const size_t most_;
  std::vector<const ast::Statement*> statements_;
  TextPool actions_;
  TextPool resources_;
  std::vector<SampleCaller> callers_;
  std::map<std::string, TextPool> context_;
  std::vector<SampleRequest> requests_;
  uint64_t random_ = 1;
};

// Decides with the statements of one compiled policy alone: what its layer
// answers, whatever the others would add.
class Decider {
 public:
  static Result<Decider> For(const ast::Policy& policy, ast::PolicyKind kind) {
    const PolicyInput inputs[] = {{&policy, kind}};
    WRIT_ASSIGN_OR_RETURN(std::string image, CompileProgram(inputs));
    Decider decider;
    WRIT_ASSIGN_OR_RETURN(decider.program_, Program::Load(std::move(image)));
    return decider;
  }

  // Fills in what can be read of the request; false when nobody could decide
  // it.
  static bool Read(const SampleRequest& request,
                   std::span<const ContextEntry> context,
                   UnitQuestion* question) {
    RequestPrincipal principal = {request.principal, request.principal_id};
    if (request.principal != "*" &&
        request.principal.find(':') == std::string::npos) {
      principal.declared = RequestPrincipal::Declared::kService;
    }
    question->context = context;
    return ReadPrincipal(principal, &question->caller) &&
           ReadAction(request.action, &question->action) &&
           ReadResource(request.resource, &question->resource);
  }

  Verdict Decide(UnitQuestion question) const {
    const Attachment attachment = {program_.get()};
    StatementList statements({}, {});
    StepBudget budget(kMaxDecideSteps);
    question.budget = &budget;
    question.statements = &statements;
    UnitOutcome outcome;
    AddToUnit(question, attachment, 0, true, &outcome);
    return outcome.verdict;
  }

 private:
  std::unique_ptr<const Program> program_;
};

}  // namespace

std::vector<SampleRequest> SampleRequests(
    std::span<const ast::Policy* const> policies, ast::PolicyKind kind,
    size_t most) {
  return Sampler(policies, kind, most).Run();
}

Result<Agreement> CompareDecisions(const ast::Policy& before,
                                   const ast::Policy& after,
                                   ast::PolicyKind kind) {
  WRIT_ASSIGN_OR_RETURN(const Decider old, Decider::For(before, kind));
  WRIT_ASSIGN_OR_RETURN(const Decider fresh, Decider::For(after, kind));
  const ast::Policy* const both[] = {&before, &after};
  Agreement agreement;
  for (SampleRequest& request :
       SampleRequests(both, kind, kMaxSampleRequests)) {
    std::vector<std::vector<std::string_view>> values;
    std::vector<ContextEntry> context;
    values.reserve(request.context.size());
    for (const SampleRequest::Entry& entry : request.context) {
      values.emplace_back(entry.values.begin(), entry.values.end());
      context.push_back({entry.key, values.back()});
    }
    UnitQuestion question{};
    if (!Decider::Read(request, context, &question)) continue;
    ++agreement.requests;
    if (old.Decide(question) != fresh.Decide(question)) {
      agreement.witness = std::move(request);
      return agreement;
    }
  }
  agreement.same = true;
  return agreement;
}

}  // namespace writ
