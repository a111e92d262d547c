// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_LOWER_WRIT_H_
#define WRIT_GRAMMAR_LOWER_WRIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "WritParser.h"
#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/operators.h"
#include "grammar/parse_writ.h"
#include "grammar/writ_names.h"
#include "grammar/writ_tokens.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// What a condition value looks like in the text.
enum class WritLiteral : uint8_t {
  kText,
  kNumber,
  kDate,
  kBool,
  kBlock,
  kOpen,  // a parameter that nothing is known about
};

// Turns the parse tree of one file without errors of syntax into policies and
// tests. Whether the outcome says what the text says is names->broken().
class WritLowering {
 public:
  WritLowering(WritModule* module, WritNames* names)
      : module_(module), names_(names), scope_{module, nullptr} {}

  // Judges the definitions and leaves the policies in the module.
  void LowerPolicies();
  // The tests of the file.
  //
  // policies  that a test may speak of
  std::vector<WritTest> LowerTests(const std::vector<ast::Policy>& policies);

 private:
  using P = writ_antlr::WritParser;
  using TerminalNode = antlr4::tree::TerminalNode;

  Span SpanOf(const antlr4::ParserRuleContext* context) const {
    return scope_.module->places->SpanOf(*context);
  }
  Span SpanOf(TerminalNode* node) const {
    return scope_.module->places->SpanOf(*node->getSymbol());
  }
  std::string_view TextOf(TerminalNode* node) const {
    return scope_.module->places->TextOf(*node->getSymbol());
  }
  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    names_->Report(id, span, parts);
  }
  void Twice(Span span, std::string_view what);

  // lower_writ.cc: files, policies, statements
  void Header(P::HeaderContext* context);
  void CheckTemplate(WritName* name);
  ast::Policy Policy(P::PolicyContext* context);
  void Version(P::VersionContext* context, ast::Policy* policy);
  std::optional<ast::ForeignMember> Extra(
      P::ExtraContext* context, std::unordered_set<std::string>* seen);
  void PolicyExtra(P::ExtraContext* context,
                   std::unordered_set<std::string>* seen, ast::Policy* policy);
  void StatementExtra(P::ExtraContext* context,
                      std::unordered_set<std::string>* seen,
                      ast::Statement* statement);
  ast::Statement Statement(P::StatementContext* context);
  ast::Text Label(P::LabelContext* context);
  std::vector<ast::Annotation> Annotations(
      const std::vector<P::AnnotationContext*>& contexts);
  // Appends what the template makes. `top` is the use in the policy.
  void Use(P::UseContext* context, Span top, ast::Policy* policy);
  // The template of a use, if it may be written out.
  WritName* Used(P::UseContext* context);
  bool AddStatement(ast::Statement statement, ast::Policy* policy);

  // lower_values.cc: lists, principals, conditions
  ast::Values Patterns(P::ValuesContext* context, bool check_script = true);
  ast::Principal Principal(P::PrincipalsContext* context);
  ast::Text PrincipalType(P::PrincipalTypeContext* context);
  ast::Condition Conditions(P::ConditionsContext* context);
  ast::Text Key(P::KeyContext* context);
  void Test(P::ConditionContext* context, ast::Condition* condition);
  void AddTest(ast::Text key, ast::Values values, ast::ConditionOperator* op);
  ast::Values Literals(P::ValuesContext* context,
                       std::vector<WritLiteral>* literals);
  void BadWord(std::string_view word, Span span);
  const OperatorInfo* Choose(P::TestContext* context, const ast::Values& values,
                             const std::vector<WritLiteral>& literals);
  std::optional<OperandFamily> Family(P::TestContext* context,
                                      const ast::Values& values,
                                      const std::vector<WritLiteral>& literals);

  // lower_tests.cc
  WritTest LowerTest(P::TestDeclContext* context);
  WritGiven Given(P::GivenContext* context);
  WritExpectation Expected(P::ExpectationContext* context);
  void CheckPolicyName(std::string_view name, Span span);
  void CheckStatementName(std::string_view name, Span span);

  WritModule* const module_;
  WritNames* const names_;
  // Where names are looked up now: in the file, or in a template's body.
  WritScope scope_;
  // Of the policy being lowered: labels taken, and the last number that made a
  // template's label unique.
  std::unordered_set<std::string> labels_;
  std::unordered_map<std::string, size_t> label_numbers_;
  size_t use_depth_ = 0;
  size_t check_depth_ = 0;
  // The template of the policy is too much; the rest is not written out.
  bool full_ = false;
  // Policies that tests may speak of, by name.
  std::unordered_map<std::string, const ast::Policy*> policies_;
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_LOWER_WRIT_H_
