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
