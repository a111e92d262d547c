// SPDX-License-Identifier: Apache-2.0
#include "cases/explain.h"

#include <algorithm>
#include <utility>

#include "authz/clauses.h"
#include "authz/explain_text.h"
#include "authz/match_action.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/program/program.h"
#include "authz/text.h"
#include "cases/probe.h"
#include "compiler/lower.h"
#include "grammar/render.h"
#include "grammar/value.h"

namespace writ {
namespace {

std::string DetailOf(const CasePolicy& policy) {
  std::string text;
  if (policy.kind == ast::PolicyKind::kControl) {
    switch (policy.level) {
      case ControlLevel::kMember:
        text = "member";
        break;
      case ControlLevel::kFolder:
        text = "folder " + std::to_string(policy.depth);
        break;
      case ControlLevel::kRoot:
        text = "root";
        break;
    }
    if (!policy.account.empty()) text += " of account " + policy.account;
  } else if (policy.resource_group_scope && !policy.group.empty()) {
    text = policy.group;
  }
  return text;
}

bool TargetHolds(const StatementTrace& statement) {
  return std::ranges::all_of(statement.clauses, [](const ClauseTrace& clause) {
    return clause.kind == ClauseKind::kTest || clause.truth == Truth::kTrue;
  });
}

// Puts the clauses of one explained statement into the words of its tree.
class StatementWords {
 public:
  StatementWords(const ast::Statement& tree, const Request& request,
                 uint32_t resource, const ProgramView& view,
                 const ExplainedStatement& statement)
      : tree_(tree),
        request_(request),
        resource_(resource),
        view_(view),
        statement_(statement),
        used_(statement.clauses.size(), false) {}

  std::vector<ClauseTrace> Clauses() {
    for (const ExplainedClause& clause : statement_.clauses) {
      if (clause.kind == ClauseKind::kTest) continue;
      Add(clause, TargetText(clause.kind));
    }
    if (tree_.condition) {
      for (const ast::ConditionOperator& op : tree_.condition->operators) {
        for (const ast::ConditionTest& test : op.tests) {
          const ExplainedClause* clause = Find(op, test);
          if (clause == nullptr) continue;
          Add(*clause, ConditionText(op, test));
          // As its author spells the key, when the request does not.
          if (clause->absent) {
            clauses_.back().actual = test.key.text + " is absent";
          }
        }
      }
    }
    return std::move(clauses_);
  }

 private:
  std::string TargetText(ClauseKind kind) const {
    switch (kind) {
      case ClauseKind::kPrincipal:
        return tree_.principal ? PrincipalText(*tree_.principal) : "";
      case ClauseKind::kAction:
        return tree_.action ? PatternsText(*tree_.action, false) : "";
      case ClauseKind::kResource:
        return tree_.resource ? PatternsText(*tree_.resource, true) : "";
      case ClauseKind::kTest:
        break;
    }
    return "";
  }

  void Add(const ExplainedClause& clause, std::string text) {
    clauses_.push_back({clause.kind, std::move(text), clause.truth,
                        ActualText(view_, clause, request_, resource_)});
  }

  // The clause of the program that stands for a test of the tree. Two tests
  // may have become one, where two operators are synonyms.
  const ExplainedClause* Find(const ast::ConditionOperator& op,
                              const ast::ConditionTest& test) {
    if (!op.op) return nullptr;
    const OperatorInfo& info = InfoOf(*op.op);
    const std::optional<Opcode> opcode = OpcodeOf(info);
    const std::string key = FoldConditionKey(test.key.text);
    const ExplainedClause* found = nullptr;
    for (size_t i = 0; i < statement_.clauses.size(); ++i) {
      const ExplainedClause& clause = statement_.clauses[i];
      if (clause.kind != ClauseKind::kTest) continue;
      const AtomRecord atom = view_.atoms[clause.atom];
      if (!opcode || atom.opcode != static_cast<uint32_t>(*opcode) ||
          clause.negated != info.negated ||
          view_.Text(view_.keys[atom.key].text) != key) {
        continue;
      }
      if (found == nullptr) found = &clause;
      if (used_[i]) continue;
      used_[i] = true;
      return &clause;
    }
    return found;
  }

  const ast::Statement& tree_;
  const Request& request_;
  const uint32_t resource_;
  const ProgramView& view_;
  const ExplainedStatement& statement_;
  std::vector<bool> used_;
  std::vector<ClauseTrace> clauses_;
};

// A change whose key or pattern is spelled as the policies spell it.
Change Respelled(Change change, std::span<const ast::Policy* const> trees) {
  const auto respell = [](const ast::PatternList& list, std::string* pattern) {
    for (const ast::Value& value : list.values.items) {
      if (!EqualFolded(value.text, *pattern)) continue;
      *pattern = value.text;
      return;
    }
  };
  for (const ast::Policy* tree : trees) {
    for (const ast::Statement& statement : tree->statements) {
      if (change.kind == Change::Kind::kAction && statement.action) {
        const bool literal = change.pattern == change.value;
        respell(*statement.action, &change.pattern);
        if (literal) change.value = change.pattern;
      }
      if (change.kind != Change::Kind::kSetKey || !statement.condition) {
        continue;
      }
      for (const ast::ConditionOperator& op : statement.condition->operators) {
        for (const ast::ConditionTest& test : op.tests) {
          if (SameContextKey(test.key.text, change.name)) {
            change.name = test.key.text;
          }
        }
      }
    }
  }
  return change;
}

// `label`, or `2` for the second statement.
std::string NameOf(const ast::Statement& statement, uint32_t index) {
  std::string name = "statement " + std::to_string(index + 1);
  if (statement.label) {
    name += " `" + Printable(statement.label->text) + "`";
  } else if (statement.sid) {
    name += " `" + Printable(statement.sid->text) + "`";
  }
  return name;
}

// `leave out statement 2 `guard` of photos`.
std::string RemovalText(const Change& change,
                        std::span<const ast::Policy* const> trees) {
  const ast::Policy& tree = *trees[change.attachment];
  const uint32_t index = change.place.statement;
  return "leave out " + NameOf(tree.statements[index], index) + " of " +
         (tree.name.empty() ? "policy " + std::to_string(change.attachment + 1)
                            : tree.name);
}

// `photos, statement 2 `read``.
std::string PlaceOf(StatementRef ref, std::span<const std::string> names,
                    std::span<const ast::Policy* const> trees) {
  return Printable(names[ref.policy]) + ", " +
         NameOf(trees[ref.policy]->statements[ref.statement], ref.statement);
}

// What of a request that no policy is asked about cannot be read (R43).
std::string MalformedText(const Request& request, uint32_t resource) {
  Caller caller;
  if (!ReadPrincipal(request.principal, &caller)) {
    return "the principal `" + std::string(request.principal.name) +
           "` is no user, role, root or service, or not what its type says";
  }
  RequestAction action;
  if (!ReadAction(request.action, &action)) {
    return "the action `" + std::string(request.action) +
           "` is not of the form SERVICE:NAME";
  }
  if (resource >= request.resources.size()) {
    return "the request names no resource";
  }
  return "the resource `" + std::string(request.resources[resource]) +
         "` is not of the form acs:SERVICE:REGION:ACCOUNT:NAME";
}

std::string_view Mark(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return "yes";
    case Truth::kFalse:
      return "no ";
    case Truth::kUnreadable:
      return "???";
  }
  return "";
}

}  // namespace

std::string_view TruthName(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return "true";
    case Truth::kFalse:
      return "false";
    case Truth::kUnreadable:
      return "unreadable";
  }
  return "";
}

Result<Trace> TraceDecision(const Request& request,
                            std::span<const CasePolicy> policies,
                            std::span<const ast::Policy* const> trees,
                            std::span<const Attachment> attachments,
                            const ExplainOptions& options) {
  WRIT_ASSIGN_OR_RETURN(const Explanation why,
                        Explain(request, attachments, options));
  Trace trace;
  trace.resource = why.decision.resource;
  if (why.decision.reason == Reason::kMalformedRequest) {
    trace.malformed = MalformedText(request, trace.resource);
  }
  std::vector<bool> asked(policies.size(), false);
  // The words of one statement of a unit.
  const auto words = [&](const ExplainedUnit& unit,
                         const ExplainedStatement& statement) {
    const uint32_t place = statement.attachment;
    return StatementWords(trees[place]->statements[statement.ref.statement],
                          request, unit.resource,
                          attachments[place].program->view(), statement)
        .Clauses();
  };
  for (const ExplainedUnit& unit : why.units) {
    for (const uint32_t attachment : unit.attachments) {
      asked[attachment] = true;
    }
    if (unit.resource != trace.resource) continue;
    LayerTrace& layer = trace.layers.emplace_back();
    layer.layer = unit.layer;
    layer.detail = DetailOf(policies[unit.attachments.front()]);
    layer.attachments = unit.attachments;
    layer.decided = unit.decided;
    for (const ExplainedStatement& statement : unit.statements) {
      layer.statements.push_back(
          {.ref = {statement.attachment, statement.ref.statement},
           .effect = statement.deny ? ast::Effect::kDeny : ast::Effect::kAllow,
           .matched = statement.matched,
           .determining = statement.determining,
           .clauses = words(unit, statement)});
    }
  }
  for (uint32_t i = 0; i < policies.size(); ++i) {
    if (!asked[i]) trace.not_asked.push_back(i);
  }
  if (!why.near_misses.empty()) {
    const NearMiss& miss = why.near_misses.front();
    const ExplainedUnit& unit = why.units[miss.unit];
    const ExplainedStatement& statement = unit.statements[miss.statement];
    const std::vector<ClauseTrace> clauses = words(unit, statement);
    const auto failed = std::ranges::find_if(
        clauses,
        [](const ClauseTrace& clause) { return clause.truth != Truth::kTrue; });
    if (failed != clauses.end()) {
      trace.nearest = {{statement.attachment, statement.ref.statement},
                       *failed,
                       miss.failing};
    }
  }
  for (const Change& change : why.flip) {
    trace.flip.push_back(change.kind == Change::Kind::kRemoveStatement
                             ? RemovalText(change, trees)
                             : ChangeText(Respelled(change, trees)));
  }
  return trace;
}

std::string TraceJson(const Trace& trace, std::span<const std::string> names) {
  std::string json =
      "{\"resource\":" + std::to_string(trace.resource) + ",\"layers\":[";
  bool first_layer = true;
  for (const LayerTrace& layer : trace.layers) {
    json += first_layer ? "" : ",";
    first_layer = false;
    json += "{\"layer\":\"" + std::string(LayerName(layer.layer)) + "\"";
    if (!layer.detail.empty()) json += ",\"detail\":" + JsonQuote(layer.detail);
    json += std::string(",\"decided\":") + (layer.decided ? "true" : "false");
    json += ",\"policies\":[";
    for (size_t i = 0; i < layer.attachments.size(); ++i) {
      json += (i == 0 ? "" : ",") + JsonQuote(names[layer.attachments[i]]);
    }
    json += "],\"statements\":[";
    bool first_statement = true;
    for (const StatementTrace& statement : layer.statements) {
      json += first_statement ? "" : ",";
      first_statement = false;
      json += "{\"policy\":" + std::to_string(statement.ref.policy) +
              ",\"statement\":" + std::to_string(statement.ref.statement) +
              ",\"effect\":\"" +
              (statement.effect == ast::Effect::kAllow ? "Allow" : "Deny") +
              "\",\"matched\":" + (statement.matched ? "true" : "false") +
              ",\"determining\":" + (statement.determining ? "true" : "false") +
              ",\"clauses\":[";
      bool first_clause = true;
      for (const ClauseTrace& clause : statement.clauses) {
        json += first_clause ? "" : ",";
        first_clause = false;
        json += "{\"expected\":" + JsonQuote(clause.text) +
                ",\"actual\":" + JsonQuote(clause.actual) + ",\"holds\":\"" +
                std::string(TruthName(clause.truth)) + "\"}";
      }
      json += "]}";
    }
    json += "]}";
  }
  json += "],\"notAsked\":[";
  for (size_t i = 0; i < trace.not_asked.size(); ++i) {
    json += (i == 0 ? "" : ",") + JsonQuote(names[trace.not_asked[i]]);
  }
  json += "]";
  if (!trace.malformed.empty()) {
    json += ",\"malformed\":" + JsonQuote(trace.malformed);
  }
  if (trace.nearest) {
    json += ",\"nearest\":{\"policy\":" +
            std::to_string(trace.nearest->ref.policy) +
            ",\"statement\":" + std::to_string(trace.nearest->ref.statement) +
            ",\"expected\":" + JsonQuote(trace.nearest->clause.text) +
            ",\"actual\":" + JsonQuote(trace.nearest->clause.actual) +
            ",\"failing\":" + std::to_string(trace.nearest->failing) + "}";
  }
  json += ",\"flip\":[";
  for (size_t i = 0; i < trace.flip.size(); ++i) {
    json += (i == 0 ? "" : ",") + JsonQuote(trace.flip[i]);
  }
  return json + "]}";
}

std::string TraceText(const Trace& trace, std::span<const std::string> names,
                      std::span<const ast::Policy* const> trees, bool full) {
  std::string text;
  for (const LayerTrace& layer : trace.layers) {
    text += "layer " + std::string(LayerName(layer.layer));
    if (!layer.detail.empty()) text += " (" + Printable(layer.detail) + ")";
    text += layer.decided ? ": decided here\n" : "\n";
    size_t hidden = 0;
    for (const StatementTrace& statement : layer.statements) {
      if (!full && !statement.matched && !TargetHolds(statement)) {
        ++hidden;
        continue;
      }
      text += "  ";
      text += statement.effect == ast::Effect::kAllow ? "allow " : "deny  ";
      text += PlaceOf(statement.ref, names, trees) + ": " +
              (statement.matched ? "holds" : "does not hold");
      if (statement.determining) text += ", and decides";
      text += "\n";
      for (const ClauseTrace& clause : statement.clauses) {
        text += "    " + std::string(Mark(clause.truth)) + "  " +
                Printable(clause.text);
        // What an action or resource is, the request says above.
        if (clause.truth != Truth::kTrue) {
          text += "   (" + Printable(clause.actual) + ")";
        }
        text += "\n";
      }
    }
    if (hidden > 0) {
      text += "  " + std::to_string(hidden) +
              (hidden == 1 ? " statement is" : " statements are") +
              " about something else\n";
    }
  }
  for (size_t i = 0; i < trace.not_asked.size(); ++i) {
    text +=
        (i == 0 ? "not asked: " : ", ") + Printable(names[trace.not_asked[i]]);
  }
  if (!trace.not_asked.empty()) text += "\n";
  return text;
}

std::string WhyNotText(const Trace& trace, std::span<const std::string> names,
                       std::span<const ast::Policy* const> trees) {
  std::string text;
  if (!trace.malformed.empty()) {
    text += "the request is wrong: " + Printable(trace.malformed) + "\n";
  }
  if (trace.nearest) {
    const NearestAllow& nearest = *trace.nearest;
    text += "nearest allow: " + PlaceOf(nearest.ref, names, trees) +
            "\n  it asks `" + Printable(nearest.clause.text) + "`; " +
            Printable(nearest.clause.actual) + "\n";
    if (nearest.failing > 1) {
      text +=
          "  and " + std::to_string(nearest.failing - 1) +
          (nearest.failing == 2 ? " more clause does" : " more clauses do") +
          " not hold\n";
    }
  }
  if (!trace.flip.empty()) {
    text += trace.flip.size() == 1 ? "one change would allow it:\n"
                                   : std::to_string(trace.flip.size()) +
                                         " changes together would allow it:\n";
    for (const std::string& change : trace.flip) {
      text += "  " + Printable(change) + "\n";
    }
  } else if (!trace.layers.empty() || trace.nearest) {
    text += "no change of the request that was tried would allow it\n";
  }
  return text;
}

}  // namespace writ
