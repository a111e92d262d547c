// SPDX-License-Identifier: Apache-2.0
#include "grammar/writ_expected.h"

#include <algorithm>

#include "grammar/members.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;

struct Sign {
  size_t kind;
  std::string_view text;
};

// Tokens with one spelling, in the order in which a message names them.
constexpr Sign kSigns[] = {
    {P::SEMI, ";"},
    {P::COMMA, ","},
    {P::RBRACKET, "]"},
    {P::RPAREN, ")"},
    {P::LBRACE, "{"},
    {P::RBRACE, "}"},
    {P::ARROW, "=>"},
    {P::ASSIGN, "="},
    {P::EQUAL, "=="},
    {P::UNEQUAL, "!="},
    {P::LESS, "<"},
    {P::LESS_EQUAL, "<="},
    {P::GREATER, ">"},
    {P::GREATER_EQUAL, ">="},
    {P::POLICY, "policy"},
    {P::WRIT, "writ"},
    {P::ALLOW, "allow"},
    {P::DENY, "deny"},
    {P::EXCEPT, "except"},
    {P::IDENTITY, "identity"},
    {P::RESOURCE, "resource"},
    {P::TRUST, "trust"},
    {P::CONTROL, "control"},
    {P::SESSION, "session"},
    {P::TO, "to"},
    {P::ON, "on"},
    {P::WHEN, "when"},
    {P::AND, "and"},
    {P::LIKE, "like"},
    {P::WITHIN, "within"},
    {P::NOT, "not"},
    {P::IS, "is"},
    {P::BY, "by"},
    {P::NOCASE, "nocase"},
    {P::VERSION, "version"},
    {P::EXTRA, "extra"},
    {P::SID, "sid"},
};

// What a value is called in the clause that the parser is in.
std::string_view ValueName(const antlr4::RuleContext* context) {
  for (; context != nullptr;
       context = static_cast<const antlr4::RuleContext*>(context->parent)) {
    switch (context->getRuleIndex()) {
      case P::RuleActions:
        return "an action";
      case P::RuleResources:
        return "a resource";
      case P::RulePrincipals:
        return "a principal";
      case P::RuleConditions:
        return "a value";
      case P::RuleStatement:
        return "an action";
      default:
        break;
    }
  }
  return "a value";
}

std::string Join(const std::vector<std::string>& phrases) {
  // More choices than this are no help.
  constexpr size_t kMost = 6;
  std::string out;
  const size_t shown = std::min(phrases.size(), kMost);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == shown ? " or " : ", ";
    out += phrases[i];
  }
  return out;
}

}  // namespace

Expectation ExpectedBy(P* parser) {
  const antlr4::misc::IntervalSet tokens = parser->getExpectedTokens();
  const auto has = [&tokens](size_t kind) { return tokens.contains(kind); };
  const antlr4::RuleContext* context = parser->getContext();
  const size_t rule =
      context != nullptr ? context->getRuleIndex() : size_t{P::RuleFile};

  Expectation wanted;
  std::vector<std::string> phrases;
  // NOCASE beside POLICY: every keyword may stand here, as a name.
  const bool name = has(P::NOCASE) && has(P::POLICY);
  const bool item = name && (has(P::RBRACE) || rule == P::RuleItem ||
                             rule == P::RuleStatement);
  if (item) {
    wanted.keywords = {"allow", "deny", "version", "extra"};
    wanted.text = "`allow`, `deny` or `}`";
    return wanted;
  }
  if (name) {
    wanted.text = rule == P::RulePolicy || rule == P::RuleName
                      ? "a name (letters, digits, `_`, `-`)"
                      : "a name";
    return wanted;
  }
  if (has(P::WORD) || has(P::STRING)) {
    if (has(P::LBRACKET) || has(P::JSON)) {
      phrases.emplace_back(ValueName(context));
    } else if (has(P::BY) || rule == P::RuleKey || rule == P::RuleCondition) {
      phrases.emplace_back(has(P::WORD) ? "a condition key"
                                        : "the name of an operator in quotes");
    } else if (rule == P::RuleHeader) {
      phrases.emplace_back("the version of the language, `1`");
    } else if (has(P::WORD)) {
      phrases.emplace_back("a principal type");
    } else {
      phrases.emplace_back("a text in quotes");
    }
  }
  for (const Sign& sign : kSigns) {
    if (!has(sign.kind)) continue;
    phrases.push_back("`" + std::string(sign.text) + "`");
    wanted.keywords.push_back(sign.text);
  }
  if (has(antlr4::Token::EOF) && phrases.size() < 2) {
    phrases.emplace_back("the end of the file");
  }
  wanted.text = Join(phrases);
  if (wanted.text.empty()) wanted.text = "something else";
  return wanted;
}

std::string HelpFor(std::string_view found, const Expectation& wanted) {
  struct Foreign {
    std::string_view word;
    std::string_view help;
  };
  constexpr Foreign kForeign[] = {
      {"or",
       "RAM has no `or` between tests: several values of one key stand in "
       "brackets, else write two statements"},
      {"if",
       "RAM has no `IfExists`: a negated test also holds when the key is "
       "absent"},
      {"of", "RAM has no `ForAnyValue` and `ForAllValues`"},
      {"permit", "write `allow`"},
      {"forbid", "write `deny`"},
      {"where", "write `when`"},
      {"unless", "write `when` with the opposite test, or a `deny` statement"},
      {"in", "write `==` with a list, or `within` for addresses"},
      {"=", "write `==` to compare"},
  };
  for (const Foreign& foreign : kForeign) {
    if (foreign.word == found) return std::string(foreign.help);
  }
  const std::string_view nearest = NearestName(found, wanted.keywords);
  if (nearest.size() > 1 && nearest != found && found.size() > 2 &&
      nearest[0] >= 'a' && nearest[0] <= 'z') {
    return "did you mean `" + std::string(nearest) + "`?";
  }
  if (!wanted.keywords.empty() && wanted.keywords.front() == ";") {
    return "end the statement with `;`, or separate values with `,` in "
           "brackets";
  }
  return "";
}

}  // namespace writ
