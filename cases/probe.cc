// SPDX-License-Identifier: Apache-2.0
#include "cases/probe.h"

#include <algorithm>
#include <utility>

#include "authz/clauses.h"
#include "base/limits.h"
#include "compiler/compile.h"

namespace writ {
namespace {

using Clause = StatementPart::Clause;

// Parts of one compiled policy; a chunk costs no more than the policy that its
// parts are of.
constexpr size_t kChunkParts = 1000;

ast::Values Everything() {
  ast::Values values;
  values.items.emplace_back().text = "*";
  return values;
}

ast::PatternList Patterns(ast::Values values) {
  ast::PatternList list;
  list.values = std::move(values);
  return list;
}

ast::Principal BarePrincipal(ast::Values values) {
  ast::Principal principal;
  principal.bare = std::move(values);
  return principal;
}

ast::Values Single(const ast::Value& value) {
  ast::Values values;
  values.items.push_back(value);
  values.span = value.span;
  return values;
}

std::string Listed(const ast::Values& values) {
  std::string text = values.is_list ? "[" : "";
  for (size_t i = 0; i < values.items.size(); ++i) {
    if (i > 0) text += ", ";
    text += values.items[i].text;
  }
  return text + (values.is_list ? "]" : "");
}

Span Across(Span first, Span last) {
  if (first == Span{}) return last;
  if (last == Span{} || last.end < first.begin) return first;
  return {first.begin, std::max(first.end, last.end)};
}

// The parts of one policy and a statement for each that holds when it does.
class PartCollector {
 public:
  PartCollector(ast::PolicyKind kind, std::vector<StatementPart>* parts,
                std::vector<ast::Statement>* probes)
      : kind_(kind), parts_(parts), probes_(probes) {}

  void Add(uint32_t index, const ast::Statement& statement) {
    part_ = {};
    part_.statement = index;
    part_.span = statement.span;
    ast::Statement whole = statement;
    Push(std::move(whole));
    if (statement.principal) AddPrincipal(*statement.principal);
    if (statement.action) {
      AddPatterns(*statement.action, Clause::kAction, &ast::Statement::action);
    }
    if (statement.resource) {
      AddPatterns(*statement.resource, Clause::kResource,
                  &ast::Statement::resource);
    }
    if (statement.condition) AddCondition(*statement.condition);
  }

 private:
  // A statement that holds for every request.
  ast::Statement Open() const {
    ast::Statement statement;
    statement.action = Patterns(Everything());
    if (kind_ != ast::PolicyKind::kTrust) {
      statement.resource = Patterns(Everything());
    }
    if (kind_ == ast::PolicyKind::kTrust ||
        kind_ == ast::PolicyKind::kResource) {
      statement.principal = BarePrincipal(Everything());
    }
    return statement;
  }

  void Push(ast::Statement probe) {
    parts_->push_back(part_);
    probes_->push_back(std::move(probe));
  }

  void AddPrincipal(const ast::Principal& principal) {
    part_.clause = Clause::kPrincipal;
    part_.is_value = false;
    part_.negated = false;
    part_.span = Across(principal.name_span, principal.span);
    part_.text = PrincipalText(principal);
    size_t count = principal.bare.items.size();
    for (const auto& typed : principal.typed) {
      count += typed.values.items.size();
    }
    ast::Statement probe = Open();
    probe.principal = principal;
    Push(std::move(probe));
    if (count < 2) return;
    part_.is_value = true;
    const auto add = [&](const ast::Value& value, ast::Principal one) {
      part_.span = value.span;
      part_.text = value.text;
      ast::Statement statement = Open();
      statement.principal = std::move(one);
      Push(std::move(statement));
    };
    for (const ast::Value& value : principal.bare.items) {
      add(value, BarePrincipal(Single(value)));
    }
    for (const auto& typed : principal.typed) {
      for (const ast::Value& value : typed.values.items) {
        ast::Principal one;
        one.form = principal.form;
        one.typed.push_back({typed.type, Single(value)});
        add(value, std::move(one));
      }
    }
  }

  void AddPatterns(const ast::PatternList& list, Clause clause,
                   std::optional<ast::PatternList> ast::Statement::*member) {
    part_.clause = clause;
    part_.is_value = false;
    part_.negated = list.negated;
    part_.span = list.values.span;
    part_.text = PatternsText(list, clause == Clause::kResource);
    ast::Statement probe = Open();
    probe.*member = list;
    Push(std::move(probe));
    if (list.values.items.size() < 2) return;
    part_.is_value = true;
    for (const ast::Value& value : list.values.items) {
      part_.span = value.span;
      part_.text = value.text;
      ast::Statement one = Open();
      one.*member = Patterns(Single(value));
      Push(std::move(one));
    }
  }

  void AddCondition(const ast::Condition& condition) {
    part_.clause = Clause::kCondition;
    for (uint32_t i = 0; i < condition.operators.size(); ++i) {
      const ast::ConditionOperator& op = condition.operators[i];
      part_.op = i;
      part_.negated = op.op && InfoOf(*op.op).negated;
      for (uint32_t k = 0; k < op.tests.size(); ++k) {
        const ast::ConditionTest& test = op.tests[k];
        part_.test = k;
        part_.is_value = false;
        part_.span = Across(test.key.span, test.values.span);
        part_.text = ConditionText(op, test);
        Push(Conditional(op, test.key, test.values));
        if (test.values.items.size() < 2) continue;
        part_.is_value = true;
        for (const ast::Value& value : test.values.items) {
          part_.span = value.span;
          part_.text = value.text;
          Push(Conditional(op, test.key, Single(value)));
        }
      }
    }
  }

  ast::Statement Conditional(const ast::ConditionOperator& op,
                             const ast::Text& key, ast::Values values) const {
    ast::Statement statement = Open();
    statement.condition.emplace();
    statement.condition->operators.push_back(
        {op.name, op.op, {{key, std::move(values)}}});
    return statement;
  }

  const ast::PolicyKind kind_;
  StatementPart part_;
  std::vector<StatementPart>* parts_;
  std::vector<ast::Statement>* probes_;
};

}  // namespace

std::string PrincipalText(const ast::Principal& principal) {
  std::string text = "to ";
  if (principal.form == ast::Principal::Form::kBare) {
    text += Listed(principal.bare);
  }
  bool first = principal.bare.items.empty();
  for (const auto& typed : principal.typed) {
    if (!first) text += ", ";
    first = false;
    text += typed.type.text + " " + Listed(typed.values);
  }
  return text;
}

std::string PatternsText(const ast::PatternList& list, bool is_resource) {
  return std::string(is_resource ? "on " : "") +
         (list.negated ? "all except " : "") + Listed(list.values);
}

std::string ConditionText(const ast::ConditionOperator& op,
                          const ast::ConditionTest& test) {
  const std::string_view dsl =
      op.op ? InfoOf(*op.op).dsl : std::string_view(op.name.text);
  ast::Values values = test.values;
  if (op.op && InfoOf(*op.op).family == OperandFamily::kString) {
    // As the language writes text: `== "true"` is not `is true`.
    for (ast::Value& value : values.items) {
      value.text = "\"" + value.text + "\"";
    }
  }
  constexpr std::string_view kNoCase = " nocase";
  if (dsl.starts_with("by ")) {
    return std::string(dsl) + " " + test.key.text + " " + Listed(values);
  }
  if (dsl.ends_with(kNoCase)) {
    return test.key.text + " " +
           std::string(dsl.substr(0, dsl.size() - kNoCase.size())) + " " +
           Listed(values) + std::string(kNoCase);
  }
  return test.key.text + " " + std::string(dsl) + " " + Listed(values);
}

Result<PolicyProbes> PolicyProbes::Compile(const ast::Policy& policy,
                                           ast::PolicyKind kind) {
  PolicyProbes probes;
  std::vector<ast::Statement> statements;
  PartCollector collector(kind, &probes.parts_, &statements);
  for (uint32_t i = 0; i < policy.statements.size(); ++i) {
    collector.Add(i, policy.statements[i]);
  }
  std::vector<ast::Policy> trees;
  for (size_t begin = 0; begin < statements.size(); begin += kChunkParts) {
    const size_t end = std::min(begin + kChunkParts, statements.size());
    ast::Policy& chunk = trees.emplace_back();
    chunk.name = policy.name;
    for (size_t i = begin; i < end; ++i) {
      chunk.statements.push_back(std::move(statements[i]));
    }
  }
  std::vector<PolicyInput> inputs;
  inputs.reserve(trees.size());
  for (const ast::Policy& tree : trees) inputs.push_back({&tree, kind});
  // Every statement of it is asked, so an index would be of no use.
  WRIT_ASSIGN_OR_RETURN(
      std::string image,
      CompileProgram(inputs,
                     {.passes = PassSet::None().With(Pass::kShareAtoms)}));
  WRIT_ASSIGN_OR_RETURN(probes.program_, Program::Load(std::move(image)));
  return probes;
}

std::vector<Truth> PolicyProbes::Ask(const Request& request,
                                     uint32_t resource) const {
  std::vector<Truth> truths(parts_.size(), Truth::kFalse);
  Subject subject;
  if (!ReadSubject(request, resource, &subject)) return truths;
  const ProgramView& view = program_->view();
  for (uint32_t i = 0; i < view.statements.size(); ++i) {
    StepBudget budget(kMaxDecideSteps);
    const StatementAnswer answer =
        AskStatement(view, view.statements[i], subject, &budget);
    if (answer.target) truths[i] = answer.condition;
  }
  // The probe of one value of a negated test holds when it does not match.
  for (size_t i = 0; i < parts_.size(); ++i) {
    const StatementPart& part = parts_[i];
    if (!part.is_value || !part.negated || part.clause != Clause::kCondition) {
      continue;
    }
    if (truths[i] != Truth::kUnreadable) {
      truths[i] = truths[i] == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
  }
  return truths;
}

}  // namespace writ
