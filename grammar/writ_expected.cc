// SPDX-License-Identifier: Apache-2.0
#include "grammar/writ_expected.h"

#include <algorithm>
#include <optional>

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
    {P::LPAREN, "("},
    {P::LBRACKET, "["},
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
    {P::SET, "set"},
    {P::LET, "let"},
    {P::TEMPLATE, "template"},
    {P::IMPORT, "import"},
    {P::TEST, "test"},
    {P::WRIT, "writ"},
    {P::GIVEN, "given"},
    {P::EXPECT, "expect"},
    {P::EXPLICIT, "explicit"},
    {P::IMPLICIT, "implicit"},
    {P::BECAUSE, "because"},
    {P::AS, "as"},
    {P::ALLOW, "allow"},
    {P::DENY, "deny"},
    {P::USE, "use"},
    {P::ALL, "all"},
    {P::EXCEPT, "except"},
    {P::ANYONE, "anyone"},
    {P::NOTHING, "nothing"},
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

bool Contains(std::span<const size_t> rules, size_t rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

// What a value is called in the rules that it stands in.
std::string_view ValueName(std::span<const size_t> rules) {
  for (size_t rule : rules) {
    switch (rule) {
      case P::RuleActions:
      case P::RuleStatement:
        return "an action";
      case P::RuleResources:
        return "a resource";
      case P::RulePrincipals:
        return "a principal";
      case P::RuleExpectation:
        return "an action or a resource";
      default:
        break;
    }
  }
  return "a value";
}

// What a WORD or a STRING is called where it stands.
std::string WordName(const ExpectedKinds& expected) {
  const KindSet& kinds = expected.kinds;
  const size_t rule =
      expected.rules.empty() ? size_t{P::RuleFile} : expected.rules.front();
  if (kinds.Has(P::JSON) || kinds.Has(P::LBRACKET)) {
    return std::string(ValueName(expected.rules));
  }
  if (rule == P::RuleHeader) return "the version of the language, `1`";
  if (rule == P::RuleImportDecl) return "a path in quotes";
  if (rule == P::RuleTestDecl) return "the name of the test in quotes";
  if (rule == P::RuleValue) return "a number, `true` or `false`";
  if (Contains(expected.rules, P::RuleGiven)) {
    return "`principal`, `now`, `policies` or a condition key";
  }
  if (rule == P::RuleKey || rule == P::RuleCondition ||
      rule == P::RuleConditions) {
    return kinds.Has(P::WORD) ? "a condition key"
                              : "the name of an operator in quotes";
  }
  if (kinds.Has(P::WORD)) return "a principal type";
  return "a text in quotes";
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

std::string NameOf(size_t kind, const ExpectedKinds& expected) {
  for (const Sign& sign : kSigns) {
    if (sign.kind == kind) return "`" + std::string(sign.text) + "`";
  }
  if (kind == P::AT) return "`@`";
  return expected.kinds.Has(P::NOCASE) ? "a name" : WordName(expected);
}

// The bracket that `closing` at `token` closes, as an index into `visible`.
std::optional<size_t> OpenerOf(size_t closing, size_t token,
                               const TokenList& tokens,
                               std::span<const uint32_t> visible) {
  const size_t opening = closing == P::RBRACE     ? size_t{P::LBRACE}
                         : closing == P::RBRACKET ? size_t{P::LBRACKET}
                         : closing == P::RPAREN   ? size_t{P::LPAREN}
                                                  : size_t{0};
  size_t depth = 0;
  for (size_t i = token; opening != 0 && i > 0; --i) {
    const size_t kind = tokens.Kind(visible[i - 1]);
    if (kind == closing) ++depth;
    if (kind == opening && depth-- == 0) return i - 1;
  }
  return std::nullopt;
}

}  // namespace

Expectation ExpectedAt(const ExpectedKinds& expected) {
  const auto has = [&expected](size_t kind) {
    return expected.kinds.Has(kind);
  };
  const size_t rule =
      expected.rules.empty() ? size_t{P::RuleFile} : expected.rules.front();

  Expectation wanted;
  // NOCASE beside POLICY: every keyword may stand here, as a name.
  const bool name = has(P::NOCASE) && has(P::POLICY);
  if (name && has(P::DENY) && has(P::USE) &&
      Contains(expected.rules, P::RuleStatement)) {
    wanted.keywords = {"allow", "deny", "use", "version", "extra"};
    wanted.text =
        has(P::RBRACE) ? "`allow`, `deny` or `}`" : "`allow` or `deny`";
    return wanted;
  }
  if (name) {
    wanted.text = rule == P::RuleName && Contains(expected.rules, P::RulePolicy)
                      ? "a name (letters, digits, `_`, `-`)"
                      : "a name";
    return wanted;
  }
  if (has(P::POLICY) && has(P::SET) && has(P::IMPORT)) {
    wanted.text = "`policy`, `set`, `let`, `template`, `import` or `test`";
    wanted.keywords = {"policy", "set", "let", "template", "import", "test"};
    if (has(P::WRIT)) wanted.keywords.emplace_back("writ");
    return wanted;
  }
  std::vector<std::string> phrases;
  if (has(P::WORD) || has(P::STRING)) phrases.push_back(WordName(expected));
  for (const Sign& sign : kSigns) {
    if (!has(sign.kind)) continue;
    // Part of "an action"; and behind `allow` nobody means a label.
    if (sign.kind == P::LBRACKET || sign.kind == P::NOTHING ||
        sign.kind == P::ALL || (sign.kind == P::ARROW && has(P::WORD))) {
      continue;
    }
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

Diagnostic DescribeSlip(const SyntaxSlip& slip, const TokenList& tokens,
                        std::span<const uint32_t> visible) {
  const size_t token = visible[slip.token];
  const bool end = tokens.Kind(token) == antlr4::Token::EOF;
  const std::string_view text = tokens.Text(token);
  const std::string found =
      end ? "the end of the file" : "`" + Excerpt(text) + "`";
  Span span = tokens.SpanOf(token);
  if (end && slip.token > 0) {
    const Span last = tokens.SpanOf(visible[slip.token - 1]);
    span = {last.end > last.begin ? last.end - 1 : last.begin, last.end};
  }
  // The text goes wrong later, but this is where it began to.
  const bool fits = slip.expected.kinds.Has(tokens.Kind(token));
  const bool is_keyword =
      tokens.Kind(token) >= P::WRIT && tokens.Kind(token) <= P::BECAUSE;
  Expectation wanted = ExpectedAt(slip.expected);
  Diagnostic finding{};
  if (slip.is_typo) {
    const std::string meant = NameOf(slip.wanted, slip.expected);
    finding = Diagnose(DiagnosticId::kWritUnexpected, span, "",
                       {meant, found, "did you mean " + meant + "?"});
  } else if (slip.change == SyntaxSlip::Change::kReplace &&
             (fits || HelpFor(text, wanted).empty())) {
    std::string help;
    if ((slip.wanted == P::WORD || slip.wanted == P::STRING) && is_keyword) {
      help = "`" + std::string(text) + "` is a word of the language; as text " +
             "write \"" + std::string(text) + "\"";
    } else if (slip.wanted == P::STRING && tokens.Kind(token) == P::WORD) {
      help = "write \"" + Excerpt(text) + "\"";
    }
    finding = Diagnose(
        DiagnosticId::kWritUnexpected, span, "",
        {fits ? NameOf(slip.wanted, slip.expected) : wanted.text, found, help});
  } else if (slip.change == SyntaxSlip::Change::kInsert && fits) {
    finding = Diagnose(DiagnosticId::kWritMissing, span, "",
                       {NameOf(slip.wanted, slip.expected), found});
  } else if (slip.change == SyntaxSlip::Change::kRemove && fits) {
    finding = Diagnose(DiagnosticId::kWritExtra, span, "", {found});
  } else {
    finding = Diagnose(DiagnosticId::kWritUnexpected, span, "",
                       {wanted.text, found, HelpFor(text, wanted)});
  }
  if (slip.change == SyntaxSlip::Change::kInsert) {
    if (const auto opener =
            OpenerOf(slip.wanted, slip.token, tokens, visible)) {
      finding.others.push_back({tokens.SpanOf(visible[*opener]), "opens here"});
    }
  }
  return finding;
}

}  // namespace writ
