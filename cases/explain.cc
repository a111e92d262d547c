// SPDX-License-Identifier: Apache-2.0
#include "cases/explain.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "grammar/render.h"

namespace writ {
namespace {

using Clause = StatementPart::Clause;

// Where an attachment stands in the order of the questions (ram.md part 11).
struct Place {
  Layer layer;
  uint64_t rank;  // of a control level: from the inside out
  std::string account;
  int chain = 0;  // of a control policy: the owner's, the caller's, neither
  auto Key() const { return std::tuple(Order(), chain, account, rank); }

 private:
  int Order() const {
    switch (layer) {
      case Layer::kControl:
        return 0;
      case Layer::kSession:
        return 1;
      case Layer::kIdentity:
        return 2;
      case Layer::kResourceGroup:
        return 3;
      case Layer::kResource:
        return 4;
      case Layer::kTrust:
        return 5;
      case Layer::kDefault:
      case Layer::kRoot:
        break;
    }
    return 6;
  }
};

Place PlaceOf(const CasePolicy& policy) {
  switch (policy.kind) {
    case ast::PolicyKind::kControl: {
      uint64_t rank = 0;
      if (policy.level == ControlLevel::kFolder) {
        rank = uint64_t{UINT32_MAX} + 1 - policy.depth;
      } else if (policy.level == ControlLevel::kRoot) {
        rank = UINT64_MAX;
      }
      return {Layer::kControl, rank, policy.account};
    }
    case ast::PolicyKind::kSession:
      return {Layer::kSession, 0, ""};
    case ast::PolicyKind::kIdentity:
      if (policy.resource_group_scope) {
        return {Layer::kResourceGroup, 0, policy.group};
      }
      return {Layer::kIdentity, 0, ""};
    case ast::PolicyKind::kResource:
      return {Layer::kResource, 0, ""};
    case ast::PolicyKind::kTrust:
      return {Layer::kTrust, 0, ""};
  }
  return {Layer::kDefault, 0, ""};
}

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

bool IsTarget(const StatementPart& part) {
  return part.clause != Clause::kCondition && part.clause != Clause::kWhole;
}

bool TargetHolds(const StatementTrace& statement) {
  return std::ranges::all_of(statement.clauses, [](const ClauseTrace& clause) {
    return !IsTarget(clause.part) || clause.truth == Truth::kTrue;
  });
}

std::string QuotedList(std::span<const std::string_view> values) {
  std::string text;
  for (const std::string_view value : values) {
    if (!text.empty()) text += ", ";
    text += value;
  }
  return text;
}

void AddStatements(uint32_t attachment, const ast::Policy& tree,
                   const PolicyProbes& probes, const Request& request,
                   std::span<const StatementRef> determining, Trace* trace,
                   LayerTrace* layer) {
  const std::vector<Truth> truths = probes.Ask(request, trace->resource);
  const std::span<const StatementPart> parts = probes.parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    const StatementPart& part = parts[i];
    if (part.is_value) continue;
    if (part.clause != Clause::kWhole) {
      layer->statements.back().clauses.push_back(
          {part, truths[i], ActualText(part, tree, request, trace->resource)});
      continue;
    }
    StatementTrace& statement = layer->statements.emplace_back();
    statement.ref = {attachment, part.statement};
    statement.effect = tree.statements[part.statement].effect;
    statement.unreadable = truths[i] == Truth::kUnreadable;
    statement.matched =
        truths[i] == Truth::kTrue ||
        (statement.unreadable && statement.effect == ast::Effect::kDeny);
    statement.determining =
        std::ranges::find(determining, statement.ref) != determining.end();
  }
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

std::string ActualText(const StatementPart& part, const ast::Policy& policy,
                       const Request& request, uint32_t resource) {
  switch (part.clause) {
    case Clause::kPrincipal: {
      std::string text = "the principal is ";
      text += request.principal.name;
      if (!request.principal.id.empty()) {
        text += " (" + std::string(request.principal.id) + ")";
      }
      return text;
    }
    case Clause::kAction:
      return "the action is " + std::string(request.action);
    case Clause::kResource:
      if (resource >= request.resources.size()) return "there is no resource";
      return "the resource is " + std::string(request.resources[resource]);
    case Clause::kWhole:
      return "";
    case Clause::kCondition:
      break;
  }
  const std::string& key = policy.statements[part.statement]
                               .condition->operators[part.op]
                               .tests[part.test]
                               .key.text;
  for (const ContextEntry& entry : request.context) {
    if (!SameContextKey(entry.key, key) || entry.values.empty()) continue;
    return key + " is " + QuotedList(entry.values);
  }
  return key + " is absent";
}

Trace Explain(const Request& request, std::span<const CasePolicy> policies,
              std::span<const ast::Policy* const> trees,
              std::span<const PolicyProbes* const> probes,
              const Decision& decision,
              std::span<const StatementRef> statements) {
  Trace trace;
  trace.resource = decision.resource;
  std::vector<std::pair<Place, uint32_t>> order;
  Caller caller;
  RequestResource resource;
  ReadPrincipal(request.principal, &caller);
  if (trace.resource < request.resources.size()) {
    ReadResource(request.resources[trace.resource], &resource);
  }
  const std::string_view named = resource.account();
  const std::string_view owner =
      named.empty() || named == "*" ? caller.account : named;
  for (uint32_t i = 0; i < policies.size(); ++i) {
    Place place = PlaceOf(policies[i]);
    if (place.layer == Layer::kControl) {
      if (place.account.empty()) place.account = owner;
      place.chain = place.account == owner            ? 0
                    : place.account == caller.account ? 1
                                                      : 2;
    }
    order.emplace_back(std::move(place), i);
  }
  std::ranges::stable_sort(order, [](const auto& a, const auto& b) {
    return a.first.Key() < b.first.Key();
  });
  for (size_t i = 0; i < order.size(); ++i) {
    const auto& [place, attachment] = order[i];
    if (i == 0 || order[i - 1].first.Key() != place.Key()) {
      LayerTrace& layer = trace.layers.emplace_back();
      layer.layer = place.layer;
      layer.detail = DetailOf(policies[attachment]);
    }
    LayerTrace& layer = trace.layers.back();
    layer.attachments.push_back(attachment);
    AddStatements(attachment, *trees[attachment], *probes[attachment], request,
                  statements, &trace, &layer);
  }
  // Of the control levels the first without a matching Allow, or with a
  // matching Deny, is the one that ended the matter.
  for (LayerTrace& layer : trace.layers) {
    if (layer.layer != decision.layer || layer.statements.empty()) continue;
    if (layer.layer == Layer::kControl) {
      const bool denied = std::ranges::any_of(
          layer.statements, [](const StatementTrace& statement) {
            return statement.matched && statement.effect == ast::Effect::kDeny;
          });
      const bool allowed = std::ranges::any_of(
          layer.statements, [](const StatementTrace& statement) {
            return statement.matched && statement.effect == ast::Effect::kAllow;
          });
      if (allowed && !denied) continue;
    }
    layer.decided = true;
    if (layer.layer == Layer::kControl) break;
  }
  return trace;
}

std::optional<NearMiss> NearestMiss(const Trace& trace) {
  std::optional<NearMiss> nearest;
  size_t least = SIZE_MAX;
  for (const LayerTrace& layer : trace.layers) {
    for (const StatementTrace& statement : layer.statements) {
      if (statement.effect != ast::Effect::kAllow || statement.matched) {
        continue;
      }
      // A statement about other actions is further off than one that asks for
      // something the request lacks.
      size_t distance = 0;
      const ClauseTrace* first = nullptr;
      for (const ClauseTrace& clause : statement.clauses) {
        if (clause.truth == Truth::kTrue) continue;
        if (first == nullptr) first = &clause;
        switch (clause.part.clause) {
          case Clause::kAction:
            distance += 10000;
            break;
          case Clause::kResource:
          case Clause::kPrincipal:
            distance += 1000;
            break;
          case Clause::kCondition:
          case Clause::kWhole:
            distance += 1;
            break;
        }
      }
      if (first == nullptr || distance >= least) continue;
      least = distance;
      nearest = NearMiss{statement.ref, *first};
    }
  }
  return nearest;
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
        json += "{\"expected\":" + JsonQuote(clause.part.text) +
                ",\"actual\":" + JsonQuote(clause.actual) + ",\"holds\":\"" +
                std::string(TruthName(clause.truth)) + "\"}";
      }
      json += "]}";
    }
    json += "]}";
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
      const uint32_t policy = statement.ref.policy;
      text += "  ";
      text += statement.effect == ast::Effect::kAllow ? "allow " : "deny  ";
      text += Printable(names[policy]) + ", " +
              NameOf(trees[policy]->statements[statement.ref.statement],
                     statement.ref.statement) +
              ": " + (statement.matched ? "holds" : "does not hold");
      if (statement.determining) text += ", and decides";
      text += "\n";
      for (const ClauseTrace& clause : statement.clauses) {
        text += "    " + std::string(Mark(clause.truth)) + "  " +
                Printable(clause.part.text);
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
  return text;
}

}  // namespace writ
