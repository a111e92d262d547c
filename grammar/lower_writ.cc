// SPDX-License-Identifier: Apache-2.0
// From ANTLR's parse tree to the policy tree: policies, statements, and the
// statements that templates make. One statement becomes one statement.
#include "grammar/lower_writ.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "grammar/json_tree.h"
#include "grammar/members.h"
#include "grammar/script.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;

ast::PolicyKind KindOf(P::KindContext* context) {
  if (context->RESOURCE() != nullptr) return ast::PolicyKind::kResource;
  if (context->TRUST() != nullptr) return ast::PolicyKind::kTrust;
  if (context->CONTROL() != nullptr) return ast::PolicyKind::kControl;
  if (context->SESSION() != nullptr) return ast::PolicyKind::kSession;
  return ast::PolicyKind::kIdentity;
}

}  // namespace

void WritLowering::LowerPolicies() {
  P::FileContext* file = module_->tree;
  if (file->header() != nullptr) Header(file->header());
  names_->ResolveAll(module_);
  for (WritName& name : module_->names) {
    if (name.body != nullptr && name.state == WritName::State::kNew) {
      CheckTemplate(&name);
    }
  }
  std::unordered_map<std::string, Span> seen;
  for (P::TopContext* top : file->top()) {
    P::PolicyContext* context = top->policy();
    if (context == nullptr) continue;
    module_->policies.push_back(Policy(context));
    const ast::Policy& policy = module_->policies.back();
    const auto [it, is_new] = seen.emplace(policy.name, policy.name_span);
    if (is_new) continue;
    Diagnostic finding =
        Diagnose(DiagnosticId::kWritDuplicateName, policy.name_span, "",
                 {"policies", Excerpt(policy.name)});
    finding.others.push_back({it->second, "first defined here"});
    names_->Add(std::move(finding));
  }
  if (file->top().empty()) Report(DiagnosticId::kWritEmpty, SpanOf(file), {});
}

void WritLowering::Twice(Span span, std::string_view what) {
  Report(DiagnosticId::kWritValue, span,
         {"`" + Excerpt(what) + "` stands twice", "keep one of them"});
}

void WritLowering::Header(P::HeaderContext* context) {
  const std::string_view version = TextOf(context->WORD());
  if (version == "1") return;
  Report(DiagnosticId::kWritVersion, SpanOf(context->WORD()),
         {"`" + Excerpt(version) + "`"});
}

// A template is judged once, with parameters of which nothing is known, so that
// an unused one is judged too and a used one not once for each use.
void WritLowering::CheckTemplate(WritName* name) {
  if (check_depth_ >= kMaxExpansionDepth) {
    Report(
        DiagnosticId::kTooMany, name->name.span,
        {std::to_string(kMaxExpansionDepth), "templates that use one another"});
    name->bad = true;
    return;
  }
  name->state = WritName::State::kActive;
  ++check_depth_;
  const bool was_broken = names_->broken();
  names_->set_broken(false);
  std::vector<WritBinding> open;
  for (const ast::Text& parameter : name->parameters) {
    WrittenValue value;
    value.open = true;
    value.value.span = parameter.span;
    open.push_back({parameter.text, false, true, {value}, parameter.span});
  }
  const WritScope outer = std::exchange(scope_, WritScope{module_, &open});
  const auto labels = std::exchange(labels_, {});
  for (P::TemplateItemContext* item : name->body->templateItem()) {
    if (names_->exhausted()) break;
    if (item->use() != nullptr) {
      for (P::ValuesContext* value : item->use()->values()) {
        names_->Values(value, scope_);
      }
      Used(item->use());
      continue;
    }
    const ast::Statement statement = Statement(item->statement());
    if (statement.label && !statement.label->text.empty() &&
        !labels_.insert(statement.label->text).second) {
      Report(DiagnosticId::kWritDuplicateName, statement.label->span,
             {"statements", Excerpt(statement.label->text)});
    }
  }
  scope_ = outer;
  labels_ = labels;
  name->bad = name->bad || names_->broken();
  names_->set_broken(names_->broken() || was_broken);
  --check_depth_;
  name->state = WritName::State::kDone;
}

WritName* WritLowering::Used(P::UseContext* context) {
  const Span span = SpanOf(context->qualifiedName());
  WritName* name = names_->Template(
      scope_.module->places->TextOf(*context->qualifiedName()->getStart()),
      span, scope_);
  if (name == nullptr) return nullptr;
  if (name->state == WritName::State::kActive) {
    Diagnostic finding =
        Diagnose(DiagnosticId::kNameCycle, span, "",
                 {Excerpt(name->name.text), "a template cannot use itself"});
    finding.others.push_back({name->name.span, "defined here"});
    names_->Add(std::move(finding));
    name->bad = true;
    return nullptr;
  }
  if (name->state == WritName::State::kNew) CheckTemplate(name);
  const size_t given = context->values().size();
  if (name->bad) {
    names_->set_broken(true);
    return nullptr;
  }
  if (given != name->parameters.size()) {
    const auto arguments = [](size_t count) {
      return count == 1 ? std::string("1 argument")
                        : std::to_string(count) + " arguments";
    };
    std::string wanted;
    for (const ast::Text& parameter : name->parameters) {
      wanted += (wanted.empty() ? "" : ", ") + parameter.text;
    }
    Diagnostic finding =
        Diagnose(DiagnosticId::kArgumentCount, SpanOf(context), "",
                 {Excerpt(name->name.text), arguments(name->parameters.size()),
                  std::to_string(given),
                  "write `use " + Excerpt(name->name.text) + "(" +
                      Excerpt(wanted) + ");`"});
    finding.span.begin = SpanOf(context->USE()).begin;
    finding.others.push_back({name->name.span, "defined here"});
    names_->Add(std::move(finding));
    return nullptr;
  }
  return name;
}

void WritLowering::Use(P::UseContext* context, Span top, ast::Policy* policy) {
  if (full_ || !names_->Charge(1, 0, SpanOf(context))) return;
  WritName* name = Used(context);
  const bool was_broken = names_->broken();
  names_->set_broken(false);
  std::vector<WritBinding> bindings;
  const std::vector<P::ValuesContext*> arguments = context->values();
  for (size_t i = 0; i < arguments.size(); ++i) {
    WrittenValues values = names_->Values(arguments[i], scope_);
    if (name == nullptr) continue;
    WritBinding binding;
    binding.name = name->parameters[i].text;
    binding.is_set = values.is_list;
    binding.span = values.span;
    binding.values = std::move(values.items);
    bindings.push_back(std::move(binding));
  }
  const bool is_broken = names_->broken();
  names_->set_broken(is_broken || was_broken);
  if (is_broken || name == nullptr) return;
  if (use_depth_ >= kMaxExpansionDepth) {
    Report(
        DiagnosticId::kTooMany, SpanOf(context),
        {std::to_string(kMaxExpansionDepth), "templates that use one another"});
    return;
  }
  const std::vector<ast::Annotation> annotations =
      Annotations(context->annotation());
  const WritScope outer =
      std::exchange(scope_, WritScope{name->module, &bindings});
  ++use_depth_;
  for (P::TemplateItemContext* item : name->body->templateItem()) {
    if (full_ || names_->exhausted()) break;
    if (item->use() != nullptr) {
      const size_t first = policy->statements.size();
      Use(item->use(), top, policy);
      for (size_t i = first; i < policy->statements.size(); ++i) {
        auto& own = policy->statements[i].annotations;
        own.insert(own.begin(), annotations.begin(), annotations.end());
      }
      continue;
    }
    ast::Statement statement = Statement(item->statement());
    size_t bytes = statement.span.end - statement.span.begin;
    for (const ast::Annotation& annotation : annotations) {
      bytes += annotation.span.end - annotation.span.begin;
    }
    if (!names_->Charge(1 + annotations.size(), bytes, top)) break;
    statement.use_span = top;
    statement.annotations.insert(statement.annotations.begin(),
                                 annotations.begin(), annotations.end());
    if (statement.label) {
      // The label stays when nobody else has it; else it gets a number.
      const std::string base = statement.label->text;
      while (!labels_.insert(statement.label->text).second) {
        size_t& number = label_numbers_[base];
        number = std::max<size_t>(number + 1, 2);
        statement.label->text = base + "_" + std::to_string(number);
      }
    }
    AddStatement(std::move(statement), policy);
  }
  --use_depth_;
  scope_ = outer;
}

bool WritLowering::AddStatement(ast::Statement statement, ast::Policy* policy) {
  if (full_) return false;
  if (policy->statements.size() == kMaxStatements) {
    full_ = true;
    const bool made = statement.use_span != Span{};
    Report(DiagnosticId::kTooMany,
           made ? statement.use_span : statement.effect_span,
           {std::to_string(kMaxStatements), "statements"});
    return false;
  }
  policy->statements.push_back(std::move(statement));
  return true;
}

std::vector<ast::Annotation> WritLowering::Annotations(
    const std::vector<P::AnnotationContext*>& contexts) {
  std::vector<ast::Annotation> annotations;
  for (P::AnnotationContext* context : contexts) {
    ast::Annotation made;
    made.name = names_->NewName(context->name(), *scope_.module);
    made.span = SpanOf(context);
    for (P::ValueContext* value : context->value()) {
      ast::Value argument;
      argument.span = SpanOf(value);
      if (value->STRING() != nullptr) {
        argument.text = names_->Verbatim(value->STRING(), scope_).text;
      } else {
        const antlr4::Token& token = *value->getStop();
        argument.text = scope_.module->places->TextOf(token);
        if (value->JSON() != nullptr) {
          argument.kind = argument.text == "true" || argument.text == "false"
                              ? ast::Value::Kind::kBool
                              : ast::Value::Kind::kNumber;
        }
      }
      made.arguments.push_back(std::move(argument));
    }
    annotations.push_back(std::move(made));
  }
  return annotations;
}

ast::Policy WritLowering::Policy(P::PolicyContext* context) {
  ast::Policy policy;
  policy.span = SpanOf(context);
  policy.span.begin = SpanOf(context->POLICY()).begin;
  ast::Text name = names_->NewName(context->name(), *module_);
  policy.name = std::move(name.text);
  policy.name_span = name.span;
  policy.annotations = Annotations(context->annotation());
  if (context->kind() != nullptr) policy.kind = KindOf(context->kind());
  labels_.clear();
  label_numbers_.clear();
  full_ = false;
  const std::vector<P::ItemContext*> items = context->item();
  // Labels written in the policy itself go before those of templates.
  std::unordered_map<std::string, Span> own;
  for (P::ItemContext* item : items) {
    if (item->statement() == nullptr || item->statement()->label() == nullptr) {
      continue;
    }
    const antlr4::Token* token = item->statement()->label()->getStart();
    const std::string label(module_->places->TextOf(*token));
    const Span span = module_->places->SpanOf(*token);
    const auto [it, is_new] = own.emplace(label, span);
    labels_.insert(label);
    if (is_new) continue;
    Diagnostic finding = Diagnose(DiagnosticId::kWritDuplicateName, span, "",
                                  {"statements", Excerpt(label)});
    finding.others.push_back({it->second, "first defined here"});
    names_->Add(std::move(finding));
  }
  std::unordered_set<std::string> extras;
  bool has_version = false;
  for (P::ItemContext* item : items) {
    if (item->version() != nullptr) {
      if (has_version) Twice(SpanOf(item), "version");
      has_version = true;
      Version(item->version(), &policy);
    } else if (item->policyExtra() != nullptr) {
      PolicyExtra(item->policyExtra()->extra(), &extras, &policy);
    } else if (item->use() != nullptr) {
      Span top = SpanOf(item->use());
      top.begin = SpanOf(item->use()->USE()).begin;
      Use(item->use(), top, &policy);
    } else {
      if (!AddStatement(Statement(item->statement()), &policy)) break;
    }
  }
  return policy;
}

void WritLowering::Version(P::VersionContext* context, ast::Policy* policy) {
  const ast::Text version = names_->Verbatim(context->STRING(), scope_);
  policy->version = version.text;
  if (version.text != "1" && !names_->broken()) {
    Report(DiagnosticId::kInvalidVersion, version.span,
           {"`\"" + Excerpt(version.text) + "\"`"});
  }
}

std::optional<ast::ForeignMember> WritLowering::Extra(
    P::ExtraContext* context, std::unordered_set<std::string>* seen) {
  const std::vector<TerminalNode*> strings = context->STRING();
  ast::ForeignMember member;
  member.name = names_->Verbatim(strings[0], scope_);
  member.span = SpanOf(context);
  const ast::Text json = names_->Verbatim(strings[1], scope_);
  if (names_->broken()) return std::nullopt;
  if (!seen->insert(member.name.text).second) {
    Twice(member.span, member.name.text);
    return std::nullopt;
  }
  const SourceText text("", json.text);
  Diagnostics findings;
  const std::optional<JsonTree> tree = ReadJson(text, &findings);
  if (!tree || findings.has_errors()) {
    Report(DiagnosticId::kWritString, json.span,
           {"the text behind `=` is not JSON: " + findings.all()[0].message,
            "write JSON in quotes, each of its own quotes as \\\""});
    return std::nullopt;
  }
  member.json = tree->Compact(JsonTree::kRoot);
  return member;
}

void WritLowering::PolicyExtra(P::ExtraContext* context,
                               std::unordered_set<std::string>* seen,
                               ast::Policy* policy) {
  std::optional<ast::ForeignMember> member = Extra(context, seen);
  if (!member) return;
  if (member->name.text == "Version" || member->name.text == "Statement") {
    Twice(member->span, member->name.text);
    return;
  }
  ReportForeignMember(MemberPlace::kPolicy, member->name.text,
                      member->name.span, "", names_->diagnostics());
  policy->foreign.push_back(*std::move(member));
}

void WritLowering::StatementExtra(P::ExtraContext* context,
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
                        names_->diagnostics());
  }
  statement->foreign.push_back(*std::move(member));
}

// A label may hold parameters: `read_{team} => …`.
ast::Text WritLowering::Label(P::LabelContext* context) {
  const antlr4::Token* token = context->name()->getStart();
  if (context->name()->WORD() == nullptr || scope_.bindings == nullptr) {
    return names_->NewName(context->name(), *scope_.module);
  }
  bool open = false;
  ast::Text label = names_->Word(context->name()->WORD(), scope_, &open);
  if (open) return {"", label.span};
  if (!IsWritName(label.text)) {
    Report(DiagnosticId::kWritValue, label.span,
           {"`" + Excerpt(label.text) + "` cannot be a name",
            "names consist of letters, digits, `_` and `-`"});
  }
  ReportMixedScript(scope_.module->places->TextOf(*token), label.span, "",
                    names_->diagnostics());
  return label;
}

ast::Statement WritLowering::Statement(P::StatementContext* context) {
  ast::Statement statement;
  statement.span = SpanOf(context);
  const bool labelled = context->label() != nullptr;
  statement.span.begin = labelled ? SpanOf(context->label()).begin
                                  : SpanOf(context->effect()).begin;
  statement.annotations = Annotations(context->annotation());
  if (labelled) statement.label = Label(context->label());
  statement.effect = context->effect()->DENY() != nullptr ? ast::Effect::kDeny
                                                          : ast::Effect::kAllow;
  statement.effect_span = SpanOf(context->effect());
  if (P::ActionsContext* actions = context->actions();
      actions->NOTHING() == nullptr) {
    statement.action =
        ast::PatternList{actions->ALL() != nullptr, Patterns(actions->values()),
                         statement.effect_span};
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
    statement.sid = names_->String(tail->STRING(), scope_);
  }
  for (P::TailContext* tail : context->tail()) {
    if (tail->extra() != nullptr) {
      StatementExtra(tail->extra(), &extras, &statement);
    }
  }
  return statement;
}

}  // namespace writ
