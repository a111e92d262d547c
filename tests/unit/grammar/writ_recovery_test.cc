// SPDX-License-Identifier: Apache-2.0
// One typo, one message: every token of realistic files is left out, doubled
// and, when it is a word of the language, misspelled.
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/grammar/writ_text_of.h"

namespace writ {
namespace {

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = {
      // Statements of every shape.
      "writ 1;\n\n@owner(\"team-photos\")\npolicy photo identity {\n"
      "  read => allow [oss:GetObject, oss:ListObjects]\n"
      "    on [acs:oss:*:*:myphotos, acs:oss:*:*:myphotos/*]\n"
      "    when acs:SourceIp within [10.0.0.0/8, 203.0.113.0/24]\n"
      "     and acs:MFAPresent is true;\n"
      "  deny oss:* on acs:oss:*:*:myphotos/private/*;\n}\n",
      "policy trust_it trust {\n"
      "  allow sts:AssumeRole to service [fc.aliyuncs.com];\n"
      "  allow sts:AssumeRole to ram [acs:ram::100:root], federated \"x\"\n"
      "    when acs:MFAPresent is true and sts:ExternalId == \"abc\" nocase;\n"
      "}\n",
      "policy reports resource {\n  version \"1\";\n"
      "  allow oss:GetObject to anyone on acs:oss:*:1:reports/*\n"
      "    when acs:SecureTransport is true;\n"
      "  deny all except oss:Get* to [\"27\"] on all except acs:oss:*:1:x;\n"
      "  allow a:b on * when by \"Null\" k:k \"true\" sid \"s\";\n}\n",
      "policy window session {\n"
      "  allow ecs:StartInstance on * when acs:CurrentTime >= "
      "2026-12-01T00:00:00Z and acs:CurrentTime < 2026-12-31T00:00:00Z\n"
      "    and ecs:tag not like \"prod*\" and sts:Duration <= json 3600;\n"
      "  @note(\"x\") deny ecs:* on * when k:k not within 10.0.0.0/8;\n}\n",
      // Sets and constants.
      "set Deploy = { fc:CreateFunction, fc:UpdateFunction }\n"
      "set All = { $Deploy, fc:InvokeFunction }\n"
      "let account = 100100;\nlet team = \"red\";\n"
      "policy p identity {\n  allow $All on acs:fc:*:{account}:{team}-*;\n"
      "  allow [fc:Get*, $Deploy] on * when k:k == \"{team}\";\n}\n",
      // Templates.
      "template own(team, actions) {\n  deploy => allow $actions\n"
      "    on acs:fc:*:*:functions/{team}-* when acs:x == {team};\n"
      "  deny fc:Delete* on *;\n}\n"
      "template both(a) {\n  use own({a}, fc:Get*);\n}\n"
      "policy red identity {\n  use own(\"red\", [fc:Get*, fc:Put*]);\n"
      "  use both(\"blue\");\n  allow ram:PassRole on acs:ram::1:role/x;\n}\n",
      // Imports and a test.
      "writ 1;\nimport \"lib/fc.writ\" as fc;\nimport \"lib/oss.writ\";\n"
      "policy red identity {\n  use fc.own(\"red\");\n"
      "  go => allow $fc.Deploy on *;\n}\n"
      "test \"red may deploy\" {\n"
      "  given principal = acs:ram::100100100:user/rosa;\n"
      "  given acs:PrincipalTag/team = \"red\";\n"
      "  expect allow fc:CreateFunction on acs:fc:*:1:functions/red-api;\n"
      "  expect deny(implicit) [fc:Get, fc:Put] on [a:b, c:d];\n}\n",
      // Tests.
      "policy p identity {\n  l => allow fc:Get on *;\n}\n"
      "policy q identity {\n  deny fc:Put on *;\n}\n"
      "test \"one\" {\n  given now = 2026-11-01T00:00:00Z;\n"
      "  given policies = [p, q];\n"
      "  expect deny(explicit) fc:Put on * because q.0;\n}\n"
      "@slow\ntest \"two\" {\n  given acs:SourceIp = 10.1.2.3;\n"
      "  expect allow fc:Get on * because p.l, p.0;\n}\n",
      // Several policies, foreign members.
      "policy a control {\n  deny all except [ram:Create*, ram:List*] on *\n"
      "    when acs:MFAPresent != \"true\" nocase;\n}\n"
      "policy b {\n  extra \"Id\" = \"5\";\n"
      "  allow x:y on * extra \"NotPrincipal\" = \"[]\";\n}\n"
      "policy c identity {\n  allow x:y on *;\n}\n",
      "policy empty identity {\n  allow x:y on [] when nothing;\n}\n"
      "@a @b(1, \"c\")\nset S = {one}\n@c\ntemplate t() {\n"
      "  @d allow x:{S} on *;\n}\npolicy z trust {\n"
      "  @e use t();\n}\n",
  };
  return texts;
}

const Files& Library() {
  static const Files files = {
      {"lib/fc.writ",
       "set Deploy = { fc:CreateFunction }\n"
       "template own(team) { allow $Deploy on acs:fc:*:*:{team}; }"},
      {"lib/oss.writ", "set Read = { oss:GetObject }"}};
  return files;
}

// A rough split, good enough for these texts: words, strings and signs.
std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string("_*?.:/+%~@-$").find(c) != std::string::npos;
  };
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      while (end < text.size() &&
             std::isspace(static_cast<unsigned char>(text[end])) != 0) {
        ++end;
      }
    } else if (text[i] == '"') {
      end = text.find('"', end) + 1;
    } else if (text[i] == '@') {
      end = i + 1;
    } else if (is_word(text[i]) ||
               (text[i] == '{' && text[i + 1] != ' ' && text[i + 1] != '\n')) {
      while (end < text.size() &&
             (is_word(text[end]) || text[end - 1] == '{' ||
              (text[end] == '{' && is_word(text[end - 1])) ||
              (text[end] == '}' && is_word(text[end - 1])))) {
        ++end;
      }
    } else if (std::string("=!<>").find(text[i]) != std::string::npos &&
               (text[end] == '=' || text[end] == '>')) {
      ++end;
    }
    parts.push_back(text.substr(i, end - i));
    i = end;
  }
  return parts;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

void ExpectOneFinding(const std::string& text, const std::string& what,
                      size_t* count) {
  const ReadText read = Read(text, Library());
  ++*count;
  if (read.file) return;  // it is still of the language
  EXPECT_EQ(read.findings.error_count(), 1u) << what << "\n"
                                             << read.Findings(true) << text;
}

TEST(WritRecovery, TheTextsAreOfTheLanguage) {
  for (const std::string& text : Texts()) {
    const ReadText read = Read(text, Library());
    EXPECT_TRUE(read.file) << read.Findings(true) << text;
    EXPECT_EQ(Join(Split(text)), text);
  }
}

TEST(WritRecovery, ATokenLeftOutIsOneFinding) {
  size_t count = 0;
  for (const std::string& text : Texts()) {
    const std::vector<std::string> parts = Split(text);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (std::isspace(static_cast<unsigned char>(parts[i][0])) != 0) continue;
      std::vector<std::string> changed = parts;
      changed[i] = " ";
      ExpectOneFinding(Join(changed), "without `" + parts[i] + "`", &count);
    }
  }
  EXPECT_GT(count, 500u);
}

TEST(WritRecovery, ATokenWrittenTwiceIsOneFinding) {
  size_t count = 0;
  for (const std::string& text : Texts()) {
    const std::vector<std::string> parts = Split(text);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (std::isspace(static_cast<unsigned char>(parts[i][0])) != 0) continue;
      std::vector<std::string> changed = parts;
      changed[i] = parts[i] + " " + parts[i];
      ExpectOneFinding(Join(changed), "twice `" + parts[i] + "`", &count);
    }
  }
  EXPECT_GT(count, 500u);
}

TEST(WritRecovery, AMisspelledWordOfTheLanguageIsOneFinding) {
  const std::vector<std::string> words = {
      "writ",     "policy",   "identity", "resource", "trust", "control",
      "session",  "version",  "allow",    "deny",     "all",   "except",
      "to",       "anyone",   "nothing",  "on",       "when",  "and",
      "by",       "not",      "like",     "within",   "is",    "nocase",
      "extra",    "sid",      "json",     "import",   "as",    "set",
      "let",      "template", "use",      "test",     "given", "expect",
      "explicit", "implicit", "because"};
  size_t count = 0;
  for (const std::string& text : Texts()) {
    const std::vector<std::string> parts = Split(text);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (std::find(words.begin(), words.end(), parts[i]) == words.end()) {
        continue;
      }
      std::vector<std::string> spellings = {parts[i] + "x", "x" + parts[i]};
      for (size_t k = 0; k < parts[i].size(); ++k) {
        std::string left_out = parts[i];
        left_out.erase(k, 1);
        spellings.push_back(left_out.empty() ? "q" : left_out);
        std::string other = parts[i];
        other[k] = 'q';
        spellings.push_back(other);
        std::string swapped = parts[i];
        if (k > 0) std::swap(swapped[k], swapped[k - 1]);
        spellings.push_back(swapped);
      }
      for (const std::string& spelling : spellings) {
        std::vector<std::string> changed = parts;
        changed[i] = spelling;
        ExpectOneFinding(Join(changed), parts[i] + " as " + spelling, &count);
      }
    }
  }
  EXPECT_GT(count, 1500u);
}

TEST(WritRecovery, SeveralSlipsAreFoundInOneFile) {
  EXPECT_EQ(Read("policy a identity {\n  alow a:b on *;\n  allow c:d no *;\n"
                 "  allow e:f on [x, y;\n  allow on *;\n}\n"
                 "polcy b identity {\n  deny a:b on * wen k:k is true;\n}\n"
                 "tst \"x\" { expct allow a:b on *; }\n")
                .Findings(),
            "2:3 expected `allow`, found `alow`\n"
            "3:13 expected `on`, found `no`\n"
            "4:21 expected `,` or `]`, found `;`\n"
            "5:9 expected an action, found `on`\n"
            "7:1 expected `policy`, found `polcy`\n"
            "8:17 expected `when`, found `wen`\n"
            "10:1 expected `test`, found `tst`\n"
            "10:11 expected `expect`, found `expct`\n");
}

TEST(WritRecovery, AMissingBraceShowsWhatItCloses) {
  const ReadText read = Read(
      "policy a {\n  allow a:b on *;\n\npolicy b {\n  deny a:b on *;\n}\n");
  ASSERT_EQ(read.findings.all().size(), 1u) << read.Findings();
  const Diagnostic& finding = read.findings.all()[0];
  EXPECT_EQ(read.Findings(), "4:1 `}` is missing before `policy`\n");
  ASSERT_EQ(finding.others.size(), 1u);
  EXPECT_EQ(finding.others[0].span, (Span{9, 10}));
}

TEST(WritRecovery, HostileTextsEndSoon) {
  std::string broken;
  for (int i = 0; i < 100000; ++i) broken += "alow ;";
  EXPECT_LE(Read(broken).findings.all().size(), 25u);
  for (const char* unit :
       {"[", "{", "(", "]", "}", ")", "policy ", "{a}", "$a ", "@a ", "a => ",
        "allow ", "test \"x\" {", ",", "= "}) {
    std::string text;
    while (text.size() < 60000) text += unit;
    const ReadText read = Read(text);
    EXPECT_FALSE(read.file) << unit;
    EXPECT_LE(read.findings.all().size(), 25u) << unit;
    EXPECT_GE(read.findings.all().size(), 1u) << unit;
  }
}

}  // namespace
}  // namespace writ
