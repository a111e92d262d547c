// SPDX-License-Identifier: Apache-2.0
#include "lint/escalation.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "grammar/json_tree.h"
#include "grammar/value.h"
#include "lint/grants.h"

namespace writ {

// The bytes of lint/escalation.json, made by cmake/embed_text.cmake.
std::string_view EscalationText();

namespace {

std::string Folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Reads the rows of one text. Complains about whatever it does not know: a
// misspelled member would leave a row without its guard.
class RowReader {
 public:
  RowReader(const SourceText& source, const JsonTree& json)
      : source_(source), json_(json) {}

  std::vector<Escalation> Read() {
    std::vector<Escalation> rows;
    const JsonTree::Index root = JsonTree::kRoot;
    if (json_.at(root).type != JsonType::kObject) {
      Complain(root, "the table is an object");
      return rows;
    }
    bool has_rows = false;
    ForEachMember(root, [&](const std::string& name, JsonTree::Index value) {
      if (name == "format") {
        if (json_.Raw(value) != "1") Complain(value, "the format is 1");
      } else if (name == "rows" && IsArray(value)) {
        has_rows = true;
        const JsonTree::Index end = json_.at(value).next;
        for (JsonTree::Index i = json_.First(value); i < end;
             i = json_.at(i).next) {
          rows.push_back(ReadRow(i));
        }
      } else {
        Complain(value, "a table has `format` and `rows`, a list");
      }
    });
    if (!has_rows) Complain(root, "`rows` is missing");
    return rows;
  }

  const std::string& complaints() const { return complaints_; }

 private:
  bool IsArray(JsonTree::Index i) const {
    return json_.at(i).type == JsonType::kArray;
  }

  void Complain(JsonTree::Index at, std::string_view what) {
    const LineColumn place = source_.Locate(json_.at(at).begin);
    if (!complaints_.empty()) complaints_ += '\n';
    complaints_ += source_.name() + ":" + std::to_string(place.line) + ":" +
                   std::to_string(place.column) + ": " + std::string(what);
  }

  template <typename Visit>
  void ForEachMember(JsonTree::Index object, const Visit& visit) {
    const JsonTree::Index end = json_.at(object).next;
    for (JsonTree::Index name = json_.First(object); name < end;
         name = json_.at(name + 1).next) {
      visit(json_.String(name), name + 1);
    }
  }

  std::string Text(JsonTree::Index value) {
    if (json_.at(value).type != JsonType::kString) {
      Complain(value, "this is a text in quotes");
      return "";
    }
    return json_.String(value);
  }

  Escalation ReadRow(JsonTree::Index row) {
    Escalation read;
    read.rule = RuleId::kESC_001;
    if (json_.at(row).type != JsonType::kObject) {
      Complain(row, "a row is an object");
      return read;
    }
    bool has_rule = false;
    ForEachMember(row, [&](const std::string& name, JsonTree::Index value) {
      if (name == "rule") {
        has_rule = true;
        ReadRule(value, &read);
      } else if (name == "actions") {
        ReadActions(value, &read);
      } else if (name == "resource") {
        read.resource = Text(value);
        if (!IsResourcePattern(read.resource)) {
          Complain(value, "this is no resource pattern");
        }
      } else if (name == "reach") {
        const std::string reach = Text(value);
        if (reach != "all" && reach != "some") {
          Complain(value, "`reach` is \"all\" or \"some\"");
        }
        read.on_some = reach == "some";
      } else if (std::string* member = Member(name, &read)) {
        *member = Text(value);
      } else {
        Complain(value, "a row has no member `" + Excerpt(name) + "`");
      }
    });
    if (read.id.empty() || read.title.empty() || read.actions.empty() ||
        read.resource.empty() || !has_rule) {
      Complain(row,
               "a row needs `id`, `rule`, `title`, `actions` and `resource`");
    }
    return read;
  }

  static std::string* Member(std::string_view name, Escalation* row) {
    if (name == "id") return &row->id;
    if (name == "title") return &row->title;
    if (name == "guard") return &row->guard;
    if (name == "service") return &row->service;
    if (name == "help") return &row->help;
    if (name == "note") return &row->note;
    if (name == "reference") return &row->reference;
    return nullptr;
  }

  void ReadRule(JsonTree::Index value, Escalation* row) {
    const RuleInfo* rule = FindRule(Text(value));
    if (rule == nullptr || !rule->code.starts_with("W-ESC-") ||
        rule->state != RuleState::kOn) {
      Complain(value, "this is no rule about escalation that is on");
      return;
    }
    row->rule = rule->id;
  }

  void ReadActions(JsonTree::Index list, Escalation* row) {
    if (!IsArray(list)) {
      Complain(list, "`actions` is a list");
      return;
    }
    const JsonTree::Index end = json_.at(list).next;
    for (JsonTree::Index i = json_.First(list); i < end; i = json_.at(i).next) {
      row->actions.push_back(Text(i));
      if (!IsActionPattern(row->actions.back()) ||
          HasWildcard(row->actions.back())) {
        Complain(i, "an action is `service:Name`, without wildcards");
      }
    }
  }

  const SourceText& source_;
  const JsonTree& json_;
  std::string complaints_;
};

Result<std::vector<Escalation>> ReadRows(const SourceText& source) {
  Diagnostics diagnostics;
  const std::optional<JsonTree> json = ReadJson(source, &diagnostics);
  if (!json || diagnostics.has_errors()) {
    std::string complaints;
    for (const Diagnostic& finding : diagnostics.all()) {
      const LineColumn place = source.Locate(finding.span.begin);
      if (!complaints.empty()) complaints += '\n';
      complaints += source.name() + ":" + std::to_string(place.line) + ":" +
                    std::to_string(place.column) + ": " + finding.message;
    }
    return InvalidArgument(std::move(complaints));
  }
  RowReader reader(source, *json);
  std::vector<Escalation> rows = reader.Read();
  if (!reader.complaints().empty()) {
    return InvalidArgument(reader.complaints());
  }
  return rows;
}

// Where the actions of a table are allowed in one policy.
class Grants {
 public:
  struct Place {
    size_t statement;
    size_t action_item;
  };

  Grants(const ast::Policy& policy, const EscalationTable& table)
      : policy_(policy) {
    for (const Escalation& row : table.rows()) {
      for (const std::string& action : row.actions) {
        if (numbers_.emplace(Folded(action), actions_.size()).second) {
          actions_.push_back(action);
        }
      }
    }
    places_.resize(actions_.size());
    for (size_t i = 0; i < policy.statements.size(); ++i) Enter(i);
  }

  const std::vector<Place>& Of(const std::string& action) const {
    return places_[numbers_.at(Folded(action))];
  }

 private:
  void Enter(size_t number) {
    const ast::Statement& statement = policy_.statements[number];
    if (statement.effect != ast::Effect::kAllow || !statement.action ||
        !statement.resource) {
      return;
    }
    if (statement.action->negated) {
      for (size_t i = 0; i < actions_.size(); ++i) {
        if (places_[i].size() < kMaxGrantsPerAction &&
            ListReaches(PatternKind::kAction, *statement.action, actions_[i])) {
          places_[i].push_back({number, kWholeList});
        }
      }
      return;
    }
    const std::vector<ast::Value>& items = statement.action->values.items;
    for (size_t item = 0; item < items.size(); ++item) {
      for (const size_t action : Meant(items[item].text)) {
        std::vector<Place>& places = places_[action];
        if (places.size() >= kMaxGrantsPerAction) continue;
        if (!places.empty() && places.back().statement == number) continue;
        places.push_back({number, item});
      }
    }
  }

  // The numbers of the actions that a pattern matches.
  const std::vector<size_t>& Meant(const std::string& pattern) {
    static const std::vector<size_t> kNone;
    const std::string folded = Folded(pattern);
    const auto [place, fresh] = meant_.emplace(folded, std::vector<size_t>());
    if (!fresh) return place->second;
    if (!HasWildcard(folded)) {
      if (const auto found = numbers_.find(folded); found != numbers_.end()) {
        place->second.push_back(found->second);
      }
      return place->second;
    }
    if (++wildcards_ > kMaxLintPatterns) return kNone;
    for (size_t i = 0; i < actions_.size(); ++i) {
      if (PatternMatches(PatternKind::kAction, folded, actions_[i])) {
        place->second.push_back(i);
      }
    }
    return place->second;
  }

  const ast::Policy& policy_;
  std::vector<std::string> actions_;
  std::unordered_map<std::string, size_t> numbers_;
  std::unordered_map<std::string, std::vector<size_t>> meant_;
  std::vector<std::vector<Place>> places_;
  size_t wildcards_ = 0;
};

// A condition on acs:Service lets the role go to this service.
bool Admits(const ast::Statement& statement, std::string_view service) {
  if (service.empty()) return true;
  const ast::ConditionTest* test = PositiveTest(statement, "acs:Service");
  if (test == nullptr) return true;
  return std::any_of(test->values.items.begin(), test->values.items.end(),
                     [&](const ast::Value& value) {
                       return PatternMatches(PatternKind::kText, value.text,
                                             service);
                     });
}

std::optional<size_t> ResourceItem(const ast::Statement& statement,
                                   const Escalation& row) {
  return row.on_some ? ItemReaching(PatternKind::kResource, *statement.resource,
                                    row.resource)
                     : ItemMeaningAllOf(*statement.resource, row.resource);
}

std::optional<EscalationMatch> Match(const ast::Policy& policy,
                                     const Escalation& row,
                                     const Grants& grants) {
  EscalationMatch match{&row, 0, 0, 0, {}};
  for (size_t i = 1; i < row.actions.size(); ++i) {
    const auto& places = grants.Of(row.actions[i]);
    if (places.empty() || IsDeniedOutright(policy, row.actions[i], "*")) {
      return std::nullopt;
    }
    match.others.push_back({places[0].statement, places[0].action_item});
  }
  for (const Grants::Place& place : grants.Of(row.actions[0])) {
    const ast::Statement& statement = policy.statements[place.statement];
    const std::optional<size_t> resource = ResourceItem(statement, row);
    if (!resource) continue;
    if (!row.guard.empty() && PositiveTest(statement, row.guard)) continue;
    if (!Admits(statement, row.service)) continue;
    match.statement = place.statement;
    match.action_item = place.action_item;
    match.resource_item = *resource;
    if (IsDeniedOutright(policy, row.actions[0], row.resource)) break;
    return match;
  }
  return std::nullopt;
}

}  // namespace

const EscalationTable& EscalationTable::BuiltIn() {
  static const EscalationTable* const kTable = [] {
    Result<std::vector<Escalation>> rows =
        ReadRows(SourceText("escalation.json", std::string(EscalationText())));
    WRIT_CHECK(rows.ok());
    auto* table = new EscalationTable;
    table->rows_ = std::move(rows).value();
    return table;
  }();
  return *kTable;
}

Result<EscalationTable> EscalationTable::WithFile(const SourceText& source) {
  EscalationTable table = BuiltIn();
  WRIT_RETURN_IF_ERROR(table.Add(source));
  return table;
}

Status EscalationTable::Add(const SourceText& source) {
  WRIT_ASSIGN_OR_RETURN(std::vector<Escalation> rows, ReadRows(source));
  for (Escalation& row : rows) {
    const auto same =
        std::find_if(rows_.begin(), rows_.end(),
                     [&](const Escalation& r) { return r.id == row.id; });
    if (same == rows_.end()) {
      // Behind the last of its rule: the order is the rank.
      const auto last =
          std::find_if(rows_.rbegin(), rows_.rend(),
                       [&](const Escalation& r) { return r.rule == row.rule; });
      rows_.insert(last == rows_.rend() ? rows_.end() : last.base(),
                   std::move(row));
    } else {
      *same = std::move(row);
    }
  }
  return OkStatus();
}

std::vector<EscalationMatch> FindEscalations(const ast::Policy& policy,
                                             const EscalationTable& table) {
  std::vector<EscalationMatch> matches;
  if (std::any_of(policy.statements.begin(), policy.statements.end(),
                  IsFullAdmin)) {
    return matches;
  }
  const Grants grants(policy, table);
  for (const Escalation& row : table.rows()) {
    if (std::optional<EscalationMatch> match = Match(policy, row, grants)) {
      matches.push_back(*std::move(match));
    }
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const EscalationMatch& a, const EscalationMatch& b) {
                     return a.statement < b.statement;
                   });
  return matches;
}

}  // namespace writ
