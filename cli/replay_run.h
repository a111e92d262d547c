// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_REPLAY_RUN_H_
#define WRIT_CLI_REPLAY_RUN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/redecide.h"
#include "cli/replay_lines.h"
#include "grammar/json_out.h"
#include "sidecar/decision_record.h"

// How `writ replay` and `writ backtest` go through logs.
namespace writ {

// The flags that both have.
struct ReplayFlags {
  std::vector<std::string> logs;
  std::vector<std::string> bundles;
  std::vector<std::string> keys;
  bool unsigned_bundles = false;
  bool rotated = false;
  std::string format;

  void Declare(Flags* flags);
  // Opens the bundles; complains on standard error and returns false when one
  // cannot be used, or when it is not said whether signatures count.
  bool OpenBundles(std::string_view command,
                   std::vector<ReplayBundle>* opened) const;
};

// What was met on the way.
struct ReplayTally {
  uint64_t records = 0;
  uint64_t decided = 0;
  uint64_t other_bundles = 0;
  // The first of them, "revision 7, digest 3e95…": what to look for.
  std::string first_other_bundle;
  uint64_t lookups = 0;
  uint64_t masked = 0;
  uint64_t cut = 0;
  uint64_t without_session = 0;
  uint64_t damaged = 0;  // last lines that are not whole

  void Count(NotDecided why);
  // Members of an open JSON object.
  void Write(JsonOut* json) const;
  // "3 of another bundle, 1 masked"; empty when every record was decided.
  std::string LeftOut() const;
};

// Reads the logs line by line. `decide` is given each record with the session
// policies told so far, and counts what came of it.
//
// Returns kOk, or how to exit after a complaint on standard error: a file that
// cannot be read, or a line that is damaged and not the last of its file.
using DecideRecord =
    std::function<void(const RecordedDecision& record,
                       const ReplayPolicies& policies, const ReplayLines& at)>;
ExitCode ReplayLogs(std::string_view command, const ReplayFlags& flags,
                    ReplayTally* tally, const DecideRecord& decide);

}  // namespace writ

#endif  // WRIT_CLI_REPLAY_RUN_H_
