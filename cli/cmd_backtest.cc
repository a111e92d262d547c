// SPDX-License-Identifier: Apache-2.0
//
// `writ backtest`: decides what a decision log recorded with another bundle,
// and says whose decisions would change.
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "cli/redecide.h"
#include "cli/replay_run.h"
#include "crypto/hex.h"
#include "grammar/json_out.h"

namespace writ {
namespace {

// Kinds of changes that are told apart; what comes later is only counted.
constexpr size_t kMostGroups = 10000;
constexpr size_t kMostExamples = 3;
// Groups that the text shows; JSON has all.
constexpr size_t kShownGroups = 50;

// A role without its session, so that all its sessions are one.
std::string PrincipalShape(std::string_view name) {
  constexpr std::string_view kRole = ":role/";
  const size_t role = name.find(kRole);
  if (!name.starts_with("acs:ram:") || role == std::string_view::npos) {
    return std::string(name);
  }
  const size_t session = name.find('/', role + kRole.size());
  if (session == std::string_view::npos) return std::string(name);
  return std::string(name.substr(0, session)) + "/*";
}

// A resource up to the first `/` behind its four colons.
std::string ResourceShape(std::string_view resource) {
  size_t at = 0;
  for (int colons = 0; colons < 4; ++colons) {
    at = resource.find(':', at);
    if (at == std::string_view::npos) return std::string(resource);
    ++at;
  }
  const size_t slash = resource.find('/', at);
  if (slash == std::string_view::npos) return std::string(resource);
  return std::string(resource.substr(0, slash)) + "/*";
}

struct GroupKey {
  bool allowed = false;  // newly
  std::string principal;
  std::string action;
  std::string resource;
  auto operator<=>(const GroupKey&) const = default;
};

struct Group {
  uint64_t count = 0;
  std::vector<std::string> examples;  // ids of records
  std::string before;                 // of the first example
  std::string after;
};

class Backtest {
 public:
  explicit Backtest(ReplayBundle bundle) : bundle_(std::move(bundle)) {}

  void Decide(const RecordedDecision& record, const ReplayPolicies& policies);
  ReplayTally* tally() { return &tally_; }
  bool changed() const { return newly_allowed_ + newly_denied_ > 0; }
  std::string Text() const;
  std::string Json() const;

 private:
  using Row = std::map<GroupKey, Group>::value_type;
  // What is newly allowed first, then what is more.
  std::vector<const Row*> Sorted() const;

  ReplayBundle bundle_;
  ReplayTally tally_;
  uint64_t newly_allowed_ = 0;
  uint64_t newly_denied_ = 0;
  // The same verdict for another reason, or by other statements.
  uint64_t otherwise_ = 0;
  uint64_t ungrouped_ = 0;
  std::map<GroupKey, Group> groups_;
};

void Backtest::Decide(const RecordedDecision& record,
                      const ReplayPolicies& policies) {
  const NotDecided why = bundle_.Decide(record, policies);
  tally_.Count(why);
  if (why != NotDecided::kNone) return;
  const Decision& now = bundle_.decision();
  const bool was_allowed = record.verdict == Verdict::kAllow;
  if (was_allowed == now.allowed()) {
    if (!DifferingMembers(record, bundle_).empty()) ++otherwise_;
    return;
  }
  ++(now.allowed() ? newly_allowed_ : newly_denied_);
  // The one that stood against the Allow, before or now.
  const auto& resources = record.request.resources;
  const uint32_t deciding = now.allowed() ? record.resource : now.resource;
  GroupKey key;
  key.allowed = now.allowed();
  key.principal = PrincipalShape(record.request.principal.name);
  key.action = record.request.action;
  if (deciding < resources.size()) {
    key.resource = ResourceShape(resources[deciding]);
  }
  auto found = groups_.find(key);
  if (found == groups_.end()) {
    if (groups_.size() >= kMostGroups) {
      ++ungrouped_;
      return;
    }
    found = groups_.emplace(std::move(key), Group{}).first;
    found->second.before = NamedDecision(record).Text();
    found->second.after = NamedDecision(bundle_).Text();
  }
  Group& group = found->second;
  ++group.count;
  if (group.examples.size() < kMostExamples) {
    group.examples.emplace_back(record.id);
  }
}

std::vector<const Backtest::Row*> Backtest::Sorted() const {
  std::vector<const Row*> rows;
  for (const Row& row : groups_) rows.push_back(&row);
  std::ranges::stable_sort(rows, [](const Row* a, const Row* b) {
    if (a->first.allowed != b->first.allowed) return a->first.allowed;
    return a->second.count > b->second.count;
  });
  return rows;
}

std::string Backtest::Text() const {
  std::string text;
  size_t shown = 0;
  const std::vector<const Row*> rows = Sorted();
  for (const Row* const row : rows) {
    if (shown++ == kShownGroups) break;
    const auto& [key, group] = *row;
    text += key.allowed ? "newly allowed  " : "newly denied   ";
    text += std::to_string(group.count) + "  " + Shown(key.principal) + "  " +
            Shown(key.action) + "  " + Shown(key.resource) + "\n";
    text += "  before  " + group.before + "\n";
    text += "  after   " + group.after + "\n";
    text += "  records";
    for (const std::string& id : group.examples) text += " " + Shown(id);
    text += "\n";
  }
  if (rows.size() > kShownGroups) {
    text += "and " + std::to_string(rows.size() - kShownGroups) +
            " more kinds of changes; --format json has them all\n";
  }
  if (ungrouped_ > 0) {
    text += "and " + std::to_string(ungrouped_) +
            " changes of kinds that are too many to be told apart\n";
  }
  text += std::to_string(tally_.records) +
          " records: " + std::to_string(tally_.decided) + " decided again, " +
          std::to_string(newly_allowed_) + " newly allowed, " +
          std::to_string(newly_denied_) + " newly denied, " +
          std::to_string(otherwise_) + " the same for another reason";
  const std::string left_out = tally_.LeftOut();
  if (!left_out.empty()) text += "; not decided: " + left_out;
  return text + "\n";
}

std::string Backtest::Json() const {
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("bundle").Open('{');
  json.Member("digest").Text(HexEncode(bundle_.bundle().digest()));
  json.Member("revision").Number(bundle_.bundle().revision()).Close();
  json.Member("changes").Open('[');
  for (const Row* const row : Sorted()) {
    const auto& [key, group] = *row;
    json.Open('{').Member("change");
    json.Text(key.allowed ? "newly-allowed" : "newly-denied");
    json.Member("principal").Text(key.principal);
    json.Member("action").Text(key.action);
    json.Member("resource").Text(key.resource);
    json.Member("count").Number(group.count);
    json.Member("before").Text(group.before);
    json.Member("after").Text(group.after);
    json.Member("records").Open('[');
    for (const std::string& id : group.examples) json.Text(id);
    json.Close().Close();
  }
  json.Close();
  tally_.Write(&json);
  json.Member("newly_allowed").Number(newly_allowed_);
  json.Member("newly_denied").Number(newly_denied_);
  json.Member("same_for_another_reason").Number(otherwise_);
  json.Member("ungrouped").Number(ungrouped_);
  json.Close();
  return json.Take();
}

}  // namespace

ExitCode RunBacktest(Args args) {
  Flags flags("backtest", "LOG...",
              "Decides every record of a decision log with another bundle and "
              "prints whose decisions would change, by principal, action and "
              "kind of resource. LOG - is the standard input. Exits 3 when "
              "something would be newly allowed or newly denied.");
  ReplayFlags replay;
  replay.Declare(&flags);
  if (const auto exit = flags.Parse(args)) return *exit;
  std::vector<ReplayBundle> bundles;
  if (!replay.OpenBundles("backtest", &bundles)) return ExitCode::kUsage;
  if (bundles.size() > 1) {
    std::cerr << "writ backtest: one bundle at a time\n";
    return ExitCode::kUsage;
  }
  Backtest run(std::move(bundles.front()));
  const ExitCode read = ReplayLogs(
      "backtest", replay, run.tally(),
      [&](const RecordedDecision& record, const ReplayPolicies& policies,
          const ReplayLines&) { run.Decide(record, policies); });
  const ExitCode delivered = Deliver(
      replay.format == "json" ? run.Json() : run.Text(), flags.global().output);
  if (read != ExitCode::kOk) return read;
  if (delivered != ExitCode::kOk) return delivered;
  return run.changed() ? ExitCode::kFindings : ExitCode::kOk;
}

}  // namespace writ
