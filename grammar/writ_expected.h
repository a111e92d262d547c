// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_EXPECTED_H_
#define WRIT_GRAMMAR_WRIT_EXPECTED_H_

#include <string>
#include <string_view>
#include <vector>

#include "WritParser.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// What the language would have taken at the place of an error.
struct Expectation {
  std::string text;                        // "`;`, `to`, `on` or `when`"
  std::vector<std::string_view> keywords;  // that a typo may have meant
};

// In the author's words, from the state in which the parser stopped.
Expectation ExpectedBy(writ_antlr::WritParser* parser);

// One line on what to write instead of `found`; may be empty.
std::string HelpFor(std::string_view found, const Expectation& wanted);

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_EXPECTED_H_
