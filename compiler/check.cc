// SPDX-License-Identifier: Apache-2.0
#include "compiler/check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "compiler/check_scope.h"
#include "grammar/print.h"
#include "grammar/utf8.h"
#include "grammar/value.h"

namespace writ {
namespace {

// Code points of JSON text without the white space outside strings (R40).
size_t CountJsonChars(std::string_view text) {
  size_t spaces = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++spaces;
    }
  }
  return CountCodePoints(text) - spaces;
}

// The member is there after all, in a form or spelling that was reported.
bool HasForeign(const ast::Statement& statement, std::string_view name) {
  return std::any_of(statement.foreign.begin(), statement.foreign.end(),
                     [name](const ast::ForeignMember& m) {
                       return EqualsIgnoreCase(m.name.text, name);
                     });
}

// What is being checked, for fixes: the text and how it is written.
struct CheckedText {
  const SourceText& source;
  const ast::Policy& policy;
  bool is_json;
};

bool Inside(Span outer, Span inner) {
  return outer.begin <= inner.begin && inner.begin < inner.end &&
         inner.end <= outer.end;
}

// A place to point at for what a statement lacks.
Span Opening(Span span) {
  return span.end > span.begin ? Span{span.begin, span.begin + 1} : span;
}

void CheckPatterns(const ast::PatternList& list, bool is_action,
                   const CheckScope& scope) {
  if (list.values.items.empty()) {
    scope.Report(DiagnosticId::kEmptyList, list.values.span,
                 {is_action ? (list.negated ? "NotAction" : "Action")
                            : (list.negated ? "NotResource" : "Resource"),
                  "name at least one, or `*` for all"});
  }
  for (size_t i = 0; i < list.values.items.size(); ++i) {
    const ast::Value& value = list.values.items[i];
    // Numbers and booleans were reported where they were read.
    if (value.kind != ast::Value::Kind::kString) continue;
    const CheckScope at = scope.Item(list.values, i);
    if (is_action) {
      if (!IsActionPattern(value.text)) {
        at.Report(DiagnosticId::kActionFormat, value.span,
                  {Excerpt(value.text)});
      }
    } else if (!IsResourcePattern(value.text)) {
      at.Report(value.text.starts_with("acs:") ? DiagnosticId::kArnFields
                                               : DiagnosticId::kArnPrefix,
                value.span, {Excerpt(value.text)});
    }
    CheckVariables(value, at);
  }
}

// Removes a member with the comma that belongs to it, or a clause of the
// language, of a statement that stands in the text itself.
std::optional<Fix> RemovePart(const CheckedText& checked,
                              const ast::Statement& statement, Span part) {
  const std::string_view text = checked.source.text();
  if (!checked.source.Owns(statement.span) || !Inside(statement.span, part) ||
      !Inside(checked.policy.span, statement.span)) {
    return std::nullopt;
  }
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t before = text.find_last_not_of(kSpace, part.begin - 1);
  if (!checked.is_json) {
    part.begin = static_cast<uint32_t>(before) + 1;
    return Fix{"remove it", false, {{part, ""}}};
  }
  const size_t after = text.find_first_not_of(kSpace, part.end);
  if (after != std::string_view::npos && text[after] == ',') {
    part.end = static_cast<uint32_t>(text.find_first_not_of(kSpace, after + 1));
  } else if (text[before] == ',') {
    part.begin = static_cast<uint32_t>(before);
  }
  if (!Inside(statement.span, part)) return std::nullopt;
  return Fix{"remove it", false, {{part, ""}}};
}

// A trust statement has Effect, Action (sts:AssumeRole), Principal, Condition.
void CheckTrustStatement(const CheckedText& checked,
                         const ast::Statement& statement,
                         const CheckScope& scope) {
  if (statement.resource) {
    const std::string_view name =
        statement.resource->negated ? "NotResource" : "Resource";
    const Span at = statement.resource->name_span;
    Diagnostic finding =
        scope.In(name).Draft(DiagnosticId::kResourceInTrust, at, {name});
    finding.fix = RemovePart(checked, statement,
                             {at.begin, statement.resource->values.span.end});
    scope.Add(std::move(finding));
  }
  if (!statement.action) return;
  const ast::PatternList& action = *statement.action;
  if (action.negated) {
    scope.In("NotAction")
        .Report(DiagnosticId::kTrustAction, action.name_span, {"`NotAction`"});
    return;
  }
  const CheckScope at = scope.In("Action");
  for (size_t i = 0; i < action.values.items.size(); ++i) {
    const ast::Value& value = action.values.items[i];
    if (EqualsIgnoreCase(value.text, "sts:AssumeRole")) continue;
    const std::string shown = "`" + Excerpt(value.text) + "`";
    const CheckScope place = at.Item(action.values, i);
    Diagnostic finding =
        place.Draft(DiagnosticId::kTrustAction, value.span, {shown});
    if (action.values.items.size() == 1 && Inside(statement.span, value.span) &&
        checked.source.Owns(value.span)) {
      finding.fix = Fix{"write `sts:AssumeRole`",
                        false,
                        {{value.span, checked.is_json ? "\"sts:AssumeRole\""
                                                      : "sts:AssumeRole"}}};
    }
    place.Add(std::move(finding));
  }
}

void CheckPresence(const CheckedText& checked, const ast::Statement& statement,
                   const CheckScope& scope) {
  const bool trust = scope.kind() == ast::PolicyKind::kTrust;
  const bool needs_principal =
      trust || scope.kind() == ast::PolicyKind::kResource;
  const Span at = Opening(statement.span);
  if (!statement.action && !HasForeign(statement, "Action") &&
      !HasForeign(statement, "NotAction")) {
    scope.Report(DiagnosticId::kMissingAction, at,
                 {trust ? "write \"Action\": \"sts:AssumeRole\""
                        : "say what may be done, or `*` for everything"});
  }
  if (!trust && !statement.resource && !HasForeign(statement, "Resource") &&
      !HasForeign(statement, "NotResource")) {
    scope.Report(DiagnosticId::kMissingResource, at);
  }
  if (needs_principal && !statement.principal &&
      !HasForeign(statement, "Principal") &&
      !HasForeign(statement, "NotPrincipal")) {
    scope.Report(DiagnosticId::kMissingPrincipal, at,
                 {KindPhrase(scope.kind()),
                  trust ? "say who may take the role: {\"RAM\": [...]}, "
                          "{\"Service\": [...]} or {\"Federated\": [...]}"
                        : "name accounts or users by number, or [\"*\"]"});
  }
  if (!needs_principal && statement.principal) {
    const Span name = statement.principal->name_span;
    Diagnostic finding = scope.In("Principal")
                             .Draft(DiagnosticId::kPrincipalNotAllowed, name,
                                    {KindPhrase(scope.kind())});
    finding.fix = RemovePart(checked, statement,
                             {name.begin, statement.principal->span.end});
    scope.Add(std::move(finding));
  }
}

// W-TRU-001, W-TRU-002. The error about the form says only that it is wrong.
void CheckAnyone(const ast::Statement& statement, const CheckScope& scope) {
  if (statement.effect != ast::Effect::kAllow) return;
  const bool conditioned =
      statement.condition && !statement.condition->operators.empty();
  const auto judge = [&](const ast::Values& values) {
    for (const ast::Value& value : values.items) {
      if (value.text != "*" && value.text != "acs:ram::*:root") continue;
      Diagnostic finding =
          scope.Draft(conditioned ? DiagnosticId::kAnyoneWithCondition
                                  : DiagnosticId::kAnyoneAssume,
                      value.span);
      finding.label = "everyone";
      scope.Add(std::move(finding));
    }
  };
  judge(statement.principal->bare);
  for (const ast::Principal::Typed& typed : statement.principal->typed) {
    judge(typed.values);
  }
}

void CheckStatement(const CheckedText& checked, const ast::Statement& statement,
                    const CheckScope& scope) {
  CheckPresence(checked, statement, scope);
  if (statement.sid) {
    scope.In("Sid").Report(DiagnosticId::kSidIgnored, statement.sid->span);
  }
  if (statement.action) {
    CheckPatterns(*statement.action, true,
                  scope.In(statement.action->negated ? "NotAction" : "Action"));
  }
  const bool trust = scope.kind() == ast::PolicyKind::kTrust;
  if (trust) CheckTrustStatement(checked, statement, scope);
  if (statement.resource && !trust) {
    const CheckScope at =
        scope.In(statement.resource->negated ? "NotResource" : "Resource");
    if (statement.resource->negated) {
      at.Report(DiagnosticId::kUnsupportedInRam, statement.resource->name_span);
    }
    CheckPatterns(*statement.resource, false, at);
  }
  if (statement.principal &&
      (trust || scope.kind() == ast::PolicyKind::kResource)) {
    CheckPrincipal(*statement.principal, scope.In("Principal"));
    if (trust) CheckAnyone(statement, scope.In("Principal"));
  }
  if (statement.condition) {
    CheckCondition(*statement.condition, scope.In("Condition"));
  }
}

// The names of statements, each with the number to try next behind it.
using SidNumbers = std::unordered_map<std::string, size_t>;

// Gives the second statement of a name another one that nobody has.
void ReportDuplicateSid(const CheckedText& checked, const ast::Text& sid,
                        SidNumbers* names, const CheckScope& scope) {
  Diagnostic finding =
      scope.Draft(DiagnosticId::kDuplicateSid, sid.span, {Excerpt(sid.text)});
  const std::string plain = "\"" + sid.text + "\"";
  if (checked.source.Owns(sid.span) &&
      checked.source.TextOf(sid.span) == plain) {
    size_t number = (*names)[sid.text];
    while (names->contains(sid.text + std::to_string(number))) ++number;
    (*names)[sid.text] = number + 1;
    const std::string fresh = sid.text + std::to_string(number);
    names->emplace(fresh, 2);
    finding.fix = Fix{"call it `" + Excerpt(fresh) + "`",
                      true,
                      {{sid.span, "\"" + fresh + "\""}}};
  }
  scope.Add(std::move(finding));
}

void CheckSize(std::string_view text, bool is_json, const ast::Policy& policy,
               const CheckScope& scope) {
  const size_t size =
      is_json ? CountJsonChars(text)
              : CountCodePoints(PrintJson(policy, JsonLayout::kMinified));
  const uint64_t limit = MaxPolicyChars(scope.kind());
  if (size <= limit) return;
  std::string_view name = KindPhrase(scope.kind());
  name.remove_prefix(name.find(' ') + 1);
  scope.Report(DiagnosticId::kTooLarge, Opening(policy.span),
               {name, std::to_string(size), std::to_string(limit)});
}

}  // namespace

uint64_t MaxPolicyChars(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return kMaxIdentityPolicyChars;
    case ast::PolicyKind::kResource:
      return kMaxResourcePolicyChars;
    case ast::PolicyKind::kTrust:
      return kMaxTrustPolicyChars;
    case ast::PolicyKind::kSession:
      return kMaxSessionPolicyChars;
    case ast::PolicyKind::kControl:
      return kMaxControlPolicyChars;
  }
  return 0;
}

std::string_view KindPhrase(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return "an identity";
    case ast::PolicyKind::kResource:
      return "a resource";
    case ast::PolicyKind::kTrust:
      return "a trust";
    case ast::PolicyKind::kSession:
      return "a session";
    case ast::PolicyKind::kControl:
      return "a control";
  }
  return "a";
}

void CheckVariables(const ast::Value& value, const CheckScope& scope) {
  const size_t begin = value.text.find("${");
  if (begin == std::string::npos) return;
  const size_t end = value.text.find('}', begin);
  scope.Report(
      DiagnosticId::kVariableLiteral, value.span,
      {Excerpt(std::string_view(value.text)
                   .substr(begin,
                           end == std::string::npos ? end : end - begin + 1))});
}

void CheckPolicy(const SourceText& source, const ast::Policy& policy,
                 ast::PolicyKind kind, Diagnostics* diagnostics) {
  const std::string_view text = source.text().substr(
      std::min<size_t>(policy.span.begin, source.text().size()),
      policy.span.end - policy.span.begin);
  // A policy of the DSL begins with a word; its size is that of its JSON.
  const bool is_json = text.starts_with("{");
  const CheckScope scope(kind, is_json, diagnostics);
  CheckSize(text, is_json, policy, scope);
  if (policy.statements.empty()) {
    scope.In("Statement")
        .Report(DiagnosticId::kEmptyStatement, Opening(policy.span));
  }
  const CheckedText checked{source, policy, is_json};
  std::unordered_set<std::string_view> sids;
  SidNumbers names;
  for (const ast::Statement& statement : policy.statements) {
    if (statement.sid) names.emplace(statement.sid->text, 2);
  }
  for (size_t i = 0; i < policy.statements.size(); ++i) {
    const ast::Statement& statement = policy.statements[i];
    const CheckScope at = scope.In("Statement").In(i);
    CheckStatement(checked, statement, at);
    if (statement.sid && !sids.insert(statement.sid->text).second) {
      ReportDuplicateSid(checked, *statement.sid, &names, at.In("Sid"));
    }
  }
}

}  // namespace writ
