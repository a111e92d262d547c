// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_BUNDLE_FACTS_H_
#define WRIT_CLI_BUNDLE_FACTS_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "bundle/bundle.h"

namespace writ {

// What a bundle says, fact by fact: under a subject and what it is about, its
// value for people. Two bundles that decide alike have equal facts.
//
//   {"account", "1001"}                           "management account"
//   {"user", "acs:ram::1001:user/ada"}            "id 2001"
//   {"attachment", "acs:ram::1001:user/ada has read-photos"}
//   {"policy", "identity read-photos of 1001"}    a digest of its statements
//
// Groups are not in a bundle: their policies are attachments of their members.
using BundleFacts =
    std::map<std::pair<std::string_view, std::string>, std::string>;

// Errors  as Bundle::OpenUnverified; kResourceExhausted: facts of more text
//         than a bundle may have bytes
Result<BundleFacts> FactsOf(const BundleParts& parts);

}  // namespace writ

#endif  // WRIT_CLI_BUNDLE_FACTS_H_
