// SPDX-License-Identifier: Apache-2.0
#include "grammar/writ_names.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "grammar/json_string.h"
#include "grammar/members.h"
#include "grammar/script.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;
using antlr4::tree::TerminalNode;
using Kind = WritDefinition::Kind;

std::string_view KindText(Kind kind) {
  switch (kind) {
    case Kind::kSet:
      return "a set";
    case Kind::kLet:
      return "a constant";
    case Kind::kTemplate:
      return "a template";
    case Kind::kImport:
      return "an import";
  }
  return "a name";
}

// The end of the name that begins at `begin` of `text`.
size_t NameEnd(std::string_view text, size_t begin) {
  size_t i = begin;
  while (i < text.size()) {
    const char c = text[i];
    const bool is_part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                         c == '.' ||
                         (static_cast<unsigned char>(c) & 0x80U) != 0;
    if (!is_part) break;
    ++i;
  }
  return i;
}

bool BeginsName(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9');
}

}  // namespace

void WritNames::Add(Diagnostic finding) {
  if (InfoOf(finding.id).breaks_tree) broken_ = true;
  diagnostics_->Add(std::move(finding));
}

void WritNames::ReportUnknown(std::string_view what, std::string_view name,
                              Span span, std::string_view help) {
  broken_ = true;
  if (!unknown_.insert(std::string(what) + " " + std::string(name)).second) {
    return;
  }
  Report(DiagnosticId::kUnknownName, span, {what, Excerpt(name), help});
}

bool WritNames::Charge(size_t values, size_t bytes, Span span) {
  if (exhausted_) return false;
  values_ += values;
  bytes_ += bytes;
  if (values_ <= kMaxExpandedValues && bytes_ <= kMaxExpandedBytes) return true;
  exhausted_ = true;
  if (values_ > kMaxExpandedValues) {
    Report(DiagnosticId::kTooMany, span,
           {std::to_string(kMaxExpandedValues),
            "values when names are written out"});
  } else {
    Report(DiagnosticId::kTooMany, span,
           {std::to_string(kMaxExpandedBytes),
            "bytes of text when names are written out"});
  }
  return false;
}

ast::Text WritNames::NewName(P::NameContext* context,
                             const WritModule& module) {
  const antlr4::Token* token = context->getStart();
  ast::Text name{std::string(module.places->TextOf(*token)),
                 module.places->SpanOf(*token)};
  if (!IsWritName(name.text)) {
    Report(DiagnosticId::kWritValue, name.span,
           {"`" + Excerpt(name.text) + "` cannot be a name",
            "names consist of letters, digits, `_` and `-`"});
  }
  ReportMixedScript(name.text, name.span, "", diagnostics_);
  return name;
}

void WritNames::Define(WritModule* module) {
  const auto define = [&](Kind kind, P::NameContext* context, Span span) {
    WritName made;
    made.kind = kind;
    made.name = NewName(context, *module);
    made.span = span;
    made.module = module;
    if (!BeginsName(made.name.text)) {
      Report(DiagnosticId::kWritValue, made.name.span,
             {"`" + Excerpt(made.name.text) + "` cannot be called by its name",
              "the name of a set, constant, template or parameter begins "
              "with a letter or `_`"});
    }
    module->names.push_back(std::move(made));
    WritName* name = &module->names.back();
    const auto [it, is_new] = module->visible.emplace(name->name.text, name);
    if (!is_new) {
      Diagnostic finding =
          Diagnose(DiagnosticId::kWritDuplicateName, name->name.span, "",
                   {"definitions", Excerpt(name->name.text)});
      finding.others.push_back({it->second->name.span, "first defined here"});
      Add(std::move(finding));
    }
    return name;
  };
  for (P::TopContext* top : module->tree->top()) {
    if (P::SetDeclContext* set = top->setDecl()) {
      define(Kind::kSet, set->name(), module->places->SpanOf(*set))->set = set;
    } else if (P::LetDeclContext* let = top->letDecl()) {
      define(Kind::kLet, let->name(), module->places->SpanOf(*let))->let = let;
    } else if (P::TemplateDeclContext* body = top->templateDecl()) {
      const std::vector<P::NameContext*> names = body->name();
      WritName* made =
          define(Kind::kTemplate, names[0], module->places->SpanOf(*body));
      made->body = body;
      std::unordered_map<std::string, Span> seen;
      for (size_t i = 1; i < names.size(); ++i) {
        ast::Text parameter = NewName(names[i], *module);
        const auto [it, is_new] = seen.emplace(parameter.text, parameter.span);
        if (!is_new) {
          Diagnostic finding =
              Diagnose(DiagnosticId::kWritDuplicateName, parameter.span, "",
                       {"parameters", Excerpt(parameter.text)});
          finding.others.push_back({it->second, "first defined here"});
          Add(std::move(finding));
        }
        made->parameters.push_back(std::move(parameter));
      }
    }
  }
  for (const WritImport& import : module->imports) {
    if (import.module == nullptr || !import.alias.empty()) continue;
    for (WritName& name : import.module->names) {
      const auto [it, is_new] = module->visible.emplace(name.name.text, &name);
      if (is_new || it->second == &name) continue;
      Diagnostic finding =
          Diagnose(DiagnosticId::kWritDuplicateName, import.span, "",
                   {"definitions", Excerpt(name.name.text)});
      finding.help = "import the file under a name of its own: `as …`";
      finding.others.push_back({it->second->name.span, "one is here"});
      finding.others.push_back({name.name.span, "the other is here"});
      Add(std::move(finding));
    }
  }
}

void WritNames::ResolveAll(WritModule* module) {
  for (WritName& name : module->names) {
    if (name.kind != Kind::kTemplate) Resolve(&name, name.name.span);
  }
}

WritName* WritNames::Find(std::string_view name, const WritScope& scope) {
  const size_t dot = name.find('.');
  WritModule* module = scope.module;
  if (dot != std::string_view::npos) {
    for (WritImport& import : module->imports) {
      if (import.alias != name.substr(0, dot) || import.module == nullptr) {
        continue;
      }
      const auto found =
          import.module->visible.find(std::string(name.substr(dot + 1)));
      // What it imports itself does not come along.
      if (found == import.module->visible.end() ||
          found->second->module != import.module) {
        return nullptr;
      }
      import.used = true;
      found->second->used = true;
      return found->second;
    }
    return nullptr;
  }
  const auto found = module->visible.find(std::string(name));
  if (found == module->visible.end()) return nullptr;
  found->second->used = true;
  if (found->second->module != module) {
    for (WritImport& import : module->imports) {
      if (import.module == found->second->module) import.used = true;
    }
  }
  return found->second;
}

const WritBinding* WritNames::Bound(std::string_view name,
                                    const WritScope& scope) {
  if (scope.bindings == nullptr) return nullptr;
  for (const WritBinding& binding : *scope.bindings) {
    if (binding.name == name) return &binding;
  }
  return nullptr;
}

void WritNames::Unknown(std::string_view what, Kind kind, std::string_view name,
                        Span span, const WritScope& scope) {
  // A broken import was reported; what it defines is not known.
  for (const WritImport& import : scope.module->imports) {
    if (import.module != nullptr && !import.module->broken) continue;
    if (import.alias.empty() ||
        name.substr(0, name.find('.')) == import.alias) {
      broken_ = true;
      return;
    }
  }
  std::vector<std::string> names;
  // Looking through more than this is slower than it is helpful.
  constexpr size_t kMost = 1000;
  const auto add = [&](std::string candidate, Kind of) {
    const bool fits =
        kind == Kind::kTemplate ? of == Kind::kTemplate : of != Kind::kTemplate;
    if (fits && names.size() < kMost) names.push_back(std::move(candidate));
  };
  if (!diagnostics_->full()) {
    if (scope.bindings != nullptr) {
      for (const WritBinding& binding : *scope.bindings) {
        add(std::string(binding.name), Kind::kLet);
      }
    }
    for (const WritName& own : scope.module->names) {
      add(own.name.text, own.kind);
    }
    for (const WritImport& import : scope.module->imports) {
      if (import.module == nullptr) continue;
      const std::string prefix = import.alias.empty() ? "" : import.alias + ".";
      for (const WritName& other : import.module->names) {
        add(prefix + other.name.text, other.kind);
      }
    }
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view nearest = NearestName(name, candidates);
  std::string help;
  if (!nearest.empty()) {
    help = "did you mean `" + Excerpt(nearest) + "`?";
  } else if (kind == Kind::kSet) {
    help = "define it: `set " + Excerpt(name) + " = {{ … }`";
    help.erase(help.find("{{"), 1);
  } else if (kind == Kind::kLet) {
    help = "define it with `let`, or write `{{` for a brace";
  } else {
    help = "define it with `template`";
  }
  ReportUnknown(what, name, span, help);
}

void WritNames::NotOne(std::string_view name, size_t count, Span span,
                       Span other, std::string_view label) {
  Diagnostic finding =
      Diagnose(DiagnosticId::kWrongName, span, "",
               {Excerpt(name), "a set of " + std::to_string(count), "one value",
                "in braces stands one value; write `$" + Excerpt(name) +
                    "` where a list may stand"});
  finding.others.push_back({other, std::string(label)});
  Add(std::move(finding));
}

bool WritNames::Resolve(WritName* name, Span span) {
  if (name->state == WritName::State::kDone) return !name->bad;
  if (name->state == WritName::State::kActive) {
    std::string chain;
    const auto begin = std::find(active_.begin(), active_.end(), name);
    constexpr ptrdiff_t kMostShown = 6;
    for (auto it = begin; it != active_.end(); ++it) {
      chain += it - begin < kMostShown
                   ? "`" + Excerpt((*it)->name.text) + "` → "
               : it - begin == kMostShown ? "… → "
                                          : "";
    }
    chain += "`" + Excerpt(name->name.text) + "`";
    Diagnostic finding = Diagnose(DiagnosticId::kNameCycle, span, "",
                                  {Excerpt(name->name.text), chain});
    finding.others.push_back({name->name.span, "defined here"});
    Add(std::move(finding));
    for (auto it = begin; it != active_.end(); ++it) {
      const_cast<WritName*>(*it)->bad = true;
    }
    return false;
  }
  if (exhausted_) return false;
  if (active_.size() >= kMaxExpansionDepth) {
    Report(DiagnosticId::kTooMany, span,
           {std::to_string(kMaxExpansionDepth),
            "names that stand for one another"});
    return false;
  }
  name->state = WritName::State::kActive;
  active_.push_back(name);
  const bool was_broken = std::exchange(broken_, false);
  const WritScope scope{name->module, nullptr};
  if (name->set != nullptr) {
    for (P::ValueContext* value : name->set->value()) {
      Append(value, scope, &name->values);
    }
  } else {
    Append(name->let->value(), scope, &name->values);
    if (!broken_ && !exhausted_ && name->values.size() != 1) {
      Report(DiagnosticId::kWritValue,
             name->module->places->SpanOf(*name->let->value()),
             {"a constant is one value, not " +
                  std::to_string(name->values.size()),
              "write `set " + Excerpt(name->name.text) + " = …` for several"});
    }
  }
  name->bad = name->bad || broken_;
  broken_ = broken_ || was_broken;
  active_.pop_back();
  name->state = WritName::State::kDone;
  return !name->bad;
}

const WrittenValue* WritNames::One(std::string_view name, Span span,
                                   const WritScope& scope) {
  if (const WritBinding* binding = Bound(name, scope)) {
    if (binding->open || binding->values.size() == 1) {
      return &binding->values[0];
    }
    NotOne(name, binding->values.size(), span, binding->span, "given here");
    return nullptr;
  }
  WritName* found = Find(name, scope);
  if (found == nullptr) {
    Unknown("name", Kind::kLet, name, span, scope);
    return nullptr;
  }
  if (found->kind == Kind::kTemplate) {
    Diagnostic finding = Diagnose(
        DiagnosticId::kWrongName, span, "",
        {Excerpt(name), "a template", "a value",
         "a policy writes it out with `use " + Excerpt(name) + "(…);`"});
    finding.others.push_back({found->name.span, "defined here"});
    Add(std::move(finding));
    return nullptr;
  }
  if (!Resolve(found, span)) {
    broken_ = true;
    return nullptr;
  }
  if (found->values.size() != 1) {
    NotOne(name, found->values.size(), span, found->name.span, "defined here");
    return nullptr;
  }
  return &found->values[0];
}

std::string WritNames::Interpolate(std::string_view text, Span token,
                                   const WritScope& scope, bool* open) {
  if (text.find('{') == std::string_view::npos) return std::string(text);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      out.push_back(text[i]);
      continue;
    }
    if (text.substr(i + 1, 1) == "{") {
      out.push_back('{');
      ++i;
      continue;
    }
    const size_t end = NameEnd(text, i + 1);
    const std::string_view name = text.substr(i + 1, end - i - 1);
    if (text.substr(end, 1) != "}" || !BeginsName(name)) {
      Report(DiagnosticId::kWritValue, token,
             {"a brace begins a name, as in `{account}`",
              "write `{{` for one literal brace"});
      return out;
    }
    // Where it stands, unless escapes moved it.
    const std::string_view raw = scope.module->places->TextAt(token);
    const size_t at = raw.find(text.substr(i, end + 1 - i));
    const Span span =
        at == std::string_view::npos
            ? token
            : Span{token.begin + static_cast<uint32_t>(at),
                   token.begin + static_cast<uint32_t>(at + end + 1 - i)};
    const WrittenValue* value = One(name, span, scope);
    if (value == nullptr) return out;
    if (value->open && open != nullptr) *open = true;
    out += value->value.text;
    if (!Charge(0, value->value.text.size(), span)) return out;
    i = end;
  }
  return out;
}

ast::Text WritNames::Verbatim(TerminalNode* node, const WritScope& scope) {
  const antlr4::Token& token = *node->getSymbol();
  const std::string_view raw = scope.module->places->TextOf(token);
  const Span span = scope.module->places->SpanOf(token);
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (!CheckWritString(inner, span.begin + 1, diagnostics_)) {
    broken_ = true;
    return {"", span};
  }
  return {UnescapeJson(inner), span};
}

ast::Text WritNames::String(TerminalNode* node, const WritScope& scope,
                            bool* open) {
  ast::Text text = Verbatim(node, scope);
  text.text = Interpolate(text.text, text.span, scope, open);
  return text;
}

ast::Text WritNames::Word(TerminalNode* node, const WritScope& scope,
                          bool* open) {
  const antlr4::Token& token = *node->getSymbol();
  const Span span = scope.module->places->SpanOf(token);
  return {Interpolate(scope.module->places->TextOf(token), span, scope, open),
          span};
}

void WritNames::AppendSet(P::ValueContext* context, const WritScope& scope,
                          std::vector<WrittenValue>* out) {
  const Span span = scope.module->places->SpanOf(*context);
  const std::string_view name =
      scope.module->places->TextOf(*context->REF()->getSymbol()).substr(1);
  const std::vector<WrittenValue>* values = nullptr;
  if (const WritBinding* binding = Bound(name, scope)) {
    values = &binding->values;
  } else {
    WritName* found = Find(name, scope);
    if (found == nullptr) {
      Unknown("set", Kind::kSet, name, span, scope);
      return;
    }
    if (found->kind != Kind::kSet) {
      Diagnostic finding = Diagnose(
          DiagnosticId::kWrongName, span, "",
          {Excerpt(name), KindText(found->kind), "a set",
           found->kind == Kind::kLet ? "write `{" + Excerpt(name) + "}`"
                                     : "a policy writes it out with `use " +
                                           Excerpt(name) + "(…);`"});
      finding.others.push_back({found->name.span, "defined here"});
      Add(std::move(finding));
      return;
    }
    if (!Resolve(found, span)) {
      broken_ = true;
      return;
    }
    values = &found->values;
  }
  size_t bytes = 0;
  for (const WrittenValue& value : *values) bytes += value.value.text.size();
  if (!Charge(values->size(), bytes, span)) return;
  out->insert(out->end(), values->begin(), values->end());
}

void WritNames::Append(P::ValueContext* context, const WritScope& scope,
                       std::vector<WrittenValue>* out) {
  if (exhausted_) return;
  if (context->REF() != nullptr) {
    AppendSet(context, scope, out);
    return;
  }
  WrittenValue made;
  made.value.span = scope.module->places->SpanOf(*context);
  if (context->STRING() != nullptr) {
    made.form = WrittenValue::Form::kText;
    made.value.text = String(context->STRING(), scope, &made.open).text;
    out->push_back(std::move(made));
    return;
  }
  const std::string_view raw =
      scope.module->places->TextOf(*context->WORD()->getSymbol());
  if (context->JSON() == nullptr && raw.front() == '{' &&
      raw.find('}') == raw.size() - 1) {
    // The value itself, with the type that it was written with.
    const WrittenValue* value =
        One(raw.substr(1, raw.size() - 2), made.value.span, scope);
    if (value == nullptr) return;
    if (!Charge(1, value->value.text.size(), made.value.span)) return;
    const Span span = made.value.span;
    made = *value;
    made.value.span = span;
    out->push_back(std::move(made));
    return;
  }
  made.value.text = Word(context->WORD(), scope, &made.open).text;
  if (context->JSON() != nullptr) {
    made.form = WrittenValue::Form::kJson;
    made.value.kind = ast::Value::Kind::kNumber;
    if (made.value.text == "true" || made.value.text == "false") {
      made.value.kind = ast::Value::Kind::kBool;
    } else if (!made.open && !IsJsonNumber(made.value.text)) {
      Report(DiagnosticId::kWritValue, made.value.span,
             {"`json " + Excerpt(made.value.text) + "` is not a JSON value",
              "`json` stands before a number, true or false"});
    }
  }
  out->push_back(std::move(made));
}

WrittenValues WritNames::Values(P::ValuesContext* context,
                                const WritScope& scope) {
  WrittenValues values;
  values.span = scope.module->places->SpanOf(*context);
  const std::vector<P::ValueContext*> items = context->value();
  values.is_list = context->LBRACKET() != nullptr ||
                   (items.size() == 1 && items[0]->REF() != nullptr);
  for (P::ValueContext* value : items) Append(value, scope, &values.items);
  if (scope.bindings != nullptr) Charge(values.items.size(), 0, values.span);
  return values;
}

WritName* WritNames::Template(std::string_view name, Span span,
                              const WritScope& scope) {
  WritName* found = Find(name, scope);
  if (found == nullptr) {
    Unknown("template", Kind::kTemplate, name, span, scope);
    return nullptr;
  }
  if (found->kind == Kind::kTemplate) return found;
  Diagnostic finding =
      Diagnose(DiagnosticId::kWrongName, span, "",
               {Excerpt(name), KindText(found->kind), "a template",
                "`use` takes the name of a template"});
  finding.others.push_back({found->name.span, "defined here"});
  Add(std::move(finding));
  return nullptr;
}

}  // namespace writ
