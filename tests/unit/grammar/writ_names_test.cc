// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/grammar/writ_text_of.h"

namespace writ {
namespace {

using testing::HasSubstr;

std::string Statements(const std::string& definitions,
                       const std::string& items) {
  const std::string json =
      Read(definitions + "\npolicy p identity {\n" + items + "\n}\n").Json();
  const std::string mark = "\"Statement\":";
  const size_t at = json.find(mark);
  if (at == std::string::npos) return json;
  return json.substr(at + mark.size(), json.size() - at - mark.size() - 1);
}

TEST(WritNames, SetsStandForTheirValues) {
  EXPECT_EQ(
      Statements("set Read = { oss:GetObject, \"oss:ListObjects\", }",
                 "allow $Read on *; allow [oss:Put*, $Read] on *;"),
      R"([{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":"*"},{"Effect":"Allow","Action":["oss:Put*","oss:GetObject","oss:ListObjects"],"Resource":"*"}])");
  EXPECT_EQ(
      Statements("set B = { $A, c:d }; set A = { a:b }", "allow $B on *;"),
      R"([{"Effect":"Allow","Action":["a:b","c:d"],"Resource":"*"}])");
  EXPECT_EQ(Statements("set One = {deploy}", "allow a:{One} on *;"),
            R"([{"Effect":"Allow","Action":"a:deploy","Resource":"*"}])");
  EXPECT_EQ(
      Statements("set Office = { 10.0.0.0/8, 192.0.2.7 }",
                 "allow a:b on * when acs:SourceIp within $Office;"),
      R"([{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.7"]}}}])");
}

TEST(WritNames, ConstantsStandInWordsAndStringsAlike) {
  EXPECT_EQ(
      Statements("let account = 100100; let team = \"red\";",
                 "allow fc:* on [acs:fc:*:{account}:functions/{team}-*, "
                 "\"acs:fc:*:{account}:{{x}\"];"),
      R"([{"Effect":"Allow","Action":"fc:*","Resource":["acs:fc:*:100100:functions/red-*","acs:fc:*:100100:{x}"]}])");
}

TEST(WritNames, AWordThatIsOnlyANameKeepsTheType) {
  const auto condition = [](const std::string& lets, const std::string& test) {
    return Statements(lets, "allow a:b on * when " + test + ";");
  };
  EXPECT_THAT(condition("let n = 5;", "k < {n}"),
              HasSubstr(R"({"NumericLessThan":{"k":"5"}})"));
  EXPECT_THAT(condition("let n = json 5;", "k == {n}"),
              HasSubstr(R"({"NumericEquals":{"k":5}})"));
  EXPECT_THAT(condition("let n = \"5\";", "k == {n}"),
              HasSubstr(R"({"StringEquals":{"k":"5"}})"));
  EXPECT_THAT(condition("let n = 5;", "k == \"{n}\""),
              HasSubstr(R"({"StringEquals":{"k":"5"}})"));
  EXPECT_THAT(condition("let n = 10;", "k within {n}.0.0.0/8"),
              HasSubstr(R"({"IpAddress":{"k":"10.0.0.0/8"}})"));
  EXPECT_THAT(condition("let n = red;", "k == {n}"),
              HasSubstr("stands without quotes"));
}

TEST(WritNames, UnknownNamesAreFoundWithTheNearestOne) {
  EXPECT_EQ(Statements("set Deploy = { a:b }", "allow $Deplyo on *;"),
            "3:7 unknown set `Deplyo` | did you mean `Deploy`?\n");
  EXPECT_EQ(Statements("let account = 1;", "allow a:b on acs:x:*:{acount}:y;"),
            "3:22 unknown name `acount` | did you mean `account`?\n");
  EXPECT_EQ(Statements("template own(team) { allow a:b on {taem}; }",
                       "use own(\"red\");"),
            "1:35 unknown name `taem` | did you mean `team`?\n");
  EXPECT_EQ(Statements("template own() { allow a:b on *; }", "use onw();"),
            "3:5 unknown template `onw` | did you mean `own`?\n");
  EXPECT_THAT(Statements("let x = 1;", "allow $x on *;"),
              HasSubstr("`x` is a constant, not a set | write `{x}`"));
  EXPECT_THAT(Statements("set X = { a:b, c:d }", "allow {X} on *;"),
              HasSubstr("`X` is a set of 2, not one value"));
}

TEST(WritNames, CirclesAreReportedOnceWithTheirChain) {
  EXPECT_THAT(Statements("set A = { $B } set B = { $A }", "allow $A on *;"),
              HasSubstr("stands for itself: `A` → `B` → `A`"));
  EXPECT_THAT(Statements("let a = \"{a}\";", "allow {a} on *;"),
              HasSubstr("`a` stands for itself"));
  EXPECT_THAT(Statements("template t() { use u(); } template u() { use t(); }",
                         "use t();"),
              HasSubstr("a template cannot use itself"));
}

TEST(WritNames, TemplatesMakeStatements) {
  EXPECT_EQ(
      Statements("template own(team, actions) {\n"
                 "  deploy => allow $actions on acs:fc:*:*:functions/{team}-*\n"
                 "    when acs:PrincipalTag/team == {team};\n}",
                 "use own(\"red\", [fc:Get*]);\n"
                 "use own(\"blue\", fc:*);"),
      R"([{"Effect":"Allow","Action":["fc:Get*"],"Resource":"acs:fc:*:*:functions/red-*","Condition":{"StringEquals":{"acs:PrincipalTag/team":"red"}}},{"Effect":"Allow","Action":["fc:*"],"Resource":"acs:fc:*:*:functions/blue-*","Condition":{"StringEquals":{"acs:PrincipalTag/team":"blue"}}}])");
  EXPECT_EQ(
      Statements("template one(x) { allow {x} on *; }\n"
                 "template two(x, y) { use one({x}); use one(\"{y}:z\"); }",
                 "use two(a:b, c);"),
      R"([{"Effect":"Allow","Action":"a:b","Resource":"*"},{"Effect":"Allow","Action":"c:z","Resource":"*"}])");
  EXPECT_THAT(
      Statements("template own(a, b) { allow {a} on {b}; }", "use own(x:y);"),
      HasSubstr("3:1 the template `own` takes 2 arguments, not 1"));
}

TEST(WritNames, LabelsOfTemplatesStayUnique) {
  const ReadText read = Read(
      "template t(x) { read => allow a:b on {x}; w_{x} => deny c:d on *; }\n"
      "policy p { use t(a); read_2 => allow a:b on *; use t(b); use t(c); }");
  ASSERT_TRUE(read.file) << read.Findings();
  std::string labels;
  for (const ast::Statement& statement : read.file->policies[0].statements) {
    labels += statement.label->text + " ";
  }
  EXPECT_EQ(labels, "read w_a read_2 read_3 w_b read_4 w_c ");
}

TEST(WritNames, AnUnusedTemplateIsJudgedAndAUsedOneOnlyOnce) {
  EXPECT_THAT(Statements("template t() { allow a:b on * when k == abc; }",
                         "allow a:b on *;"),
              HasSubstr("`abc` stands without quotes"));
  const ReadText twice = Read(
      "template t(x) { allow a:b on * when k == abc; }\n"
      "policy p { use t(1); use t(2); }");
  EXPECT_EQ(twice.findings.all().size(), 1u) << twice.Findings();
}

TEST(WritNames, DefinitionsSayWhetherTheyAreUsed) {
  const ReadText read = Read(
      "set A = { a:b } let b = 1; template t() { allow $A on *; }\n"
      "policy p { allow a:b on *; }");
  ASSERT_TRUE(read.file) << read.Findings();
  ASSERT_EQ(read.file->definitions.size(), 3u);
  EXPECT_TRUE(read.file->definitions[0].used);
  EXPECT_FALSE(read.file->definitions[1].used);
  EXPECT_FALSE(read.file->definitions[2].used);
}

TEST(WritNames, TwoDefinitionsOfOneNamePointAtTheFirst) {
  const ReadText read = Read("set A = { a:b } let A = 1;");
  ASSERT_EQ(read.findings.all().size(), 1u) << read.Findings();
  ASSERT_EQ(read.findings.all()[0].others.size(), 1u);
  EXPECT_EQ(read.findings.all()[0].others[0].text, "first defined here");
}

TEST(WritNames, AnnotationsReachTheTreeOfEverything) {
  const ReadText read = Read(
      "template t() { @a(1) allow a:b on *; }\n"
      "@owner(\"x {y\", z) policy p { @u use t(); @s allow a:b on *; }");
  ASSERT_TRUE(read.file) << read.Findings();
  const ast::Policy& policy = read.file->policies[0];
  ASSERT_EQ(policy.annotations.size(), 1u);
  EXPECT_EQ(policy.annotations[0].arguments[0].text, "x {y");
  ASSERT_EQ(policy.statements[0].annotations.size(), 2u);
  EXPECT_EQ(policy.statements[0].annotations[0].name.text, "u");
  EXPECT_EQ(policy.statements[0].annotations[1].name.text, "a");
  EXPECT_NE(policy.statements[0].use_span, Span{});
  EXPECT_EQ(policy.statements[1].annotations[0].name.text, "s");
}

// Ten levels of ten stand for ten thousand million.
TEST(WritNames, NothingGrowsWithoutBound) {
  std::string sets = "set S0 = { a:b, a:c, a:d }\nlet l0 = \"0123456789\";\n";
  std::string templates = "template t0() { allow a:b on *; }\n";
  for (int i = 1; i <= 12; ++i) {
    const std::string below = std::to_string(i - 1);
    sets += "set S" + std::to_string(i) + " = { ";
    std::string let = "let l" + std::to_string(i) + " = \"";
    templates += "template t" + std::to_string(i) + "() { ";
    for (int k = 0; k < 10; ++k) {
      sets += "$S" + below + ", ";
      let += "{l" + below + "}";
      templates += "use t" + below + "(); ";
    }
    sets += "}\n";
    sets += let + "\";\n";
    templates += "}\n";
  }
  const ReadText big_set = Read(sets + "policy p { allow $S12 on *; }");
  EXPECT_FALSE(big_set.file);
  EXPECT_EQ(big_set.findings.all().size(), 1u) << big_set.Findings();
  const ReadText big_template = Read(templates + "policy p { use t12(); }");
  EXPECT_FALSE(big_template.file);
  EXPECT_EQ(big_template.findings.all().size(), 1u) << big_template.Findings();

  std::string chain = "set C0 = { a:b }\n";
  for (int i = 5000; i > 0; --i) {
    chain += "set C" + std::to_string(i) + " = { $C" + std::to_string(i - 1) +
             " }\n";
  }
  const ReadText deep = Read(chain);
  EXPECT_FALSE(deep.file);
  EXPECT_THAT(deep.Findings(), HasSubstr("more than 64 names"));
}

}  // namespace
}  // namespace writ
