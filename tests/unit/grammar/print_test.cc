// SPDX-License-Identifier: Apache-2.0
#include "grammar/print.h"

#include <string>

#include "grammar/json_tree.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

std::string Format(const std::string& text) {
  const SourceText source("t.writ", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(source, &findings);
  if (!file) return "does not parse: " + findings.all()[0].message;
  if (!CommentsCanStay(*file, &findings)) return "a comment would be lost";
  return PrintWrit(*file);
}

TEST(PrintWrit, KeepsCommentsAnnotationsAndParagraphs) {
  const std::string text =
      "// Who wrote it.\n"
      "writ 1; // first\n"
      "\n"
      "// About the policy.\n"
      "@owner(\"team\")\n"
      "policy p identity { // opens\n"
      "  // About the statement.\n"
      "  read =>\n"
      "  allow fc:* on *; // one line\n"
      "\n"
      "  // Another.\n"
      "  @reviewed\n"
      "  deny ram:* on *;\n"
      "  // The end.\n"
      "}\n"
      "// After all.\n";
  EXPECT_EQ(Format(text), text);
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

TEST(PrintWrit, RefusesRatherThanLosesAComment) {
  EXPECT_EQ(Format("policy p { allow fc:* // why\n on *; }"),
            "a comment would be lost");
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
