// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_EXPECTED_H_
#define WRIT_GRAMMAR_WRIT_EXPECTED_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/diagnostic.h"
#include "grammar/writ_syntax.h"
#include "grammar/writ_tokens.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// What the language would have taken at the place of an error.
struct Expectation {
  std::string text;                        // "`;`, `to`, `on` or `when`"
  std::vector<std::string_view> keywords;  // that a typo may have meant
};

// In the author's words.
Expectation ExpectedAt(const ExpectedKinds& expected);

// One line on what to write instead of `found`; may be empty.
std::string HelpFor(std::string_view found, const Expectation& wanted);

// What a slip says to the author.
//
// visible  the tokens that were searched, as indices into `tokens`
Diagnostic DescribeSlip(const SyntaxSlip& slip, const TokenList& tokens,
                        std::span<const uint32_t> visible);

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_EXPECTED_H_
