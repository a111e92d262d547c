// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_RANDOM_POLICY_H_
#define WRIT_TESTS_SUPPORT_RANDOM_POLICY_H_

#include <string>

#include "tests/support/request_generator.h"

namespace writ::testing {

// A RAM JSON document that the reader takes into a whole tree. Values mostly
// fit their operators; names and texts are hostile: keywords of the Writ
// language, quotes, braces, comment marks, control and direction characters,
// characters outside the BMP. Foreign operators and members, members of the
// wrong type, empty lists and both shapes of one value occur too.
std::string RandomPolicyJson(reference::Random* random);

// A short hostile text, valid UTF-8 without NUL.
std::string RandomText(reference::Random* random);

}  // namespace writ::testing

#endif  // WRIT_TESTS_SUPPORT_RANDOM_POLICY_H_
