// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_BUNDLE_ACTIONS_H_
#define WRIT_CLI_BUNDLE_ACTIONS_H_

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "bundle/bundle.h"
#include "cli/command.h"

namespace writ {

// What the command line of `writ bundle` says; empty where it says nothing.
struct BundleArguments {
  std::vector<std::string> paths;  // behind the action
  std::string output;
  std::string revision;
  std::string not_after;
  std::string key;
  std::vector<std::string> public_keys;
  std::string min_revision;
  bool as_json = false;
  bool quiet = false;
  WallTime now;
};

// The actions: `writ bundle build` and so on.
ExitCode BuildBundle(const BundleArguments& arguments);
ExitCode SignBundleFile(const BundleArguments& arguments);
ExitCode VerifyBundleFile(const BundleArguments& arguments);
ExitCode InspectBundle(const BundleArguments& arguments);
ExitCode DiffBundles(const BundleArguments& arguments);
ExitCode MakeBundleKey(const BundleArguments& arguments);

// "writ bundle: …" on standard error; returns kUsage.
ExitCode ComplainOfBundle(const std::string& complaint);

// Prints what is wrong with the bundle at `path`; returns kFindings, or how to
// exit when it could not be read at all.
ExitCode RefuseBundle(const std::string& path, const Status& status);

// A decimal number of a flag; complains when it is none or less than `least`.
Result<uint64_t> ReadRevision(const std::string& flag, const std::string& text,
                              uint64_t least);

// "revision 7 of 2 accounts, 4 principals, 4 policies, 5 statements".
std::string ContentText(const BundleManifest& manifest);

}  // namespace writ

#endif  // WRIT_CLI_BUNDLE_ACTIONS_H_
