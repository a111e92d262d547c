// SPDX-License-Identifier: Apache-2.0
#include "grammar/parse_json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "grammar/json_tree.h"
#include "grammar/members.h"
#include "grammar/script.h"
#include "grammar/value.h"

namespace writ {
namespace {

using Index = JsonTree::Index;

// Turns the flat JSON tree into the policy tree. What a member of the policy
// tree cannot hold (a number where a list belongs) is reported and kept as a
// ForeignMember of the same name, so that nothing is lost.
class PolicyBuilder {
 public:
  PolicyBuilder(const JsonTree& json, Diagnostics* diagnostics)
      : json_(json), diagnostics_(diagnostics) {}

  std::optional<ast::Policy> Build() {
    const Index root = JsonTree::kRoot;
    if (json_.at(root).type != JsonType::kObject) {
      Report(DiagnosticId::kNotAnObject, json_.SpanOf(root), "",
             {TypeOf(root)});
      return std::nullopt;
    }
    policy_.span = json_.SpanOf(root);
    bool has_version = false;
    bool has_statement = false;
    bool usable = true;
    for (Member m = FirstMember(root); m.name < m.end; m = NextMember(m)) {
      const std::string name = json_.String(m.name);
      const std::string pointer = PointerTo("", name);
      if (name == "Version") {
        if (!has_version) ReadVersion(m.value, pointer);
        has_version = true;
      } else if (name == "Statement") {
        if (!has_statement) usable = ReadStatements(m.value, pointer);
        has_statement = true;
      } else {
        KeepForeign(MemberPlace::kPolicy, root, m, pointer, &policy_.foreign);
      }
    }
    if (!has_version && !HasInAnotherCase(policy_.foreign, "Version")) {
      ReportWithFix(DiagnosticId::kMissingVersion, OpeningOf(root), "", {},
                    {"add the version", true, {VersionBefore(root)}});
    }
    if (!has_statement) {
      if (!HasInAnotherCase(policy_.foreign, "Statement")) {
        Report(DiagnosticId::kMissingStatement, OpeningOf(root), "", {});
      }
      return std::nullopt;
    }
    if (!usable) return std::nullopt;
    return std::move(policy_);
  }

 private:
  struct Member {
    Index name;
    Index value;
    Index end;  // of the object
  };

  Member FirstMember(Index object) const {
    const Index name = json_.First(object);
    return {name, name + 1, json_.at(object).next};
  }
  Member NextMember(const Member& member) const {
    const Index name = json_.at(member.value).next;
    return {name, name + 1, member.end};
  }

  std::string_view TypeOf(Index i) const {
    return JsonTypeName(json_.at(i).type);
  }
  Span OpeningOf(Index i) const {
    return {json_.at(i).begin, json_.at(i).begin + 1};
  }
  ast::Text TextOf(Index i) const { return {json_.String(i), json_.SpanOf(i)}; }
  // A value as a message shows it: strings in their quotes.
  std::string Shown(Index i) const {
    const JsonType type = json_.at(i).type;
    if (type == JsonType::kString) {
      return "`\"" + Excerpt(json_.String(i)) + "\"`";
    }
    if (type == JsonType::kNumber) {
      return "the number `" + Excerpt(json_.Raw(i)) + "`";
    }
    return std::string(TypeOf(i));
  }

  void Report(DiagnosticId id, Span span, std::string pointer,
              std::initializer_list<std::string_view> parts) {
    diagnostics_->Add(Diagnose(id, span, std::move(pointer), parts));
  }

  void ReportWithFix(DiagnosticId id, Span span, std::string pointer,
                     std::initializer_list<std::string_view> parts, Fix fix) {
    Diagnostic finding = Diagnose(id, span, std::move(pointer), parts);
    finding.fix = std::move(fix);
    diagnostics_->Add(std::move(finding));
  }
  // Writes `text` in the place of a name or a value.
  Fix Rewrite(Index i, const std::string& text) const {
    return {"write `" + text + "`", false, {{json_.SpanOf(i), text}}};
  }

  // Adds the version as the first member, laid out like the one behind it.
  TextEdit VersionBefore(Index object) const {
    const uint32_t inside = json_.at(object).begin + 1;
    const Index first = json_.First(object);
    std::string text = "\"Version\": \"1\"";
    if (first < json_.at(object).next) {
      const std::string_view space =
          json_.Raw(object).substr(1, json_.at(first).begin - inside);
      const bool blank = !space.empty() && space.find_first_not_of(" \t\r\n") ==
                                               std::string_view::npos;
      text = blank ? std::string(space) + text + "," : text + ", ";
    }
    return {{inside, inside}, std::move(text)};
  }

  bool HasMember(Index object, std::string_view name) const {
    for (Member m = FirstMember(object); m.name < m.end; m = NextMember(m)) {
      if (json_.String(m.name) == name) return true;
    }
    return false;
  }

  // A member that is missing only because it is spelled in another case; that
  // was reported.
  static bool HasInAnotherCase(const std::vector<ast::ForeignMember>& members,
                               std::string_view name) {
    return std::any_of(members.begin(), members.end(),
                       [name](const ast::ForeignMember& member) {
                         return EqualsIgnoreCase(member.name.text, name);
                       });
  }

  void KeepForeign(MemberPlace place, Index object, const Member& m,
                   const std::string& pointer,
                   std::vector<ast::ForeignMember>* foreign) {
    ForeignMemberFinding found = FindForeignMember(
        place, json_.String(m.name), json_.SpanOf(m.name), pointer);
    // A text whose findings do not fit has no use for more fixes, and looking
    // for the name costs time.
    if (!diagnostics_->full() && !found.meant.empty() &&
        !HasMember(object, found.meant)) {
      found.finding.fix =
          Rewrite(m.name, "\"" + std::string(found.meant) + "\"");
    }
    diagnostics_->Add(std::move(found.finding));
    KeepSilently(m, foreign);
  }
  void KeepSilently(const Member& m,
                    std::vector<ast::ForeignMember>* foreign) const {
    foreign->push_back({TextOf(m.name),
                        json_.Compact(m.value),
                        {json_.at(m.name).begin, json_.at(m.value).end}});
  }

  void ReadVersion(Index value, const std::string& pointer) {
    if (json_.at(value).type != JsonType::kString) {
      ReportWithFix(DiagnosticId::kVersionType, json_.SpanOf(value), pointer,
                    {Shown(value)}, Rewrite(value, "\"1\""));
      return;
    }
    policy_.version = json_.String(value);
    if (policy_.version != "1") {
      ReportWithFix(DiagnosticId::kInvalidVersion, json_.SpanOf(value), pointer,
                    {Shown(value)}, Rewrite(value, "\"1\""));
    }
  }

  bool ReadStatements(Index list, const std::string& pointer) {
    if (json_.at(list).type != JsonType::kArray) {
      Diagnostic finding =
          Diagnose(DiagnosticId::kStatementNotList, json_.SpanOf(list), pointer,
                   {TypeOf(list)});
      if (json_.at(list).type == JsonType::kObject) {
        const Span span = json_.SpanOf(list);
        finding.fix =
            Fix{"put brackets around it",
                true,
                {{{span.begin, span.begin}, "["}, {{span.end, span.end}, "]"}}};
      }
      diagnostics_->Add(std::move(finding));
      return false;
    }
    bool usable = true;
    size_t count = 0;
    const Index end = json_.at(list).next;
    for (Index i = json_.First(list); i < end; i = json_.at(i).next, ++count) {
      const std::string at = PointerTo(pointer, count);
      if (count == kMaxStatements) {
        Report(DiagnosticId::kTooMany, OpeningOf(i), at,
               {std::to_string(kMaxStatements), "statements"});
        return false;
      }
      if (json_.at(i).type != JsonType::kObject) {
        Report(DiagnosticId::kStatementType, json_.SpanOf(i), at, {TypeOf(i)});
        usable = false;
        continue;
      }
      policy_.statements.push_back(ReadStatement(i, at));
    }
    return usable;
  }

  ast::Statement ReadStatement(Index object, const std::string& pointer) {
    ast::Statement statement;
    statement.span = json_.SpanOf(object);
    bool has_effect = false;
    for (Member m = FirstMember(object); m.name < m.end; m = NextMember(m)) {
      const std::string name = json_.String(m.name);
      const std::string at = PointerTo(pointer, name);
      if (name == "Effect") {
        if (!has_effect) ReadEffect(m, at, &statement);
        has_effect = true;
      } else if (name == "Sid") {
        ReadSid(m, at, &statement);
      } else if (name == "Action" || name == "NotAction") {
        ReadPatterns(m, name == "NotAction", at, &statement.action, &statement);
      } else if (name == "Resource" || name == "NotResource") {
        ReadPatterns(m, name == "NotResource", at, &statement.resource,
                     &statement);
      } else if (name == "Principal") {
        ReadPrincipal(m, at, &statement);
      } else if (name == "Condition") {
        ReadCondition(m, at, &statement);
      } else {
        KeepForeign(MemberPlace::kStatement, object, m, at, &statement.foreign);
      }
    }
    if (!has_effect && !HasInAnotherCase(statement.foreign, "Effect")) {
      Report(DiagnosticId::kMissingEffect, OpeningOf(object), pointer, {});
    }
    return statement;
  }

  void ReadEffect(const Member& m, const std::string& pointer,
                  ast::Statement* statement) {
    statement->effect_span = json_.SpanOf(m.value);
    const std::string text = json_.at(m.value).type == JsonType::kString
                                 ? json_.String(m.value)
                                 : "";
    if (text == "Allow" || text == "Deny") {
      statement->effect =
          text == "Deny" ? ast::Effect::kDeny : ast::Effect::kAllow;
      return;
    }
    constexpr std::string_view kEffects[] = {"Allow", "Deny"};
    const std::string_view nearest = NearestName(text, kEffects);
    const std::string meant = "\"" + std::string(nearest) + "\"";
    Diagnostic finding = Diagnose(
        DiagnosticId::kInvalidEffect, json_.SpanOf(m.value), pointer,
        {Shown(m.value),
         nearest.empty() ? "write \"Allow\" or \"Deny\"" : "write " + meant});
    if (!nearest.empty()) finding.fix = Rewrite(m.value, meant);
    diagnostics_->Add(std::move(finding));
  }

  void ReadSid(const Member& m, const std::string& pointer,
               ast::Statement* statement) {
    if (statement->sid) return;  // reported as a duplicate
    if (json_.at(m.value).type != JsonType::kString) {
      WrongType(m, pointer, "a string", "name the statement, or remove it");
      KeepSilently(m, &statement->foreign);
      return;
    }
    statement->sid = TextOf(m.value);
  }

  void WrongType(const Member& m, const std::string& pointer,
                 std::string_view wanted, std::string_view help) {
    Report(DiagnosticId::kElementType, json_.SpanOf(m.value), pointer,
           {json_.String(m.name), TypeOf(m.value), wanted, help});
  }

  void ReadPatterns(const Member& m, bool negated, const std::string& pointer,
                    std::optional<ast::PatternList>* list,
                    ast::Statement* statement) {
    if (*list) {
      if ((*list)->negated != negated) {
        const std::string name = json_.String(m.name);
        const std::string other = negated ? name.substr(3) : "Not" + name;
        Report(DiagnosticId::kBothForms, json_.SpanOf(m.name), pointer,
               {other, name});
        KeepSilently(m, &statement->foreign);
      }
      return;
    }
    std::optional<ast::Values> values = ReadValues(m.value);
    if (!values) {
      WrongType(m, pointer, "a string or a list of strings",
                "write one text in quotes, or several in brackets");
      KeepSilently(m, &statement->foreign);
      return;
    }
    ReportUnquoted(*values, pointer, "a pattern");
    *list = ast::PatternList{negated, *std::move(values), json_.SpanOf(m.name)};
  }

  // One scalar or a list of scalars; nothing when it is something else.
  std::optional<ast::Values> ReadValues(Index i) const {
    ast::Values values;
    values.span = json_.SpanOf(i);
    if (json_.at(i).type == JsonType::kArray) {
      values.is_list = true;
      const Index end = json_.at(i).next;
      for (Index k = json_.First(i); k < end; k = json_.at(k).next) {
        std::optional<ast::Value> value = ReadScalar(k);
        if (!value) return std::nullopt;
        values.items.push_back(*std::move(value));
      }
      return values;
    }
    std::optional<ast::Value> value = ReadScalar(i);
    if (!value) return std::nullopt;
    values.items.push_back(*std::move(value));
    return values;
  }

  std::optional<ast::Value> ReadScalar(Index i) const {
    switch (json_.at(i).type) {
      case JsonType::kString:
        return ast::Value{ast::Value::Kind::kString, json_.String(i),
                          json_.SpanOf(i)};
      case JsonType::kNumber:
        return ast::Value{ast::Value::Kind::kNumber, std::string(json_.Raw(i)),
                          json_.SpanOf(i)};
      case JsonType::kTrue:
      case JsonType::kFalse:
        return ast::Value{ast::Value::Kind::kBool, std::string(json_.Raw(i)),
                          json_.SpanOf(i)};
      case JsonType::kNull:
      case JsonType::kObject:
      case JsonType::kArray:
        return std::nullopt;
    }
    return std::nullopt;
  }

  // Patterns and principals are strings; only condition values may be others.
  void ReportUnquoted(const ast::Values& values, const std::string& pointer,
                      std::string_view what) {
    for (size_t i = 0; i < values.items.size(); ++i) {
      const ast::Value& value = values.items[i];
      if (value.kind == ast::Value::Kind::kString) {
        if (!FindLookAlike(value.text)) continue;
        ReportMixedScript(value.text, value.span,
                          values.is_list ? PointerTo(pointer, i) : pointer,
                          diagnostics_);
        continue;
      }
      Report(
          DiagnosticId::kValueType, value.span,
          values.is_list ? PointerTo(pointer, i) : pointer,
          {what,
           value.kind == ast::Value::Kind::kNumber ? "a number" : "a boolean",
           Excerpt(value.text)});
    }
  }

  void ReadPrincipal(const Member& m, const std::string& pointer,
                     ast::Statement* statement) {
    if (statement->principal) return;  // reported as a duplicate
    ast::Principal principal;
    principal.name_span = json_.SpanOf(m.name);
    principal.span = json_.SpanOf(m.value);
    bool usable = true;
    if (json_.at(m.value).type == JsonType::kObject) {
      principal.form = ast::Principal::Form::kTyped;
      for (Member t = FirstMember(m.value); t.name < t.end; t = NextMember(t)) {
        std::optional<ast::Values> values = ReadValues(t.value);
        const std::string at = PointerTo(pointer, json_.String(t.name));
        if (!values) {
          WrongType(t, at, "a string or a list of strings",
                    "write one text in quotes, or several in brackets");
          usable = false;
          continue;
        }
        ReportUnquoted(*values, at, "a principal");
        principal.typed.push_back({TextOf(t.name), *std::move(values)});
      }
    } else if (std::optional<ast::Values> values = ReadValues(m.value)) {
      ReportUnquoted(*values, pointer, "a principal");
      principal.bare = *std::move(values);
    } else {
      WrongType(m, pointer, "an object or a list of strings",
                "write {\"RAM\": [...]} or [\"*\"]");
      usable = false;
    }
    if (usable) {
      statement->principal = std::move(principal);
    } else {
      KeepSilently(m, &statement->foreign);
    }
  }

  void ReadCondition(const Member& m, const std::string& pointer,
                     ast::Statement* statement) {
    if (statement->condition) return;  // reported as a duplicate
    ast::Condition condition;
    condition.name_span = json_.SpanOf(m.name);
    condition.span = json_.SpanOf(m.value);
    if (json_.at(m.value).type != JsonType::kObject) {
      WrongType(m, pointer, "an object",
                "write {\"StringEquals\": {\"acs:Service\": \"...\"}}");
      KeepSilently(m, &statement->foreign);
      return;
    }
    bool usable = true;
    for (Member o = FirstMember(m.value); o.name < o.end; o = NextMember(o)) {
      ast::ConditionOperator op;
      op.name = TextOf(o.name);
      if (const OperatorInfo* info = FindOperator(op.name.text)) {
        op.op = info->op;
      }
      const std::string at = PointerTo(pointer, op.name.text);
      if (json_.at(o.value).type != JsonType::kObject) {
        WrongType(o, at, "an object", "write {\"key\": \"value\"} behind it");
        usable = false;
        continue;
      }
      usable = ReadTests(o.value, at, &op) && usable;
      condition.operators.push_back(std::move(op));
    }
    if (usable) {
      statement->condition = std::move(condition);
    } else {
      KeepSilently(m, &statement->foreign);
    }
  }

  bool ReadTests(Index object, const std::string& pointer,
                 ast::ConditionOperator* op) {
    bool usable = true;
    for (Member k = FirstMember(object); k.name < k.end; k = NextMember(k)) {
      std::optional<ast::Values> values = ReadValues(k.value);
      if (!values) {
        WrongType(k, PointerTo(pointer, json_.String(k.name)),
                  "a value or a list of values",
                  "a value is a text in quotes; several stand in brackets");
        usable = false;
        continue;
      }
      ast::Text key = TextOf(k.name);
      if (FindLookAlike(key.text)) {
        ReportMixedScript(key.text, key.span, PointerTo(pointer, key.text),
                          diagnostics_);
      }
      op->tests.push_back({std::move(key), *std::move(values)});
    }
    return usable;
  }

  const JsonTree& json_;
  Diagnostics* const diagnostics_;
  ast::Policy policy_;
};

}  // namespace

std::optional<ast::Policy> ParseJsonPolicy(const SourceText& source,
                                           Diagnostics* diagnostics) {
  const std::optional<JsonTree> json = ReadJson(source, diagnostics);
  if (!json) return std::nullopt;
  return PolicyBuilder(*json, diagnostics).Build();
}

}  // namespace writ
