// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_policy.h"

#include <functional>
#include <set>
#include <string_view>

#include "grammar/json_string.h"
#include "grammar/operators.h"

namespace writ::testing {
namespace {

using reference::Random;

constexpr std::string_view kPieces[] = {"allow",
                                        "deny",
                                        "on",
                                        "when",
                                        "and",
                                        "by",
                                        "json",
                                        "nothing",
                                        "anyone",
                                        "policy",
                                        "true",
                                        "false",
                                        "\"",
                                        "\\",
                                        "{",
                                        "}",
                                        "{{",
                                        "{name}",
                                        "${x}",
                                        "$Set",
                                        "//",
                                        "/*",
                                        "'",
                                        "#",
                                        ";",
                                        ",",
                                        "[",
                                        "]",
                                        "(",
                                        "=>",
                                        " ",
                                        "\t",
                                        "\n",
                                        "\r\n",
                                        "\x01",
                                        "\x7f",
                                        "*",
                                        "?",
                                        ":",
                                        ".",
                                        "-",
                                        "@",
                                        "fc",
                                        "acs:",
                                        "functions/",
                                        "a",
                                        "Z",
                                        "0",
                                        "é",
                                        "中",
                                        "\U0001F600",
                                        "\u202E",
                                        "\u2028",
                                        "\uFEFF",
                                        "5",
                                        "-0",
                                        "1e3",
                                        "10.0.0.0/8",
                                        "::1",
                                        "=",
                                        "2026-12-01T00:00:00Z",
                                        "nocase",
                                        "writ",
                                        "version",
                                        "sid",
                                        "extra",
                                        "import",
                                        "set",
                                        "let",
                                        "template",
                                        "use",
                                        "test",
                                        "given",
                                        "expect",
                                        "because",
                                        "as",
                                        "not",
                                        "like",
                                        "within",
                                        "is",
                                        "to",
                                        "all except",
                                        "}}",
                                        "{{{",
                                        "{a}{b}",
                                        "$",
                                        "$fc.Deploy",
                                        "${acs:UserName}",
                                        "\\u0041",
                                        "\b\f",
                                        "\u0085",
                                        "\u200D",
                                        "\uFFFD",
                                        "\U0010FFFF",
                                        "e\u0301",
                                        "==",
                                        "<",
                                        "!"};

constexpr std::string_view kActions[] = {"*",        "fc:InvokeFunction",
                                         "oss:Get*", "*:Describe*",
                                         "fc:?et",   "GetFunction",
                                         "",         "true",
                                         "5",        "allow"};
constexpr std::string_view kResources[] = {"*",
                                           "acs:fc:*:*:functions/web",
                                           "acs:oss:*:*:b/*//x",
                                           "acs:fc:*",
                                           "acs:ram:*:1:role/a+b@c~d%e",
                                           "arn:acs:x",
                                           "functions/web",
                                           ""};
constexpr std::string_view kPrincipals[] = {"*",
                                            "2700000000000001",
                                            "acs:ram::1000000000000001:root",
                                            "acs:ram::1:role/worker",
                                            "fc.aliyuncs.com",
                                            "300001:s1",
                                            "ram"};
constexpr std::string_view kKeys[] = {
    "acs:SourceIp", "acs:MFAPresent", "acs:ResourceTag/team", "demo:k",
    "when",         "SourceIp",       "oss:Prefix",           "ram:x y"};
constexpr std::string_view kForeignOperators[] = {"ForAnyValue:StringEquals",
                                                  "StringEqualsIfExists",
                                                  "Null",
                                                  "ArnLike",
                                                  "stringequals",
                                                  "Bo\"ol",
                                                  "{x}"};
constexpr std::string_view kNumbers[] = {
    "0",    "-0",    "5",       "-0.25",  "1e3",
    "1E+2", "1e999", "-1e-400", "0.10e0", "12345678901234567890123456789"};
constexpr std::string_view kDates[] = {
    "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.5+08:00", "2026-12-01"};
constexpr std::string_view kBlocks[] = {"10.0.0.0/8", "192.0.2.7",
                                        "::1/128",    "2001:db8::/32",
                                        "10.0.0.1/8", "10.*"};
constexpr std::string_view kBools[] = {"true", "false", "True", "1"};

std::string Quote(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

// Lists and objects inside each other, as deep as a document may go.
std::string DeepValue(Random* random) {
  const size_t depth = 1 + random->Below(random->Percent(5) ? 55 : 6);
  std::string open;
  std::string close;
  for (size_t i = 0; i < depth; ++i) {
    const bool list = random->Percent(50);
    open += list ? "[1e999, " : "{" + Quote(RandomText(random) + "k") + ": ";
    close.insert(0, list ? "]" : "}");
  }
  return open + Quote(RandomText(random)) + close;
}

// Any value, for a member that the grammar does not know.
std::string ForeignValue(Random* random) {
  if (random->Percent(40)) return DeepValue(random);
  constexpr std::string_view kValues[] = {
      "null",  "5",    "\"x\"",
      "[]",    "{}",   "[1,{\"a\":[null,\"{\\\"\"]}]",
      "1e999", "true", "{\"RAM\":[\"x\"]}"};
  return std::string(random->Pick(kValues));
}

// Mostly one of `words`, sometimes anything.
template <typename Words>
std::string TextOf(const Words& words, Random* random) {
  if (random->Percent(80)) return std::string(random->Pick(words));
  return RandomText(random);
}

using Token = std::function<std::string()>;

// One scalar, or a list of up to four.
std::string ScalarOrList(const Token& token, Random* random) {
  if (random->Percent(45)) return token();
  std::string out = "[";
  const size_t size = random->Below(random->Percent(5) ? 30 : 5);
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out += ", ";
    out += token();
  }
  return out + "]";
}

std::string ConditionToken(OperandFamily family, Random* random) {
  if (random->Percent(6)) return std::string(random->Pick(kNumbers));
  if (random->Percent(4)) return random->Percent(50) ? "true" : "false";
  switch (family) {
    case OperandFamily::kString:
      return Quote(RandomText(random));
    case OperandFamily::kNumeric:
      return Quote(TextOf(kNumbers, random));
    case OperandFamily::kDate:
      return Quote(TextOf(kDates, random));
    case OperandFamily::kBool:
      return Quote(TextOf(kBools, random));
    case OperandFamily::kIp:
      return Quote(TextOf(kBlocks, random));
  }
  return "\"\"";
}

// An object of random members with different names.
std::string Object(size_t size, const Token& name, const Token& value) {
  std::set<std::string> seen;
  std::string out = "{";
  for (size_t i = 0; i < size; ++i) {
    const std::string member = name();
    if (!seen.insert(member).second) continue;
    if (out.size() > 1) out += ", ";
    out += Quote(member) + ": " + value();
  }
  return out + "}";
}

std::string Condition(Random* random) {
  std::set<std::string> seen;
  std::string out = "{";
  for (size_t i = random->Below(4); i > 0; --i) {
    OperandFamily family = OperandFamily::kString;
    std::string name;
    if (random->Percent(12)) {
      name = TextOf(kForeignOperators, random);
    } else {
      const OperatorInfo& info = random->Pick(kOperators);
      name = info.json;
      family = info.family;
    }
    if (!seen.insert(name).second) continue;
    if (out.size() > 1) out += ", ";
    out += Quote(name) + ": " +
           Object(
               random->Below(4), [&] { return TextOf(kKeys, random); },
               [&] {
                 return ScalarOrList(
                     [&] { return ConditionToken(family, random); }, random);
               });
  }
  return out + "}";
}

template <typename Words>
std::string Texts(const Words& words, Random* random) {
  if (random->Percent(2)) return ForeignValue(random);
  return ScalarOrList(
      [&] {
        return random->Percent(1) ? std::string(random->Pick(kNumbers))
                                  : Quote(TextOf(words, random));
      },
      random);
}

std::string Principal(Random* random) {
  if (random->Percent(40)) return Texts(kPrincipals, random);
  constexpr std::string_view kTypes[] = {"RAM", "Service", "Federated",
                                         "AWS", "ram",     "a \"b"};
  return Object(
      random->Below(4), [&] { return std::string(random->Pick(kTypes)); },
      [&] {
        return ScalarOrList([&] { return Quote(TextOf(kPrincipals, random)); },
                            random);
      });
}

std::string Statement(Random* random) {
  std::string out = "{\"Effect\": ";
  out += random->Percent(50) ? "\"Allow\"" : "\"Deny\"";
  const auto add = [&](std::string_view name, const std::string& value) {
    out += ", " + Quote(name) + ": " + value;
  };
  if (random->Percent(95)) {
    const bool negated = random->Percent(20);
    add(negated ? "NotAction" : "Action", Texts(kActions, random));
    if (random->Percent(3)) {
      add(negated ? "Action" : "NotAction", Texts(kActions, random));
    }
  }
  if (random->Percent(90)) {
    add(random->Percent(15) ? "NotResource" : "Resource",
        Texts(kResources, random));
  }
  if (random->Percent(30)) add("Principal", Principal(random));
  if (random->Percent(60)) add("Condition", Condition(random));
  if (random->Percent(10)) add("Sid", Quote(RandomText(random)));
  if (random->Percent(5)) {
    add("NotPrincipal", ForeignValue(random));
  }
  if (random->Percent(5)) {
    add("X-" + RandomText(random), ForeignValue(random));
  }
  return out + "}";
}

}  // namespace

std::string RandomText(Random* random) {
  std::string out;
  const size_t most = random->Percent(1) ? 200 : 6;
  for (size_t i = random->Below(most); i > 0; --i) {
    out += random->Pick(kPieces);
  }
  return out;
}

std::string RandomPolicyJson(Random* random) {
  std::string out = "{\"Version\": ";
  out += random->Percent(95) ? "\"1\"" : Quote(RandomText(random));
  out += ", \"Statement\": [";
  for (size_t i = random->Below(random->Percent(1) ? 20 : 4); i > 0; --i) {
    out += Statement(random);
    if (i > 1) out += ", ";
  }
  out += "]";
  if (random->Percent(5)) {
    out +=
        ", " + Quote("Id-" + RandomText(random)) + ": " + ForeignValue(random);
  }
  return out + "}";
}

}  // namespace writ::testing
