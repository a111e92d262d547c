// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "grammar/members.h"
#include "grammar/value.h"
#include "lint/edit.h"
#include "lint/lint.h"
#include "lint/names.h"
#include "lint/pattern.h"

namespace writ {
namespace {

// "did you mean `oss`?", or what to do when nothing is near.
std::string DidYouMean(std::string_view nearest, std::string_view otherwise) {
  if (nearest.empty()) return std::string(otherwise);
  return "did you mean `" + std::string(nearest) + "`?";
}

// What stands before the first capital but the first: the verb of a name.
std::string_view VerbOf(std::string_view name) {
  size_t end = 1;
  while (end < name.size() && (name[end] < 'A' || name[end] > 'Z')) ++end;
  return name.substr(0, end);
}

// `oss:Lst*` is likely to mean `oss:List*`: the pattern with the service's
// nearest verb, if that matches something.
std::string NearestPattern(const CatalogueService& service,
                           std::string_view name, const Catalogue& catalogue) {
  const std::string_view verb =
      VerbOf(name.substr(0, name.find_first_of("*?")));
  if (verb.size() < 3 || verb.size() > name.size()) return {};
  std::string_view best;
  size_t best_distance = verb.size() < 6 ? 2 : 3;
  for (const CatalogueAction& action : service.actions) {
    const std::string_view known = VerbOf(action.name);
    const size_t distance = EditDistance(verb, known);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = known;
  }
  if (best.empty()) return {};
  std::string pattern = service.code + ":" + std::string(best) +
                        std::string(name.substr(verb.size()));
  return catalogue.Matching(pattern).empty() ? "" : pattern;
}

// An action of a service that the catalogue describes.
void JudgeKnownService(const CatalogueService& service, std::string_view name,
                       const ast::Value& value, const CheckScope& scope,
                       NamesPass* pass) {
  const Catalogue& catalogue = pass->subject.catalogue;
  if (HasWildcard(name)) {
    if (!catalogue.Matching(value.text).empty()) return;
    const std::string nearest = NearestPattern(service, name, catalogue);
    if (nearest.empty() && !service.actions_are_complete) return;
    Diagnostic finding = scope.Draft(
        DiagnosticId::kWildcardMatchesNone, value.span,
        {Excerpt(value.text), service.title,
         DidYouMean(nearest, "remove it, or name the action that is meant")});
    if (!nearest.empty()) finding.fix = pass->Replacing(value, nearest);
    pass->Add(scope, std::move(finding));
    return;
  }
  if (const CatalogueAction* action = catalogue.FindAction(value.text)) {
    const std::string spelled = action->service + ":" + action->name;
    if (spelled == value.text) return;
    Diagnostic finding = scope.Draft(DiagnosticId::kActionCase, value.span,
                                     {Excerpt(value.text), spelled});
    finding.fix = pass->Replacing(value, spelled);
    if (finding.fix) finding.fix->automatic = true;
    pass->Add(scope, std::move(finding));
    return;
  }
  const std::string nearest = catalogue.NearestAction(value.text);
  if (nearest.empty() && !service.actions_are_complete) return;
  Diagnostic finding = scope.Draft(
      DiagnosticId::kUnknownAction, value.span,
      {service.title, Excerpt(name),
       DidYouMean(nearest,
                  "check the name; one that is new goes into a catalogue "
                  "file")});
  if (!nearest.empty()) finding.fix = pass->Replacing(value, nearest);
  pass->Add(scope, std::move(finding));
}

std::array<std::string_view, 5> SegmentsOf(std::string_view arn) {
  std::array<std::string_view, 5> segments;
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    const size_t colon = arn.find(':');
    segments[i] = arn.substr(0, colon);
    if (colon == std::string_view::npos) return segments;
    arn.remove_prefix(colon + 1);
  }
  segments.back() = arn;
  return segments;
}

// The pattern with one of its segments replaced.
std::string WithSegment(const std::array<std::string_view, 5>& segments,
                        size_t index, std::string_view text) {
  std::string arn;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) arn += ':';
    arn += i == index ? text : segments[i];
  }
  return arn;
}

bool IsKnownRegion(std::string_view region, const Catalogue& catalogue) {
  const std::span<const std::string> regions = catalogue.Regions();
  return std::any_of(regions.begin(), regions.end(), [&](const auto& known) {
    return PatternMatches(PatternKind::kText, region, known);
  });
}

void JudgeRegion(const ast::Value& value,
                 const std::array<std::string_view, 5>& segments,
                 const CheckScope& scope, NamesPass* pass) {
  constexpr size_t kRegion = 2;
  constexpr std::string_view kOssPrefix = "oss-";
  const Catalogue& catalogue = pass->subject.catalogue;
  const std::string_view region = segments[kRegion];
  if (region.empty() || IsKnownRegion(region, catalogue)) return;
  std::string nearest;
  if (region.starts_with(kOssPrefix) &&
      IsKnownRegion(region.substr(kOssPrefix.size()), catalogue)) {
    nearest = region.substr(kOssPrefix.size());
  } else if (!HasWildcard(region)) {
    nearest = catalogue.NearestRegion(region);
  }
  Diagnostic finding =
      scope.Draft(DiagnosticId::kArnRegion, value.span,
                  {Excerpt(region),
                   DidYouMean(nearest,
                              "`*` stands for any region; services that are "
                              "everywhere take nothing else")});
  if (!nearest.empty()) {
    finding.fix =
        pass->Replacing(value, WithSegment(segments, kRegion, nearest));
  }
  pass->Add(scope, std::move(finding));
}

// Some number of an account matches: digits and wildcards, neither too many
// nor too few. Resources of the services themselves have words there.
bool IsAccount(std::string_view account, uint32_t digits) {
  if (account.empty() || account == "official" || account == "system") {
    return true;
  }
  size_t fixed = 0;
  bool star = false;
  for (const char c : account) {
    if (c == '*') {
      star = true;
    } else if (c == '?' || (c >= '0' && c <= '9')) {
      ++fixed;
    } else {
      return false;
    }
  }
  return star ? fixed <= digits : fixed == digits;
}

void JudgeAccount(std::string_view account, Span span, const CheckScope& scope,
                  NamesPass* pass) {
  const uint32_t digits = pass->subject.options.account_digits;
  if (IsAccount(account, digits)) return;
  pass->Add(scope, scope.Draft(DiagnosticId::kArnAccount, span,
                               {Excerpt(account), std::to_string(digits)}));
}

bool HoldsVariable(std::string_view text) {
  return text.find("${") != std::string_view::npos;
}

void JudgeStatement(const ast::Statement& statement, const CheckScope& scope,
                    NamesPass* pass) {
  if (statement.action) {
    const CheckScope list =
        scope.In(statement.action->negated ? "NotAction" : "Action");
    const ast::Values& values = statement.action->values;
    for (size_t i = 0; i < values.items.size(); ++i) {
      JudgeAction(values.items[i], list.Item(values, i), pass);
    }
  }
  if (statement.resource) {
    const CheckScope list =
        scope.In(statement.resource->negated ? "NotResource" : "Resource");
    const ast::Values& values = statement.resource->values;
    for (size_t i = 0; i < values.items.size(); ++i) {
      JudgeResource(values.items[i], list.Item(values, i), pass);
    }
  }
  if (statement.principal) {
    JudgePrincipal(*statement.principal, scope.In("Principal"), pass);
  }
  JudgeResourcesOfActions(statement, scope, pass);
  JudgeKeys(statement, scope, pass);
}

}  // namespace

void NamesPass::Add(const CheckScope& scope, Diagnostic finding) {
  const uint64_t place =
      (uint64_t{finding.span.begin} << 16) ^ static_cast<uint64_t>(finding.id);
  if (!reported.insert(place).second) return;
  scope.Add(std::move(finding));
}

std::optional<Fix> NamesPass::Replacing(const ast::Value& value,
                                        std::string_view text) const {
  const std::optional<TextEdit> edit =
      ReplacePattern(subject.file, value, text);
  if (!edit) return std::nullopt;
  return Fix{"write `" + Excerpt(text) + "`", false, {*edit}};
}

void JudgeAction(const ast::Value& value, const CheckScope& scope,
                 NamesPass* pass) {
  const std::string_view text = value.text;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view code = text.substr(0, colon);
  const std::string_view name = text.substr(colon + 1);
  const Catalogue& catalogue = pass->subject.catalogue;
  if (HasWildcard(code)) {
    // `*:Describe*` means all services; published policies have it.
    if (code.find_first_not_of('*') == std::string_view::npos) return;
    pass->Add(scope, scope.Draft(DiagnosticId::kServiceWildcard, value.span,
                                 {Excerpt(text), Excerpt(code)}));
    return;
  }
  if (const CatalogueService* service = catalogue.FindService(code)) {
    JudgeKnownService(*service, name, value, scope, pass);
    return;
  }
  if (catalogue.IsServiceCode(code) ||
      !pass->unknown_services.insert(std::string(code)).second) {
    return;
  }
  const std::string nearest = catalogue.NearestService(code);
  Diagnostic finding =
      scope.Draft(DiagnosticId::kUnknownService, value.span,
                  {Excerpt(code),
                   DidYouMean(nearest,
                              "check the code; a service that is not known yet "
                              "goes into a catalogue file")});
  if (!nearest.empty()) {
    finding.fix =
        pass->Replacing(value, nearest + std::string(text.substr(colon)));
  }
  pass->Add(scope, std::move(finding));
}

void JudgeResource(const ast::Value& value, const CheckScope& scope,
                   NamesPass* pass) {
  if (value.text == "*") return;
  const std::array<std::string_view, 5> segments = SegmentsOf(value.text);
  if (!HoldsVariable(segments[2])) {
    JudgeRegion(value, segments, scope, pass);
  }
  if (!HoldsVariable(segments[3])) {
    JudgeAccount(segments[3], value.span, scope, pass);
  }
}

void JudgePrincipal(const ast::Principal& principal, const CheckScope& scope,
                    NamesPass* pass) {
  const auto judge = [pass](const ast::Values& values, const CheckScope& list) {
    for (size_t i = 0; i < values.items.size(); ++i) {
      const ast::Value& value = values.items[i];
      if (!std::string_view(value.text).starts_with("acs:")) continue;
      JudgeAccount(SegmentsOf(value.text)[3], value.span, list.Item(values, i),
                   pass);
    }
  };
  judge(principal.bare, scope);
  for (const ast::Principal::Typed& typed : principal.typed) {
    judge(typed.values, scope.In(typed.type.text));
  }
}

void LintNames(const LintSubject& subject, Diagnostics* found) {
  NamesPass pass{subject, {}, {}};
  const CheckScope scope(subject.kind, subject.file.is_json, found);
  for (size_t i = 0; i < subject.policy.statements.size(); ++i) {
    if (found->full()) return;
    JudgeStatement(subject.policy.statements[i], scope.In("Statement").In(i),
                   &pass);
  }
}

}  // namespace writ
