// SPDX-License-Identifier: Apache-2.0
// From ANTLR's parse tree to the policy tree. One statement becomes one
// statement; brackets become a list; the literals behind `==` and `<` say which
// family of operators is meant.
#include "grammar/lower_writ.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/json_tree.h"
#include "grammar/members.h"
#include "grammar/utf8.h"
#include "grammar/value.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;
using antlr4::tree::TerminalNode;

// What a condition value looks like in the text.
enum class Literal : uint8_t {
  kText,
  kNumber,
  kDate,
  kBool,
  kBlock,
};

std::string_view LiteralName(Literal literal) {
  switch (literal) {
    case Literal::kText:
      return "a text in quotes";
    case Literal::kNumber:
      return "a number";
    case Literal::kDate:
      return "a date";
    case Literal::kBool:
      return "true or false";
    case Literal::kBlock:
      return "an address";
  }
  return "a value";
}

bool LooksLikeDate(std::string_view text) {
  return text.size() >= 8 && text.find('-') != std::string_view::npos &&
         std::all_of(text.begin(), text.begin() + 4,
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool LooksLikeAddress(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF.:/*") ==
             std::string_view::npos &&
         text.find_first_of(".:") != std::string_view::npos;
}

class Lowering {
 public:
  Lowering(const TokenPlaces& places, Diagnostics* diagnostics)
      : places_(places), diagnostics_(diagnostics) {}

  std::optional<std::vector<ast::Policy>> File(P::FileContext* file) {
    if (file->header() != nullptr) Header(file->header());
    std::vector<ast::Policy> policies;
    std::unordered_set<std::string> names;
    for (P::TopContext* top : file->top()) {
      P::PolicyContext* context = top->policy();
      if (context == nullptr) continue;
      policies.push_back(Policy(context));
      if (!names.insert(policies.back().name).second) {
        Break(DiagnosticId::kWritDuplicateName, SpanOf(context->name()),
              {"policies", Excerpt(policies.back().name)});
      }
    }
    if (policies.empty() && !broken_) {
      Break(DiagnosticId::kWritEmpty, {0, 0}, {});
    }
    if (broken_) return std::nullopt;
    return policies;
  }

 private:
  Span SpanOf(const antlr4::ParserRuleContext* context) const {
    return places_.SpanOf(*context);
  }
  Span SpanOf(TerminalNode* node) const {
    return places_.SpanOf(*node->getSymbol());
  }
  std::string_view TextOf(TerminalNode* node) const {
    return places_.TextOf(*node->getSymbol());
  }

  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    diagnostics_->Add(Diagnose(id, span, "", parts));
  }
  // A finding after which the tree would say something else than the text.
  void Break(DiagnosticId id, Span span,
             std::initializer_list<std::string_view> parts) {
    Report(id, span, parts);
    broken_ = true;
  }

  void Header(P::HeaderContext* context) {
    const std::string_view version = TextOf(context->WORD());
    if (version == "1") return;
    const std::string shown = "`" + Excerpt(version) + "`";
    Break(DiagnosticId::kWritVersion, SpanOf(context->WORD()), {shown});
  }

  // A name; keywords are names too.
  ast::Text Name(P::NameContext* context) {
    const antlr4::Token* token = context->getStart();
    ast::Text name{std::string(places_.TextOf(*token)), places_.SpanOf(*token)};
    if (!IsWritName(name.text)) {
      Break(DiagnosticId::kWritValue, name.span,
            {"`" + Excerpt(name.text) + "` cannot be a name",
             "names consist of letters, digits, `_` and `-`"});
    }
    return name;
  }

  // A string token. In most places `{` begins an interpolation; in JSON text
  // and operator names nothing does.
  ast::Text String(TerminalNode* node, bool verbatim = false) {
    const std::string_view raw = TextOf(node);
    const Span span = SpanOf(node);
    const std::string_view inner = raw.substr(1, raw.size() - 2);
    if (!CheckWritString(inner, span.begin + 1, diagnostics_)) {
      broken_ = true;
      return {"", span};
    }
    std::string text = UnescapeJson(inner);
    if (!verbatim) text = Interpolate(text, span);
    return {std::move(text), span};
  }

  // `{{` is a brace; `{name}` belongs to a later version.
  std::string Interpolate(std::string_view text, Span span) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '{') {
        if (text.substr(i + 1, 1) != "{") {
          Break(DiagnosticId::kNotInThisVersion, span,
                {"names in braces are",
                 "write the text out; `{{` is one literal brace"});
          return out;
        }
        ++i;
      }
      out.push_back(text[i]);
    }
    return out;
  }

  std::string Word(TerminalNode* node) {
    return Interpolate(TextOf(node), SpanOf(node));
  }

  ast::Policy Policy(P::PolicyContext* context) {
    ast::Policy policy;
    policy.span = SpanOf(context);
    policy.span.begin = places_.SpanOf(*context->POLICY()->getSymbol()).begin;
    policy.name = Name(context->name()).text;
    if (context->kind() != nullptr) policy.kind = Kind(context->kind());
    std::unordered_set<std::string> labels;
    std::unordered_set<std::string> extras;
    bool has_version = false;
    for (P::ItemContext* item : context->item()) {
      if (item->version() != nullptr) {
        if (has_version) Twice(SpanOf(item), "version");
        has_version = true;
        Version(item->version(), &policy);
      } else if (item->policyExtra() != nullptr) {
        PolicyExtra(item->policyExtra()->extra(), &extras, &policy);
      } else {
        if (policy.statements.size() == kMaxStatements) {
          Break(DiagnosticId::kTooMany, SpanOf(item->statement()->effect()),
                {std::to_string(kMaxStatements), "statements"});
          break;
        }
        policy.statements.push_back(Statement(item->statement()));
        const ast::Statement& statement = policy.statements.back();
        if (statement.label && !labels.insert(statement.label->text).second) {
          Break(DiagnosticId::kWritDuplicateName, statement.label->span,
                {"statements", Excerpt(statement.label->text)});
        }
      }
    }
    return policy;
  }

  void Twice(Span span, std::string_view what) {
    Break(DiagnosticId::kWritValue, span,
          {"`" + Excerpt(what) + "` stands twice", "keep one of them"});
  }

  static ast::PolicyKind Kind(P::KindContext* context) {
    if (context->RESOURCE() != nullptr) return ast::PolicyKind::kResource;
    if (context->TRUST() != nullptr) return ast::PolicyKind::kTrust;
    if (context->CONTROL() != nullptr) return ast::PolicyKind::kControl;
    if (context->SESSION() != nullptr) return ast::PolicyKind::kSession;
    return ast::PolicyKind::kIdentity;
  }

  void Version(P::VersionContext* context, ast::Policy* policy) {
    const ast::Text version = String(context->STRING(), true);
    policy->version = version.text;
    if (version.text != "1" && !broken_) {
      Report(DiagnosticId::kInvalidVersion, version.span,
             {"`\"" + Excerpt(version.text) + "\"`"});
    }
  }

  std::optional<ast::ForeignMember> Extra(
      P::ExtraContext* context, std::unordered_set<std::string>* seen) {
    const std::vector<TerminalNode*> strings = context->STRING();
    ast::ForeignMember member;
    member.name = String(strings[0], true);
    member.span = SpanOf(context);
    const ast::Text json = String(strings[1], true);
    if (broken_) return std::nullopt;
    if (!seen->insert(member.name.text).second) {
      Twice(member.span, member.name.text);
      return std::nullopt;
    }
    const SourceText text("", json.text);
    Diagnostics findings;
    const std::optional<JsonTree> tree = ReadJson(text, &findings);
    if (!tree || findings.has_errors()) {
      Break(DiagnosticId::kWritString, json.span,
            {"the text behind `=` is not JSON: " + findings.all()[0].message,
             "write JSON in quotes, each of its own quotes as \\\""});
      return std::nullopt;
    }
    member.json = tree->Compact(JsonTree::kRoot);
    return member;
  }

  void PolicyExtra(P::ExtraContext* context,
                   std::unordered_set<std::string>* seen, ast::Policy* policy) {
    std::optional<ast::ForeignMember> member = Extra(context, seen);
    if (!member) return;
    if (member->name.text == "Version" || member->name.text == "Statement") {
      Twice(member->span, member->name.text);
      return;
    }
    ReportForeignMember(MemberPlace::kPolicy, member->name.text,
                        member->name.span, "", diagnostics_);
    policy->foreign.push_back(*std::move(member));
  }

  void StatementExtra(P::ExtraContext* context,
                      std::unordered_set<std::string>* seen,
                      ast::Statement* statement) {
    std::optional<ast::ForeignMember> member = Extra(context, seen);
    if (!member) return;
    const std::string& name = member->name.text;
    const bool has_action = statement->action.has_value();
    const bool has_resource = statement->resource.has_value();
    // The name that the statement's own clause prints as.
    const auto prints_as = [&](bool has, bool negated, std::string_view plain) {
      if (!has) return false;
      return negated ? name == "Not" + std::string(plain) : name == plain;
    };
    if (name == "Effect" || (name == "Sid" && statement->sid) ||
        (name == "Principal" && statement->principal) ||
        (name == "Condition" && statement->condition) ||
        prints_as(has_action, has_action && statement->action->negated,
                  "Action") ||
        prints_as(has_resource, has_resource && statement->resource->negated,
                  "Resource")) {
      Twice(member->span, name);
      return;
    }
    if ((has_action && (name == "Action" || name == "NotAction")) ||
        (has_resource && (name == "Resource" || name == "NotResource"))) {
      const std::string other =
          name.starts_with("Not") ? name.substr(3) : "Not" + name;
      Report(DiagnosticId::kBothForms, member->name.span, {other, name});
    } else if (name == "Sid" || name == "Principal" || name == "Condition" ||
               name == "Action" || name == "NotAction" || name == "Resource" ||
               name == "NotResource") {
      Report(DiagnosticId::kExtraKnown, member->name.span, {name});
    } else {
      ReportForeignMember(MemberPlace::kStatement, name, member->name.span, "",
                          diagnostics_);
    }
    statement->foreign.push_back(*std::move(member));
  }

  ast::Statement Statement(P::StatementContext* context) {
    ast::Statement statement;
    statement.span = SpanOf(context);
    const bool labelled = context->label() != nullptr;
    statement.span.begin = labelled ? SpanOf(context->label()).begin
                                    : SpanOf(context->effect()).begin;
    if (labelled) statement.label = Name(context->label()->name());
    statement.effect = context->effect()->DENY() != nullptr
                           ? ast::Effect::kDeny
                           : ast::Effect::kAllow;
    statement.effect_span = SpanOf(context->effect());
    if (P::ActionsContext* actions = context->actions();
        actions->NOTHING() == nullptr) {
      statement.action =
          ast::PatternList{actions->ALL() != nullptr,
                           Patterns(actions->values()), statement.effect_span};
    }
    if (P::ResourcesContext* resources = context->resources()) {
      statement.resource = ast::PatternList{resources->ALL() != nullptr,
                                            Patterns(resources->values()),
                                            SpanOf(resources->ON())};
    }
    if (context->principals() != nullptr) {
      statement.principal = Principal(context->principals());
    }
    if (context->conditions() != nullptr) {
      statement.condition = Conditions(context->conditions());
    }
    std::unordered_set<std::string> extras;
    for (P::TailContext* tail : context->tail()) {
      if (tail->SID() == nullptr) continue;
      if (statement.sid) Twice(SpanOf(tail), "sid");
      statement.sid = String(tail->STRING());
    }
    for (P::TailContext* tail : context->tail()) {
      if (tail->extra() != nullptr) {
        StatementExtra(tail->extra(), &extras, &statement);
      }
    }
    return statement;
  }

  // ----- patterns and principals: a bare word is text

  ast::Value PatternValue(P::ValueContext* context) {
    if (context->JSON() != nullptr) return JsonValue(context);
    if (context->REF() != nullptr) return Reference(context);
    if (context->STRING() != nullptr) {
      ast::Text text = String(context->STRING());
      return {ast::Value::Kind::kString, std::move(text.text), text.span};
    }
    return {ast::Value::Kind::kString, Word(context->WORD()), SpanOf(context)};
  }

  ast::Value Reference(P::ValueContext* context) {
    Break(DiagnosticId::kNotInThisVersion, SpanOf(context),
          {"sets (`" + Excerpt(TextOf(context->REF())) + "`) are",
           "write the values in brackets"});
    return {};
  }

  ast::Value JsonValue(P::ValueContext* context) {
    const std::string_view text = TextOf(context->WORD());
    ast::Value value{ast::Value::Kind::kNumber, std::string(text),
                     SpanOf(context)};
    if (text == "true" || text == "false") {
      value.kind = ast::Value::Kind::kBool;
    } else if (!IsJsonNumber(text)) {
      Break(DiagnosticId::kWritValue, value.span,
            {"`json " + Excerpt(text) + "` is not a JSON value",
             "`json` stands before a number, true or false"});
    }
    return value;
  }

  ast::Values Patterns(P::ValuesContext* context) {
    ast::Values values;
    values.span = SpanOf(context);
    values.is_list = context->LBRACKET() != nullptr;
    for (P::ValueContext* value : context->value()) {
      values.items.push_back(PatternValue(value));
      if (values.items.back().kind == ast::Value::Kind::kString) continue;
      Report(DiagnosticId::kValueType, values.items.back().span,
             {"a pattern", "a JSON value", values.items.back().text});
    }
    return values;
  }

  ast::Principal Principal(P::PrincipalsContext* context) {
    ast::Principal principal;
    principal.name_span = SpanOf(context->TO());
    principal.span = SpanOf(context);
    if (context->ANYONE() != nullptr) {
      const Span span = SpanOf(context->ANYONE());
      principal.bare.is_list = true;
      principal.bare.span = span;
      principal.bare.items.push_back({ast::Value::Kind::kString, "*", span});
      return principal;
    }
    if (context->values() != nullptr) {
      principal.bare = Patterns(context->values());
      return principal;
    }
    principal.form = ast::Principal::Form::kTyped;
    std::unordered_set<std::string> types;
    for (P::TypedContext* typed : context->typed()) {
      ast::Text type = PrincipalType(typed->principalType());
      if (!types.insert(type.text).second) Twice(type.span, type.text);
      principal.typed.push_back({std::move(type), Patterns(typed->values())});
    }
    return principal;
  }

  ast::Text PrincipalType(P::PrincipalTypeContext* context) {
    if (context->STRING() != nullptr) return String(context->STRING(), true);
    const std::string_view word = TextOf(context->WORD());
    const Span span = SpanOf(context);
    if (word == "ram") return {"RAM", span};
    if (word == "service") return {"Service", span};
    if (word == "federated") return {"Federated", span};
    constexpr std::string_view kWords[] = {"ram", "service", "federated"};
    const std::string_view nearest = NearestName(word, kWords);
    Break(DiagnosticId::kWritValue, span,
          {"`" + Excerpt(word) + "` is not a type of principal",
           nearest.empty() ? "write `ram`, `service` or `federated`"
                           : "did you mean `" + std::string(nearest) + "`?"});
    return {std::string(word), span};
  }

  // ----- conditions: a bare word is a number, a date, an address, true, false

  ast::Condition Conditions(P::ConditionsContext* context) {
    ast::Condition condition;
    condition.name_span = SpanOf(context->WHEN());
    condition.span = SpanOf(context);
    for (P::ConditionContext* test : context->condition()) {
      Test(test, &condition);
    }
    return condition;
  }

  ast::Text Key(P::KeyContext* context) {
    if (context->STRING() != nullptr) return String(context->STRING());
    return {Word(context->WORD()), SpanOf(context)};
  }

  void Test(P::ConditionContext* context, ast::Condition* condition) {
    if (context->BY() != nullptr) {
      const ast::Text name = String(context->STRING(), true);
      ast::ConditionOperator* op = Operator(name, condition);
      if (context->NOTHING() != nullptr) {
        if (!op->tests.empty()) Twice(SpanOf(context), name.text);
        return;
      }
      std::vector<Literal> literals;
      ast::Values values = Literals(context->values(), &literals);
      AddTest(Key(context->key()), std::move(values), op);
      return;
    }
    std::vector<Literal> literals;
    // One bad test does not silence the others.
    const bool was_broken = std::exchange(broken_, false);
    ast::Text key = Key(context->key());
    ast::Values values = Literals(context->test()->values(), &literals);
    const bool is_broken = broken_;
    broken_ = broken_ || was_broken;
    if (is_broken) return;
    const OperatorInfo* info = Choose(context->test(), values, literals);
    if (info == nullptr) return;
    const ast::Text name{std::string(info->json), SpanOf(context->test())};
    AddTest(std::move(key), std::move(values), Operator(name, condition));
  }

  // The operator of that name in the condition, made when it is not there.
  static ast::ConditionOperator* Operator(const ast::Text& name,
                                          ast::Condition* condition) {
    for (ast::ConditionOperator& op : condition->operators) {
      if (op.name.text == name.text) return &op;
    }
    ast::ConditionOperator op;
    op.name = name;
    if (const OperatorInfo* info = FindOperator(name.text)) op.op = info->op;
    condition->operators.push_back(std::move(op));
    return &condition->operators.back();
  }

  void AddTest(ast::Text key, ast::Values values, ast::ConditionOperator* op) {
    for (const ast::ConditionTest& test : op->tests) {
      if (test.key.text != key.text) continue;
      Break(DiagnosticId::kSameKeyTwice, key.span,
            {Excerpt(key.text), Excerpt(op->name.text)});
      return;
    }
    op->tests.push_back({std::move(key), std::move(values)});
  }

  ast::Values Literals(P::ValuesContext* context,
                       std::vector<Literal>* literals) {
    ast::Values values;
    values.span = SpanOf(context);
    values.is_list = context->LBRACKET() != nullptr;
    for (P::ValueContext* value : context->value()) {
      values.items.push_back(LiteralValue(value, literals));
    }
    return values;
  }

  ast::Value LiteralValue(P::ValueContext* context,
                          std::vector<Literal>* literals) {
    if (context->JSON() != nullptr) {
      ast::Value value = JsonValue(context);
      literals->push_back(value.kind == ast::Value::Kind::kBool
                              ? Literal::kBool
                              : Literal::kNumber);
      return value;
    }
    if (context->REF() != nullptr) return Reference(context);
    if (context->STRING() != nullptr) {
      literals->push_back(Literal::kText);
      return PatternValue(context);
    }
    const std::string_view word = TextOf(context->WORD());
    const Span span = SpanOf(context);
    if (word == "true" || word == "false") {
      literals->push_back(Literal::kBool);
    } else if (IsJsonNumber(word)) {
      literals->push_back(Literal::kNumber);
    } else if (ParseInstant(word)) {
      literals->push_back(Literal::kDate);
    } else if (ParseCidr(word)) {
      literals->push_back(Literal::kBlock);
    } else {
      BadWord(word, span);
    }
    return {ast::Value::Kind::kString, std::string(word), span};
  }

  // A bare word that is no literal; says what it was likely meant to be.
  void BadWord(std::string_view word, Span span) {
    const std::string quoted = "\"" + Excerpt(word) + "\"";
    if (word == "absent" || word == "present") {
      Break(DiagnosticId::kWritValue, span,
            {"RAM cannot ask whether a key is there",
             "negated tests also hold when the key is absent: "
             "`acs:MFAPresent != \"true\" nocase`"});
    } else if (LooksLikeDate(word)) {
      Break(DiagnosticId::kWritValue, span,
            {"`" + Excerpt(word) + "` is not a full date",
             "write it like `2026-12-01T00:00:00Z` or "
             "`2026-12-01T08:00:00+08:00`; as text write " +
                 quoted});
    } else if (LooksLikeAddress(word)) {
      Break(DiagnosticId::kWritValue, span,
            {"`" + Excerpt(word) +
                 "` is neither a number nor an address or block of addresses",
             "write `10.0.0.0/8` or `192.0.2.7`; as text write " + quoted});
    } else {
      Break(DiagnosticId::kWritValue, span,
            {"`" + Excerpt(word) + "` stands without quotes",
             "write " + quoted +
                 "; only numbers, dates, addresses, true and false stand "
                 "bare behind an operator"});
    }
  }

  // The operator that spelling and literals mean; null after a finding.
  const OperatorInfo* Choose(P::TestContext* context, const ast::Values& values,
                             const std::vector<Literal>& literals) {
    std::string spelling(places_.TextOf(*context->getStart()));
    if (context->NOT() != nullptr) {
      spelling += context->LIKE() != nullptr ? " like" : " within";
    }
    if (context->NOCASE() != nullptr) spelling += " nocase";
    const bool inferred =
        context->NOCASE() == nullptr && context->LIKE() == nullptr &&
        context->WITHIN() == nullptr && context->IS() == nullptr;
    std::optional<OperandFamily> family;
    if (inferred) {
      family = Family(context, values, literals);
      if (!family) return nullptr;
    }
    for (const OperatorInfo& info : kOperators) {
      if (info.dsl == spelling && (!family || info.family == *family)) {
        return &info;
      }
    }
    Break(DiagnosticId::kWritValue, SpanOf(context),
          {"`" + spelling + "` compares numbers and dates, not text",
           "write the number or the date without quotes"});
    return nullptr;
  }

  std::optional<OperandFamily> Family(P::TestContext* context,
                                      const ast::Values& values,
                                      const std::vector<Literal>& literals) {
    const bool ordered =
        context->EQUAL() == nullptr && context->UNEQUAL() == nullptr;
    if (literals.empty()) {
      if (!ordered) return OperandFamily::kString;
      Break(DiagnosticId::kWritValue, values.span,
            {"an empty list does not say what is compared",
             "write `by \"NumericLessThan\" key []`, or name a value"});
      return std::nullopt;
    }
    for (size_t i = 1; i < literals.size(); ++i) {
      if (literals[i] == literals[0]) continue;
      Break(DiagnosticId::kWritMixedValues, values.items[i].span,
            {LiteralName(literals[0]), LiteralName(literals[i])});
      return std::nullopt;
    }
    switch (literals[0]) {
      case Literal::kText:
        return OperandFamily::kString;
      case Literal::kNumber:
        return OperandFamily::kNumeric;
      case Literal::kDate:
        return OperandFamily::kDate;
      case Literal::kBool:
        Break(DiagnosticId::kWritValue, values.span,
              {"true and false are asked for with `is`",
               "write `is true`, or \"true\" to compare text"});
        return std::nullopt;
      case Literal::kBlock:
        Break(DiagnosticId::kWritValue, values.span,
              {"addresses are asked for with `within`",
               "write `within 10.0.0.0/8`, or quotes to compare text"});
        return std::nullopt;
    }
    return std::nullopt;
  }

  const TokenPlaces& places_;
  Diagnostics* const diagnostics_;
  bool broken_ = false;
};

}  // namespace

std::optional<std::vector<ast::Policy>> LowerWrit(P::FileContext* file,
                                                  const TokenPlaces& places,
                                                  Diagnostics* diagnostics) {
  return Lowering(places, diagnostics).File(file);
}

}  // namespace writ
