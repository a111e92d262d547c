// SPDX-License-Identifier: Apache-2.0
#include "grammar/print.h"

#include <string>

#include "grammar/format_writ.h"
#include "grammar/json_tree.h"
#include "grammar/parse_writ.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

std::string Format(const std::string& text) {
  SourceText source("t.writ", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  if (!file) return "does not parse: " + findings.all()[0].message;
  return PrintWrit(file->policies);
}

TEST(PrintWrit, BringsLooseTextIntoForm) {
  EXPECT_EQ(Format("policy   p identity{allow\n[ fc:Get* ,\"fc:List*\"]on *"
                   ";deny fc:* on * when a:b==\"x\"and a:c<5;}"),
            "writ 1;\n"
            "\n"
            "policy p identity {\n"
            "  allow [fc:Get*, fc:List*] on *;\n"
            "  deny fc:*\n"
            "    on *\n"
            "    when a:b == \"x\"\n"
            "     and a:c < 5;\n"
            "}\n");
}

TEST(PrintWrit, BreaksLongListsAndStaysStable) {
  std::string list;
  for (int i = 0; i < 12; ++i)
    list += "fc:Operation" + std::to_string(i) + ", ";
  const std::string once = Format("policy p { allow [" + list + "] on *; }");
  EXPECT_NE(once.find("\n    fc:Operation0,\n"), std::string::npos) << once;
  EXPECT_EQ(Format(once), once);
  for (size_t at = 0; at < once.size();) {
    const size_t end = once.find('\n', at);
    EXPECT_LE(end - at, 100U);
    at = end + 1;
  }
}

TEST(PrintWrit, WritesAnnotationsAndTypesOfPrincipalsBelowEachOther) {
  const std::string text =
      "writ 1;\n"
      "\n"
      "@owner(\"team-photos\")\n"
      "policy p trust {\n"
      "  @reviewed\n"
      "  allow sts:AssumeRole\n"
      "    to ram [acs:ram::1000000000000002:root],\n"
      "       federated [\n"
      "         acs:ram::1000000000000002:saml-provider/company-one,\n"
      "         acs:ram::1000000000000002:saml-provider/company-two,\n"
      "       ];\n"
      "}\n";
  SourceText source("t.writ", text);
  Diagnostics findings;
  std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  ASSERT_TRUE(file);
  ast::Value team;
  team.text = "team-photos";
  file->policies[0].annotations = {{{"owner", {}}, {team}, {}}};
  file->policies[0].statements[0].annotations = {{{"reviewed", {}}, {}, {}}};
  EXPECT_EQ(PrintWrit(file->policies), text);
}

TEST(PrintWrit, WritesListsThatRepeatAsSets) {
  SourceText source(
      "t.writ",
      "policy p { allow [a:x, a:y, a:z] on [a:x, a:y];\n"
      "deny all except [a:x, a:y, a:z] on [a:x, a:y]\n"
      "when acs:SourceIp within [10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16]; }\n"
      "policy q { deny [a:z, a:y, a:x] on *\n"
      "when acs:SourceIp not within [10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16]\n"
      "and b:SourceIp == [\"1\", \"2\", \"3\"] and by \"Null\" \"c d\" "
      "[\"1\", \"2\", \"3\"]; }\n");
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  ASSERT_TRUE(file);
  const std::string text = PrintWritWithSets(file->policies);
  EXPECT_EQ(text,
            "writ 1;\n"
            "\n"
            "set actions = { a:x, a:y, a:z }\n"
            "set source_ip = { 10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16 }\n"
            "set source_ip_2 = { \"1\", \"2\", \"3\" }\n"
            "\n"
            "policy p {\n"
            "  allow $actions on [a:x, a:y];\n"
            "  deny all except $actions on [a:x, a:y] when acs:SourceIp within "
            "$source_ip;\n"
            "}\n"
            "\n"
            "policy q {\n"
            "  deny [a:z, a:y, a:x]\n"
            "    on *\n"
            "    when acs:SourceIp not within $source_ip\n"
            "     and b:SourceIp == $source_ip_2\n"
            "     and by \"Null\" \"c d\" $source_ip_2;\n"
            "}\n");
  EXPECT_EQ(FormatWrit(SourceText("t.writ", text), 100, &findings), text);
}

TEST(PrintJson, KeepsTheOrderOfMembersWhenItFormats) {
  const SourceText source("t", R"({"b":[1,2],"a":{"d":{},"c":"x\u0041"}})");
  Diagnostics findings;
  EXPECT_EQ(PrintJson(*ReadJson(source, &findings), JsonLayout::kPretty),
            "{\n"
            "  \"b\": [1, 2],\n"
            "  \"a\": {\n"
            "    \"d\": {},\n"
            "    \"c\": \"x\\u0041\"\n"
            "  }\n"
            "}");
}

}  // namespace
}  // namespace writ
