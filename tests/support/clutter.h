// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_CLUTTER_H_
#define WRIT_TESTS_SUPPORT_CLUTTER_H_

#include <string>

#include "tests/support/request_generator.h"

// Makes policies worse without changing what they decide, or at least with
// parts in them that mean nothing: what `writ fix` is there for.
namespace writ {

// Repeats and widens items and statements, splits statements, changes the case
// of actions, writes blocks of addresses with host bits, takes quotes away.
void Clutter(reference::GeneratedPolicy* policy, reference::Random* random);

// The text of a JSON policy with faults of form that do not change its
// statements' meaning: no version, a lone statement without brackets, a byte
// order mark, names that stand twice, empty conditions.
std::string CluttersJson(std::string document, reference::Random* random);

// The same for a text of the Writ language: definitions and suppressions of no
// use, everything on one line.
std::string CluttersWrit(std::string text, reference::Random* random);

// A request that hangs on what the policy names: instances of its patterns,
// values of its tests and their neighbours, the rest as in `base`.
reference::GeneratedRequest RequestAbout(
    const reference::GeneratedPolicy& policy,
    const reference::GeneratedRequest& base, reference::Random* random);

}  // namespace writ

#endif  // WRIT_TESTS_SUPPORT_CLUTTER_H_
