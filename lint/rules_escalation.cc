// SPDX-License-Identifier: Apache-2.0
//
// One grant often makes several rows of the table possible: `ram:*` all of
// those about RAM. It is reported once, as the row of the highest rank, and the
// report says what else goes with it.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "lint/escalation.h"
#include "lint/grants.h"
#include "lint/lint.h"

namespace writ {
namespace {

DiagnosticId MessageOf(RuleId rule) {
  switch (rule) {
    case RuleId::kESC_001:
      return DiagnosticId::kPassAnyRole;
    case RuleId::kESC_002:
      return DiagnosticId::kPassRoleNoService;
    case RuleId::kESC_003:
      return DiagnosticId::kPassRoleCompute;
    case RuleId::kESC_005:
      return DiagnosticId::kPolicyWrite;
    case RuleId::kESC_006:
      return DiagnosticId::kAttachPolicy;
    case RuleId::kESC_007:
      return DiagnosticId::kCredentialForOthers;
    case RuleId::kESC_008:
      return DiagnosticId::kAddToGroup;
    case RuleId::kESC_009:
      return DiagnosticId::kTrustRewrite;
    default:
      return DiagnosticId::kAssumeAnyRole;
  }
}

// All actions of `a` are among those of `b`.
bool IsPartOf(const Escalation& a, const Escalation& b) {
  return std::all_of(
      a.actions.begin(), a.actions.end(), [&](const std::string& action) {
        return std::find(b.actions.begin(), b.actions.end(), action) !=
               b.actions.end();
      });
}

// One finding to be: a match, and those that are reported with it.
struct Group {
  const EscalationMatch* first;
  std::vector<const EscalationMatch*> same_grant;  // by the same action item
  std::vector<const EscalationMatch*> same_rule;   // by another item
};

std::vector<Group> Gather(const std::vector<EscalationMatch>& matches) {
  std::vector<Group> groups;
  for (const EscalationMatch& match : matches) {
    bool placed = false;
    for (Group& group : groups) {
      const EscalationMatch& first = *group.first;
      if (first.statement != match.statement) continue;
      if (first.action_item == match.action_item) {
        if (!IsPartOf(*match.row, *first.row)) {
          group.same_grant.push_back(&match);
        }
        placed = true;
        break;
      }
      if (first.row->rule == match.row->rule) {
        group.same_rule.push_back(&match);
        placed = true;
        break;
      }
    }
    if (!placed) groups.push_back({&match, {}, {}});
  }
  return groups;
}

class Reporter {
 public:
  Reporter(const LintSubject& subject, const EscalationTable& table,
           Diagnostics* found)
      : subject_(subject),
        table_(table),
        scope_(CheckScope(subject.kind, subject.file.is_json, found)
                   .In("Statement")) {}

  void Report(const Group& group) const {
    const EscalationMatch& match = *group.first;
    const ast::Statement& statement = StatementOf(match.statement);
    const ast::PatternList& action = *statement.action;
    CheckScope at =
        scope_.In(match.statement).In(action.negated ? "NotAction" : "Action");
    if (match.action_item != kWholeList) {
      at = at.Item(action.values, match.action_item);
    }
    Diagnostic finding = at.Draft(
        MessageOf(match.row->rule), SpanOfItem(action, match.action_item),
        {NameSome(match.row->actions), match.row->title, match.row->help});
    finding.label = LabelOf(match);
    const ast::PatternList& resource = *statement.resource;
    const Span on = SpanOfItem(resource, match.resource_item);
    if (on.end > on.begin) {
      finding.others.push_back(
          {on, match.row->on_some ? "on these" : "on all of them"});
    }
    for (size_t i = 0; i < match.others.size(); ++i) {
      const EscalationMatch::Other& other = match.others[i];
      finding.others.push_back(
          {SpanOfItem(*StatementOf(other.statement).action, other.action_item),
           "allows `" + match.row->actions[i + 1] + "`"});
    }
    for (const EscalationMatch* other : group.same_rule) {
      finding.others.push_back({SpanOfItem(action, other->action_item),
                                "likewise: " + other->row->title});
    }
    AddNotes(group, &finding);
    finding.fix = FixOf(match, statement);
    at.Add(std::move(finding));
  }

 private:
  const ast::Statement& StatementOf(size_t number) const {
    return subject_.policy.statements[number];
  }

  // What a wildcard stands for here.
  std::string LabelOf(const EscalationMatch& match) const {
    if (match.action_item == kWholeList) {
      return "does not leave out `" + match.row->actions[0] + "`";
    }
    const ast::Statement& statement = StatementOf(match.statement);
    if (HasWildcard(statement.action->values.items[match.action_item].text)) {
      return "includes `" + match.row->actions[0] + "`";
    }
    return "";
  }

  static void AddNotes(const Group& group, Diagnostic* finding) {
    const Escalation& row = *group.first->row;
    if (!row.note.empty()) {
      finding->notes.push_back({DiagnosticNote::Kind::kNote, row.note});
    }
    std::vector<std::string> more;
    for (const EscalationMatch* match : group.same_grant) {
      if (std::find(more.begin(), more.end(), match->row->actions[0]) ==
              more.end() &&
          match->row->actions[0] != row.actions[0]) {
        more.push_back(match->row->actions[0]);
      }
    }
    if (!more.empty()) {
      finding->notes.push_back(
          {DiagnosticNote::Kind::kNote,
           "the same grant leads further, with " + NameSome(more)});
    }
    finding->notes.push_back({DiagnosticNote::Kind::kExample, Example(row)});
  }

  // A request that the policy allows and its author may not have meant.
  static std::string Example(const Escalation& row) {
    std::string resource = row.resource;
    const size_t star = resource.rfind('*');
    if (star != std::string::npos) {
      resource.replace(
          star, 1,
          row.resource.ends_with("policy/*") ? "AdministratorAccess" : "admin");
    }
    if (resource.ends_with("policy/AdministratorAccess")) {
      resource = "acs:ram:*:system:policy/AdministratorAccess";
    }
    return row.actions[0] + " on " + resource;
  }

  // The one service that the policy can use a role with, if there is one.
  std::optional<Fix> FixOf(const EscalationMatch& match,
                           const ast::Statement& statement) const {
    if (match.row->rule != RuleId::kESC_002) return std::nullopt;
    std::string service;
    for (const Escalation& row : table_.rows()) {
      if (row.service.empty() || row.service == service) continue;
      if (!Allows(row.actions.back())) continue;
      if (!service.empty()) return std::nullopt;
      service = row.service;
    }
    if (service.empty()) return std::nullopt;
    const std::string writ = "acs:Service == \"" + service + "\"";
    return AddCondition(subject_.file, subject_.policy, statement,
                        {"StringEquals", "acs:Service", service, writ});
  }

  bool Allows(std::string_view action) const {
    return std::any_of(
        subject_.policy.statements.begin(), subject_.policy.statements.end(),
        [&](const ast::Statement& statement) {
          return statement.effect == ast::Effect::kAllow && statement.action &&
                 ItemReaching(PatternKind::kAction, *statement.action, action);
        });
  }

  const LintSubject& subject_;
  const EscalationTable& table_;
  const CheckScope scope_;
};

}  // namespace

void LintEscalation(const LintSubject& subject, Diagnostics* found) {
  // Control and session policies grant nothing.
  if (subject.kind != ast::PolicyKind::kIdentity || found->full()) return;
  const EscalationTable& table = subject.options.escalations != nullptr
                                     ? *subject.options.escalations
                                     : EscalationTable::BuiltIn();
  const std::vector<EscalationMatch> matches =
      FindEscalations(subject.policy, table);
  const Reporter reporter(subject, table, found);
  for (const Group& group : Gather(matches)) reporter.Report(group);
}

}  // namespace writ
