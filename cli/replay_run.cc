// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_run.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "sidecar/decision_record_reader.h"

namespace writ {
namespace {

void Complain(std::string_view command, const std::string& text) {
  std::fprintf(stderr, "writ %.*s: %s\n", static_cast<int>(command.size()),
               command.data(), text.c_str());
}

}  // namespace

void ReplayFlags::Declare(Flags* flags) {
  flags->Strings("--bundle", "FILE", "a bundle to decide with", &bundles);
  flags->Strings("--pub", "PEM",
                 "a public key that may have signed the bundles", &keys);
  flags->Bool("--unsigned", "take bundles whoever made them",
              &unsigned_bundles);
  flags->Bool("--rotated",
              "LOG stands for LOG.N … LOG.2, LOG.1 and LOG, oldest first",
              &rotated);
  flags->Format({"text", "json"}, &format);
  flags->Positionals(&logs, 1, SIZE_MAX);
}

bool ReplayFlags::OpenBundles(std::string_view command,
                              std::vector<ReplayBundle>* opened) const {
  if (bundles.empty()) {
    Complain(command, "which bundle? --bundle FILE says so");
    return false;
  }
  if (keys.empty() != unsigned_bundles) {
    Complain(command,
             "say who signed the bundles with --pub PEM, or --unsigned to take "
             "them whoever made them");
    return false;
  }
  for (const std::string& path : bundles) {
    Result<ReplayBundle> bundle = ReplayBundle::Open(path, keys);
    if (!bundle.ok()) {
      Complain(command, std::string(bundle.status().message()));
      return false;
    }
    opened->push_back(std::move(bundle).value());
  }
  return true;
}

void ReplayTally::Count(NotDecided why) {
  switch (why) {
    case NotDecided::kNone:
      ++decided;
      break;
    case NotDecided::kLookup:
      ++lookups;
      break;
    case NotDecided::kCut:
      ++cut;
      break;
    case NotDecided::kMasked:
      ++masked;
      break;
    case NotDecided::kNoSession:
      ++without_session;
      break;
  }
}

void ReplayTally::Write(JsonOut* json) const {
  json->Member("records").Number(records);
  json->Member("decided").Number(decided);
  json->Member("other_bundles").Number(other_bundles);
  json->Member("lookups").Number(lookups);
  json->Member("masked").Number(masked);
  json->Member("cut").Number(cut);
  json->Member("without_session").Number(without_session);
  json->Member("damaged").Number(damaged);
}

std::string ReplayTally::LeftOut() const {
  std::string text;
  const auto add = [&](uint64_t count, std::string_view what) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " " + std::string(what);
  };
  add(other_bundles, "of other bundles (first " + first_other_bundle + ")");
  add(lookups, "of lookups");
  add(masked, "masked");
  add(cut, "cut");
  add(without_session, "without their session policy");
  return text;
}

ExitCode ReplayLogs(std::string_view command, const ReplayFlags& flags,
                    ReplayTally* tally, const DecideRecord& decide) {
  ReplayLines lines(flags.logs, flags.rotated);
  DecisionRecordReader reader;
  ReplayPolicies policies;
  while (true) {
    const Result<std::optional<std::string_view>> line = lines.Next();
    if (!line.ok()) {
      Complain(command,
               lines.Place() + ": " + std::string(line.status().message()));
      return ExitCode::kUsage;
    }
    if (!line->has_value()) return ExitCode::kOk;
    const Result<DecisionRecordReader::Line> kind = reader.Read(**line);
    Status status = kind.status();
    if (status.ok() && *kind == DecisionRecordReader::Line::kSessionPolicy) {
      status = policies.Add(reader.policy_digest(), reader.policy_program());
    }
    if (!status.ok() && lines.is_cut()) {
      // A process that died while it wrote leaves this behind.
      ++tally->damaged;
      Complain(command, lines.Place() + ": the last line is cut short");
      continue;
    }
    if (!status.ok()) {
      Complain(command,
               lines.Place() + ": " + std::string(status.message()) +
                   (tally->records == 0 ? "; is this a decision log?" : ""));
      return ExitCode::kUsage;
    }
    if (*kind == DecisionRecordReader::Line::kSessionPolicy) continue;
    ++tally->records;
    decide(reader.decision(), policies, lines);
  }
}

}  // namespace writ
