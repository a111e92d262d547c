// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/grammar/writ_text_of.h"

namespace writ {
namespace {

using testing::HasSubstr;

constexpr const char* kLibrary =
    "set Deploy = { fc:CreateFunction }\nlet account = 100;\n"
    "template own(team) { allow $Deploy on acs:fc:*:{account}:{team}; }\n"
    "policy library identity { allow fc:* on *; }\n";

TEST(WritImports, NamesComeWithAPrefixOrWithout) {
  const ReadText named = Read(
      "import \"lib/fc.writ\" as fc;\n"
      "policy p { allow $fc.Deploy on acs:x:*:{fc.account}:y; "
      "use fc.own(red); }",
      {{"lib/fc.writ", kLibrary}});
  ASSERT_TRUE(named.file) << named.Findings(true);
  EXPECT_EQ(
      named.Json(),
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":["fc:CreateFunction"],"Resource":"acs:x:*:100:y"},{"Effect":"Allow","Action":["fc:CreateFunction"],"Resource":"acs:fc:*:100:red"}]})");
  EXPECT_EQ(named.file->own_policies, 1u);
  ASSERT_EQ(named.file->policies.size(), 2u);
  EXPECT_EQ(named.file->policies[1].name, "fc.library");
  EXPECT_EQ(named.file->imports, std::vector<std::string>{"lib/fc.writ"});
  EXPECT_FALSE(named.source.Owns(named.file->policies[1].span));
  EXPECT_EQ(
      named.source.Find(named.file->policies[1].span.begin).source->name(),
      "lib/fc.writ");

  const ReadText plain =
      Read("import \"lib/fc.writ\";\npolicy p { use own(red); }",
           {{"lib/fc.writ", kLibrary}});
  ASSERT_TRUE(plain.file) << plain.Findings(true);
  EXPECT_EQ(plain.file->policies[1].name, "library");
}

TEST(WritImports, PathsAreRelativeToTheFileThatImports) {
  const Files files = {
      {"policies/lib/a.writ", "import \"b.writ\" as b; let x = {b.y};"},
      {"policies/lib/b.writ", "import \"../c.writ\"; let y = {z};"},
      {"policies/c.writ", "let z = 7;"}};
  const ReadText read =
      Read("import \"./lib//a.writ\" as a; policy p { allow a:b on {a.x}; }",
           files, "policies/main.writ");
  ASSERT_TRUE(read.file) << read.Findings(true);
  EXPECT_THAT(read.Json(), HasSubstr(R"("Resource":"7")"));
  EXPECT_EQ(read.file->imports.size(), 3u);
}

TEST(WritImports, NothingOutsideTheFolderOfTheFirstFileIsRead) {
  const Files files = {{"x.writ", "let a = 1;"},
                       {"../x.writ", "let a = 1;"},
                       {"/etc/passwd", "let a = 1;"}};
  for (const char* path : {"../x.writ", "lib/../../x.writ", "/etc/passwd", "",
                           "./../policies/../../x.writ"}) {
    const ReadText read = Read("import \"" + std::string(path) + "\";", files,
                               "policies/main.writ");
    EXPECT_FALSE(read.file) << path;
    EXPECT_EQ(read.findings.all().size(), 1u) << path << read.Findings();
  }
}

TEST(WritImports, CirclesAreReportedWithTheirChain) {
  EXPECT_THAT(Read("import \"t.writ\";").Findings(),
              HasSubstr("a file cannot import itself"));
  const ReadText read = Read(
      "import \"a.writ\";",
      {{"a.writ", "import \"b.writ\";"}, {"b.writ", "import \"t.writ\";"}});
  EXPECT_EQ(read.Findings(),
            "1:8 the imported file `a.writ` has errors\n"
            "a.writ:1:8 the imported file `b.writ` has errors\n"
            "b.writ:1:8 cannot import `t.writ`: the files import one another: "
            "`t.writ` → `a.writ` → `b.writ` → `t.writ`\n");
}

TEST(WritImports, WhatCannotBeReadIsOneFindingAtTheImport) {
  EXPECT_EQ(
      Read("import \"gone.writ\"; policy p { allow $X on {y}; }").Findings(),
      "1:8 cannot import `gone.writ`: there is no such file\n");
  EXPECT_THAT(Read("import \"lib\" as l; policy p { use l.t(1); }",
                   {{"lib", "<folder>"}})
                  .Findings(),
              HasSubstr("1:8 cannot import `lib`: `lib` is a directory\n"));
}

TEST(WritImports, AnErrorInAnImportIsShownThereAndAtTheImport) {
  const ReadText read =
      Read("import \"a.writ\" as a;\npolicy p { allow $a.X on *; use a.t(1); }",
           {{"a.writ", "set X = { a:b }\npolcy q { allow a:b on *; }"}});
  EXPECT_EQ(read.Findings(),
            "1:8 the imported file `a.writ` has errors\n"
            "a.writ:2:1 expected `policy`, found `polcy`\n");
}

TEST(WritImports, ADiamondIsReadOnce) {
  size_t reads = 0;
  SourceText source("t.writ",
                    "import \"a.writ\" as a; import \"b.writ\" as b;");
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(
      &source,
      [&reads](const std::string& path) -> Result<std::string> {
        ++reads;
        if (path == "c.writ") return std::string("let x = 1;");
        return std::string("import \"c.writ\" as c; let y = {c.x};");
      },
      &findings);
  EXPECT_TRUE(file);
  EXPECT_EQ(reads, 3u);
}

TEST(WritImports, NamesThatClashAreFound) {
  EXPECT_THAT(Read("import \"a.writ\"; let x = 1;", {{"a.writ", "let x = 2;"}})
                  .Findings(),
              HasSubstr("two definitions are called `x`"));
  EXPECT_THAT(Read("import \"a.writ\"; policy p { allow a:b on *; }",
                   {{"a.writ", "policy p { allow a:b on *; }"}})
                  .Findings(),
              HasSubstr("1:8 two policies are called `p`"));
  EXPECT_THAT(Read("import \"a.writ\" as a; import \"a.writ\" as b;",
                   {{"a.writ", "let x = 2;"}})
                  .Findings(),
              HasSubstr("imported twice"));
}

TEST(WritImports, AChainOfFilesEnds) {
  SourceText source("t.writ", "import \"1.writ\";");
  Diagnostics findings;
  size_t reads = 0;
  const std::optional<WritFile> file = ParseWrit(
      &source,
      [&reads](const std::string&) -> Result<std::string> {
        ++reads;
        return "import \"" + std::to_string(reads + 1) + ".writ\";";
      },
      &findings);
  EXPECT_FALSE(file);
  EXPECT_LE(reads, kMaxImports + 1);
}

}  // namespace
}  // namespace writ
