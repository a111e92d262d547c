// SPDX-License-Identifier: Apache-2.0
//
// `writ replay`: decides what a decision log recorded again, with the bundle
// that decided it, and says where the two differ.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
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

// Differences that are told one by one; the others are counted.
constexpr uint64_t kMostTold = 20;

class Replay {
 public:
  explicit Replay(std::vector<ReplayBundle> bundles, bool as_json)
      : bundles_(std::move(bundles)), as_json_(as_json) {
    json_.Open('{').Member("schema_version").Number(1);
    json_.Member("differences").Open('[');
  }

  void Decide(const RecordedDecision& record, const ReplayPolicies& policies,
              const ReplayLines& at);
  ReplayTally* tally() { return &tally_; }
  uint64_t differing() const { return differing_; }
  // The report: text, or one JSON document.
  std::string Finish();

 private:
  void Tell(const RecordedDecision& record, const ReplayBundle& bundle,
            const std::vector<std::string_view>& members,
            const ReplayLines& at);

  std::vector<ReplayBundle> bundles_;
  const bool as_json_;
  ReplayTally tally_;
  uint64_t differing_ = 0;
  std::string text_;
  JsonOut json_{2};
};

void Replay::Decide(const RecordedDecision& record,
                    const ReplayPolicies& policies, const ReplayLines& at) {
  const auto bundle =
      std::ranges::find_if(bundles_, [&](const ReplayBundle& one) {
        return one.bundle().digest() == record.bundle_digest;
      });
  if (bundle == bundles_.end()) {
    if (tally_.other_bundles++ == 0) {
      tally_.first_other_bundle = "revision " +
                                  std::to_string(record.revision) +
                                  ", digest " + HexEncode(record.bundle_digest);
    }
    return;
  }
  const NotDecided why = bundle->Decide(record, policies);
  tally_.Count(why);
  if (why != NotDecided::kNone) return;
  const std::vector<std::string_view> members =
      DifferingMembers(record, *bundle);
  if (members.empty()) return;
  if (++differing_ <= kMostTold) Tell(record, *bundle, members, at);
}

void Replay::Tell(const RecordedDecision& record, const ReplayBundle& bundle,
                  const std::vector<std::string_view>& members,
                  const ReplayLines& at) {
  const std::string was = NamedDecision(record).Text();
  const std::string is = NamedDecision(bundle).Text();
  if (!as_json_) {
    text_ += at.Place() + ": record " + Shown(record.id) + " differs in ";
    for (size_t i = 0; i < members.size(); ++i) {
      text_ += (i > 0 ? ", " : "") + std::string(members[i]);
    }
    text_ += "\n  was  " + was + "\n  is   " + is + "\n";
    return;
  }
  json_.Open('{').Member("file").Text(at.path());
  json_.Member("line").Number(at.number());
  json_.Member("id").Text(record.id);
  json_.Member("members").Open('[');
  for (const std::string_view member : members) json_.Text(member);
  json_.Close();
  json_.Member("was").Text(was).Member("is").Text(is).Close();
}

std::string Replay::Finish() {
  if (as_json_) {
    json_.Close();
    tally_.Write(&json_);
    json_.Member("differing").Number(differing_);
    json_.Close();
    return json_.Take();
  }
  if (differing_ > kMostTold) {
    text_ += "and " + std::to_string(differing_ - kMostTold) + " more\n";
  }
  text_ += std::to_string(tally_.records) +
           " records: " + std::to_string(tally_.decided) + " decided again, " +
           std::to_string(differing_) + " differ";
  const std::string left_out = tally_.LeftOut();
  if (!left_out.empty()) text_ += "; not decided: " + left_out;
  return text_ + "\n";
}

}  // namespace

ExitCode RunReplay(Args args) {
  Flags flags("replay", "LOG...",
              "Decides every record of a decision log again with the bundle "
              "that decided it, and compares verdict, layer, reason, resource "
              "and statements. LOG - is the standard input. Exits 4 when a "
              "record differs, 3 when some could not be decided.");
  ReplayFlags replay;
  bool ignore_others = false;
  replay.Declare(&flags);
  flags.Bool("--ignore-others",
             "exit 0 also when records are of bundles that are not given, or "
             "lack what deciding needs",
             &ignore_others);
  if (const auto exit = flags.Parse(args)) return *exit;
  std::vector<ReplayBundle> bundles;
  if (!replay.OpenBundles("replay", &bundles)) return ExitCode::kUsage;

  Replay run(std::move(bundles), replay.format == "json");
  ReplayTally* const tally = run.tally();
  const ExitCode read = ReplayLogs(
      "replay", replay, tally,
      [&](const RecordedDecision& record, const ReplayPolicies& policies,
          const ReplayLines& at) { run.Decide(record, policies, at); });
  const ExitCode delivered = Deliver(run.Finish(), flags.global().output);
  if (read != ExitCode::kOk) return read;
  if (delivered != ExitCode::kOk) return delivered;
  if (run.differing() > 0) return ExitCode::kTestFailure;
  const bool left_out =
      tally->other_bundles + tally->cut + tally->without_session > 0;
  return left_out && !ignore_others ? ExitCode::kFindings : ExitCode::kOk;
}

}  // namespace writ
