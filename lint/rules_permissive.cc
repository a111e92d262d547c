// SPDX-License-Identifier: Apache-2.0
//
// A grant that is too wide is wide in many ways at once: `oss:*` on `*` reads
// data, exposes it, deletes it. It is reported once, as the widest thing it is:
//
//   everything (001) before NotAction (005), NotResource (006), a whole service
//   (002), a wildcard over changes (007), a trait of the single action (015,
//   014, 009, 008), a resource that could be named (004, 003)
//
// A second factor (012) and addresses (013) are other questions, asked of what
// is not reported as a whole.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "grammar/value.h"
#include "lint/action_facts.h"
#include "lint/edit.h"
#include "lint/escalation.h"
#include "lint/grants.h"
#include "lint/lint.h"
#include "lint/permissive.h"

namespace writ {
namespace {

// As many actions as a fix spells out in the place of a wildcard.
constexpr size_t kMostActionsInFix = 12;

std::string_view ServiceOf(std::string_view pattern) {
  return pattern.substr(0, pattern.find(':'));
}

// `svc:*`
bool IsWholeService(std::string_view pattern) {
  return pattern.ends_with(":*") && !HasWildcard(ServiceOf(pattern));
}

bool IsAnyone(const ast::Statement& statement) {
  return statement.principal &&
         statement.principal->form == ast::Principal::Form::kBare &&
         std::any_of(statement.principal->bare.items.begin(),
                     statement.principal->bare.items.end(),
                     [](const ast::Value& value) { return value.text == "*"; });
}

// A resource of a shape as a request would name it.
std::string ExampleOf(std::string shape) {
  for (size_t at = shape.find('*'); at != std::string::npos;
       at = shape.find('*', at)) {
    // Region and account stay open; names get one.
    const bool in_name =
        std::count(shape.begin(),
                   shape.begin() + static_cast<std::ptrdiff_t>(at), ':') > 3;
    if (!in_name) {
      ++at;
      continue;
    }
    const size_t end = std::min(shape.find_first_not_of('*', at), shape.size());
    shape.replace(at, end - at, "any");
  }
  return shape;
}

class StatementJudge {
 public:
  StatementJudge(const LintSubject& subject, size_t number,
                 const std::set<std::pair<size_t, size_t>>& escalating,
                 ActionFactsCache* facts, Diagnostics* found)
      : subject_(subject),
        number_(number),
        statement_(subject.policy.statements[number]),
        escalating_(escalating),
        facts_(facts),
        scope_(CheckScope(subject.kind, subject.file.is_json, found)
                   .In("Statement")
                   .In(number)) {}

  void Judge() {
    JudgeAddresses(subject_, statement_, scope_);
    if (!statement_.action || !statement_.resource || IsAnyone(statement_)) {
      return;
    }
    if (subject_.kind != ast::PolicyKind::kIdentity &&
        subject_.kind != ast::PolicyKind::kResource) {
      return;
    }
    if (IsFullAdmin(statement_)) return ReportFullAdmin();
    if (action().negated) return ReportNotAction();
    if (resource().negated) return ReportNotResource();
    reported_.assign(action().values.items.size(), false);
    chosen_ = ChoosesByCondition(statement_);
    star_ = StarItem(PatternKind::kResource, resource());
    if (!chosen_) {
      JudgeWholeServices();
      JudgeWildcards();
    }
    JudgeTraits();
    if (!chosen_) JudgeResource();
    JudgeSecondFactor();
  }

 private:
  const ast::PatternList& action() const { return *statement_.action; }
  const ast::PatternList& resource() const { return *statement_.resource; }
  const std::string& ActionText(size_t item) const {
    return action().values.items[item].text;
  }
  Span ActionSpan(size_t item) const {
    return action().values.items[item].span;
  }
  CheckScope AtAction(size_t item) const {
    return scope_.In("Action").Item(action().values, item);
  }
  CheckScope AtResource(size_t item) const {
    return scope_.In("Resource").Item(resource().values, item);
  }
  bool Escalates(size_t item) const {
    return escalating_.contains({number_, item});
  }

  // The resource item through which `meant` is allowed everywhere.
  std::optional<size_t> Everywhere(const CatalogueAction& meant) const {
    if (star_) return star_;
    for (const std::string& shape : facts_->ShapesOf(meant)) {
      if (const auto item = ItemMeaningAllOf(resource(), shape)) return item;
    }
    return std::nullopt;
  }

  void PointAtResource(size_t item, std::string text,
                       Diagnostic* finding) const {
    finding->others.push_back({SpanOfItem(resource(), item), std::move(text)});
  }

  void ReportFullAdmin() const {
    const size_t item = *StarItem(PatternKind::kAction, action());
    Diagnostic finding =
        AtAction(item).Draft(DiagnosticId::kFullAdmin, ActionSpan(item));
    finding.label = "every action";
    const auto on = ItemMeaningAllOf(resource(), "acs:*:*:*:*");
    PointAtResource(*on, "on every resource", &finding);
    if (statement_.condition && !statement_.condition->operators.empty()) {
      AddNote("the condition says when it holds; what it grants is everything",
              &finding);
    }
    AddExample(
        "ram:AttachPolicyToUser on acs:ram:*:system:policy/"
        "AdministratorAccess",
        &finding);
    AtAction(item).Add(std::move(finding));
  }

  void ReportNotAction() const {
    const CheckScope at = scope_.In("NotAction");
    Diagnostic finding =
        at.Draft(DiagnosticId::kAllowNotAction, action().name_span,
                 {NameSome(action().values)});
    finding.label = "allows all the rest";
    const bool everywhere =
        resource().negated || StarItem(PatternKind::kResource, resource());
    AddNote(everywhere
                ? "an action or a service that is added later is allowed "
                  "at once"
                : "an action that is added later is allowed at once",
            &finding);
    finding.fix = ExpandNotAction();
    at.Add(std::move(finding));
  }

  // What is left of the one service that the resources are of, when the
  // catalogue knows all of it and it is short.
  std::optional<Fix> ExpandNotAction() const {
    if (resource().negated || resource().values.items.empty() ||
        !IsInPlace(subject_.file, subject_.policy, statement_)) {
      return std::nullopt;
    }
    std::string code;
    for (const ast::Value& value : resource().values.items) {
      if (!value.text.starts_with("acs:")) return std::nullopt;
      const std::string_view of =
          ServiceOf(std::string_view(value.text).substr(4));
      if (!code.empty() && code != of) return std::nullopt;
      code = of;
    }
    const CatalogueService* service = subject_.catalogue.FindService(code);
    if (service == nullptr || !service->actions_are_complete) {
      return std::nullopt;
    }
    std::vector<std::string> left;
    for (const CatalogueAction& each : service->actions) {
      const std::string name = NameOf(each);
      if (!ListReaches(PatternKind::kAction, action(), name)) continue;
      left.push_back(name);
      if (left.size() > kMostActionsInFix) return std::nullopt;
    }
    if (left.empty()) return std::nullopt;
    Fix fix{"list the actions that are left", false, {}};
    if (subject_.file.is_json) {
      fix.edits.push_back({action().name_span, "\"Action\""});
      fix.edits.push_back({action().values.span, Listed(left, true)});
    } else {
      fix.edits.push_back({{action().name_span.end, action().values.span.end},
                           " " + Listed(left, true)});
    }
    return fix;
  }

  std::string Listed(const std::vector<std::string>& names,
                     bool brackets) const {
    std::string out = brackets ? "[" : "";
    const std::string_view quote = subject_.file.is_json ? "\"" : "";
    for (size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += ", ";
      out.append(quote).append(names[i]).append(quote);
    }
    return brackets ? out + "]" : out;
  }

  void ReportNotResource() const {
    const CheckScope at = scope_.In("NotResource");
    Diagnostic finding =
        at.Draft(DiagnosticId::kAllowNotResource, resource().name_span,
                 {NameSome(action().values), NameSome(resource().values)});
    finding.label = "allows all the rest";
    AddNote(
        "a resource that is created later is allowed at once; so is what is "
        "asked on `*`",
        &finding);
    at.Add(std::move(finding));
  }

  // svc:* everywhere.
  void JudgeWholeServices() {
    std::vector<size_t> items;
    std::vector<std::string> services;
    std::optional<size_t> on;
    for (size_t i = 0; i < reported_.size(); ++i) {
      if (!IsWholeService(ActionText(i))) continue;
      const std::string service(ServiceOf(ActionText(i)));
      const auto everywhere =
          ItemMeaningAllOf(resource(), "acs:" + service + ":*:*:*");
      if (!everywhere) continue;
      on = everywhere;
      reported_[i] = true;
      items.push_back(i);
      services.push_back(service);
    }
    if (items.empty()) return;
    const CheckScope at = AtAction(items[0]);
    Diagnostic finding = at.Draft(DiagnosticId::kServiceStar,
                                  ActionSpan(items[0]), {NameSome(services)});
    finding.label = "every action of the service";
    PointAtResource(*on, "on every resource", &finding);
    for (size_t i = 1; i < items.size(); ++i) {
      finding.others.push_back({ActionSpan(items[i]), "likewise"});
    }
    const ActionFacts& facts = facts_->Of(ActionText(items[0]));
    if (facts.changing > 0) {
      AddNote("among them " + NameSome(GravestActions(facts)), &finding);
    }
    at.Add(std::move(finding));
  }

  // Wildcards that reach actions which change something, everywhere.
  void JudgeWildcards() {
    for (size_t i = 0; i < reported_.size(); ++i) {
      if (reported_[i] || !HasWildcard(ActionText(i)) ||
          IsWholeService(ActionText(i))) {
        continue;
      }
      const ActionFacts& facts = facts_->Of(ActionText(i));
      size_t changing = 0;
      std::optional<size_t> on;
      for (const CatalogueAction* meant : facts.actions) {
        if (!Changes(*meant)) continue;
        const std::optional<size_t> everywhere = Everywhere(*meant);
        if (!everywhere) continue;
        on = everywhere;
        ++changing;
      }
      if (changing == 0) continue;
      reported_[i] = true;
      const std::string count =
          changing == 1
              ? "an action that changes something"
              : std::to_string(changing) + " actions that change something";
      Diagnostic finding =
          AtAction(i).Draft(DiagnosticId::kWriteStar, ActionSpan(i),
                            {Excerpt(ActionText(i)), count});
      PointAtResource(*on, "on every resource", &finding);
      AddNote("among them " + NameSome(GravestActions(facts)), &finding);
      finding.fix = SpellOut(i, facts);
      AtAction(i).Add(std::move(finding));
    }
  }

  std::optional<Fix> SpellOut(size_t item, const ActionFacts& facts) const {
    if (facts.actions.size() > kMostActionsInFix ||
        !IsInPlace(subject_.file, subject_.policy, statement_) ||
        !subject_.file.source.Owns(ActionSpan(item)) ||
        ActionSpan(item).begin < statement_.span.begin ||
        ActionSpan(item).end > statement_.span.end) {
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const CatalogueAction* meant : facts.actions) {
      names.push_back(NameOf(*meant));
    }
    return Fix{"list the actions that `" + Excerpt(ActionText(item)) +
                   "` stands for today",
               false,
               {{ActionSpan(item), Listed(names, !action().values.is_list)}}};
  }

  // One finding of a trait: the items that have it.
  struct TraitFinding {
    DiagnosticId id;
    std::vector<size_t> items;
    const CatalogueAction* first = nullptr;
    std::optional<size_t> on;
  };

  void JudgeTraits() {
    TraitFinding logging{DiagnosticId::kLoggingTamper, {}, nullptr, {}};
    TraitFinding exposes{DiagnosticId::kPublicExposure, {}, nullptr, {}};
    TraitFinding credentials{
        DiagnosticId::kCredentialExposure, {}, nullptr, {}};
    TraitFinding data{DiagnosticId::kDataReadUnrestricted, {}, nullptr, {}};
    for (size_t i = 0; i < reported_.size(); ++i) {
      if (reported_[i] || ActionText(i) == "*" ||
          IsWholeService(ActionText(i))) {
        continue;
      }
      const ActionFacts& facts = facts_->Of(ActionText(i));
      if (TampersWithLogs(i, facts)) {
        Claim(i, facts.changes_logging, std::nullopt, &logging);
      } else if (Exposes(facts)) {
        Claim(i, facts.exposes, Everywhere(*facts.exposes), &exposes);
      } else if (GivesCredentials(i, facts)) {
        Claim(i, facts.gives_credentials, Several(), &credentials);
      } else if (const CatalogueAction* reads = ReadsEverywhere(facts)) {
        Claim(i, reads, Everywhere(*reads), &data);
      }
    }
    Report(logging);
    Report(exposes);
    Report(credentials);
    Report(data);
  }

  // Of one thing that is named, somebody decided so. What the catalogue knows
  // no resources of is a trail.
  bool TampersWithLogs(size_t item, const ActionFacts& facts) const {
    return facts.changes_logging != nullptr && !HasWildcard(ActionText(item)) &&
           (facts.changes_logging->resources_unknown || Several());
  }

  bool Exposes(const ActionFacts& facts) const {
    return !chosen_ && facts.exposes != nullptr && Everywhere(*facts.exposes);
  }

  // Of several identities: the resource is a pattern. Taking roles is a
  // question of its own (W-ESC-010), and so is what escalates.
  bool GivesCredentials(size_t item, const ActionFacts& facts) const {
    const CatalogueAction* gives = facts.gives_credentials;
    if (gives == nullptr || Escalates(item) || gives->service == "sts") {
      return false;
    }
    // A wildcard over what only reads is not meant that way: `ecs:Describe*`.
    return (Changes(*gives) || !HasWildcard(ActionText(item))) && Several();
  }
  std::optional<size_t> Several() const {
    for (size_t i = 0; i < resource().values.items.size(); ++i) {
      const std::string_view text = resource().values.items[i].text;
      const size_t name = text.rfind(':');
      if (text == "*" ||
          (name != std::string_view::npos && HasWildcard(text.substr(name)))) {
        return i;
      }
    }
    return std::nullopt;
  }

  const CatalogueAction* ReadsEverywhere(const ActionFacts& facts) const {
    if (chosen_ || facts.reads_data == nullptr) return nullptr;
    for (const CatalogueAction* meant : facts.actions) {
      if (!meant->has(ActionTrait::kReadsData) || !Everywhere(*meant)) continue;
      // What can be asked on `*` only, or nobody knows on what, cannot be
      // narrowed.
      if (meant->resources.empty() || meant->resources_unknown) continue;
      return meant;
    }
    return nullptr;
  }

  void Claim(size_t item, const CatalogueAction* meant,
             std::optional<size_t> on, TraitFinding* finding) {
    reported_[item] = true;
    finding->items.push_back(item);
    if (finding->first != nullptr) return;
    finding->first = meant;
    finding->on = on;
  }

  void Report(const TraitFinding& trait) const {
    if (trait.items.empty()) return;
    std::vector<std::string> names;
    for (const size_t item : trait.items) names.push_back(ActionText(item));
    const size_t first = trait.items[0];
    const CheckScope at = AtAction(first);
    Diagnostic finding = at.Draft(
        trait.id, ActionSpan(first),
        {NameSome(names),
         trait.on ? Excerpt(resource().values.items[*trait.on].text) : "*"});
    if (HasWildcard(ActionText(first))) {
      finding.label = "includes `" + NameOf(*trait.first) + "`";
    }
    for (size_t i = 1; i < trait.items.size(); ++i) {
      finding.others.push_back({ActionSpan(trait.items[i]), "likewise"});
    }
    if (trait.on) {
      PointAtResource(*trait.on,
                      trait.id == DiagnosticId::kCredentialExposure
                          ? "of all that match this"
                          : "on every resource",
                      &finding);
    }
    const std::vector<std::string> shapes = facts_->ShapesOf(*trait.first);
    if (!shapes.empty()) {
      AddExample(NameOf(*trait.first) + " on " + ExampleOf(shapes[0]),
                 &finding);
    }
    at.Add(std::move(finding));
  }

  // A resource that could be named: the bare `*`, or what only looks narrower.
  void JudgeResource() const {
    std::vector<size_t> items;
    std::string shape;
    std::optional<size_t> effectively;
    std::string service;
    for (size_t i = 0; i < reported_.size(); ++i) {
      if (reported_[i]) continue;
      if (const auto same = EffectivelyStar(ActionText(i))) {
        effectively = same;
        service = ServiceOf(ActionText(i));
      }
      if (!star_ || HasWildcard(ActionText(i))) continue;
      const ActionFacts& facts = facts_->Of(ActionText(i));
      if (facts.actions.empty()) continue;
      const CatalogueAction& meant = *facts.actions[0];
      if (meant.resources_unknown || meant.resources.empty() ||
          meant.access == AccessLevel::kList) {
        continue;
      }
      // The table of escalations says what to name.
      if (Escalates(i)) continue;
      if (shape.empty()) shape = facts_->ShapesOf(meant)[0];
      items.push_back(i);
    }
    if (effectively) return ReportEffectivelyStar(*effectively, service);
    if (items.empty() || shape.empty()) return;
    std::vector<std::string> names;
    for (const size_t item : items) names.push_back(ActionText(item));
    const CheckScope at = AtResource(*star_);
    Diagnostic finding =
        at.Draft(DiagnosticId::kResourceStar, SpanOfItem(resource(), *star_),
                 {NameSome(names), shape});
    for (const size_t item : items) {
      finding.others.push_back({ActionSpan(item), "can be limited"});
    }
    if (items.size() < reported_.size()) {
      AddNote(
          "actions that have no resource need `*`: give them a statement of "
          "their own",
          &finding);
    }
    at.Add(std::move(finding));
  }

  std::optional<size_t> EffectivelyStar(const std::string& pattern) const {
    const std::string_view service = ServiceOf(pattern);
    if (star_ || HasWildcard(service)) return std::nullopt;
    const std::string whole = "acs:" + std::string(service) + ":*:*:*";
    for (size_t i = 0; i < resource().values.items.size(); ++i) {
      const std::string_view item = resource().values.items[i].text;
      if (HasWildcard(item) &&
          PatternCovers(PatternKind::kResource, item, whole)) {
        return i;
      }
    }
    return std::nullopt;
  }

  void ReportEffectivelyStar(size_t item, const std::string& service) const {
    const CheckScope at = AtResource(item);
    const ast::Value& value = resource().values.items[item];
    Diagnostic finding =
        at.Draft(DiagnosticId::kEffectivelyStar, value.span,
                 {Excerpt(value.text), "`" + Excerpt(service) + "`"});
    finding.label = "limits nothing";
    AddNote(
        "only the bare `*` matches actions that are asked on `*`, so the two "
        "are not the same",
        &finding);
    if (std::optional<TextEdit> edit =
            ReplacePattern(subject_.file, value, "*")) {
      finding.fix = Fix{"write `*`", false, {*std::move(edit)}};
    }
    at.Add(std::move(finding));
  }

  void JudgeSecondFactor() const {
    if (subject_.kind != ast::PolicyKind::kIdentity || AsksForMfa(statement_)) {
      return;
    }
    std::vector<size_t> items;
    std::vector<std::string> names;
    for (size_t i = 0; i < reported_.size(); ++i) {
      if (Escalates(i) || !IsSensitive(i)) continue;
      items.push_back(i);
      names.push_back(ActionText(i));
    }
    if (items.empty()) return;
    const CheckScope at = AtAction(items[0]);
    Diagnostic finding = at.Draft(
        DiagnosticId::kNoMfaOnSensitive, ActionSpan(items[0]),
        {NameSome(names), ShowCondition(subject_.file, kMfaCondition)});
    for (size_t i = 1; i < items.size(); ++i) {
      finding.others.push_back({ActionSpan(items[i]), "likewise"});
    }
    const ActionFacts& facts = facts_->Of(names[0]);
    if (facts.sensitive != nullptr && HasWildcard(names[0])) {
      finding.label = "includes `" + NameOf(*facts.sensitive) + "`";
    }
    AddNote(
        "roles of services have no second factor: switch the rule off where "
        "the policy is for one",
        &finding);
    finding.fix =
        AddCondition(subject_.file, subject_.policy, statement_, kMfaCondition);
    at.Add(std::move(finding));
  }

  bool IsSensitive(size_t item) const {
    const std::string& text = ActionText(item);
    const std::vector<std::string>& listed = subject_.options.sensitive_actions;
    const bool asked =
        std::any_of(listed.begin(), listed.end(), [&](const std::string& each) {
          return PatternsIntersect(PatternKind::kAction, text, each);
        });
    // What is reported as a whole needs no second finding about a part of it.
    if (!asked &&
        (HasWildcard(text) || facts_->Of(text).sensitive == nullptr)) {
      return false;
    }
    return !IsGuarded(text);
  }

  // A Deny of the policy is about this action and a missing second factor.
  bool IsGuarded(const std::string& pattern) const {
    return std::any_of(
        subject_.policy.statements.begin(), subject_.policy.statements.end(),
        [&](const ast::Statement& other) {
          if (other.effect != ast::Effect::kDeny || !other.condition ||
              !other.action ||
              !ListCovers(PatternKind::kAction, *other.action, pattern)) {
            return false;
          }
          for (const ast::ConditionOperator& op : other.condition->operators) {
            for (const ast::ConditionTest& test : op.tests) {
              if (FoldConditionKey(test.key.text) == "acs:mfapresent") {
                return true;
              }
            }
          }
          return false;
        });
  }

  const LintSubject& subject_;
  const size_t number_;
  const ast::Statement& statement_;
  const std::set<std::pair<size_t, size_t>>& escalating_;
  ActionFactsCache* const facts_;
  const CheckScope scope_;
  // By item of Action: a finding is about it.
  std::vector<bool> reported_;
  bool chosen_ = false;
  std::optional<size_t> star_;
};

}  // namespace

void LintPermissive(const LintSubject& subject, Diagnostics* found) {
  // Control and session policies grant nothing.
  if (subject.kind == ast::PolicyKind::kControl ||
      subject.kind == ast::PolicyKind::kSession) {
    return;
  }
  std::set<std::pair<size_t, size_t>> escalating;
  if (subject.kind == ast::PolicyKind::kIdentity) {
    const EscalationTable& table = subject.options.escalations != nullptr
                                       ? *subject.options.escalations
                                       : EscalationTable::BuiltIn();
    for (const EscalationMatch& match :
         FindEscalations(subject.policy, table)) {
      escalating.insert({match.statement, match.action_item});
    }
  }
  ActionFactsCache facts(subject.catalogue);
  for (size_t i = 0; i < subject.policy.statements.size(); ++i) {
    if (found->full()) return;
    if (subject.policy.statements[i].effect != ast::Effect::kAllow) continue;
    StatementJudge(subject, i, escalating, &facts, found).Judge();
  }
}

}  // namespace writ
