// SPDX-License-Identifier: Apache-2.0
// What test files say, and what becomes of names in them.
#include "cases/policy_test.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/unit/cases/suite_folder.h"

namespace writ {
namespace {

// A suite about the photo policy whose only test has these members.
TestSuite WithTest(const SuiteFolder& folder, const std::string& members) {
  folder.Write("photo.writ", kPhotoPolicy);
  folder.Write("a.test.json",
               R"({"version":1,"now":"2026-12-01T00:00:00Z",
"policies":["photo.writ"],
"groups":{"readers":["photo"]},
"principals":{"alice":{"arn":"acs:ram::1:user/alice","groups":["readers"]},
"bob":{"arn":"acs:ram::1:user/bob","attach":[]}},
"tests":[{)" + members +
                   "}]}");
  return folder.Load("a.test.json");
}

SuiteResult RunAll(const TestSuite& suite) {
  return RunSuite(suite, TestFilter(), ForEachInTurn, false);
}

constexpr char kOffice[] =
    R"("name":"t","context":{"acs:SourceIp":["10.1.2.3"],"acs:MFAPresent":true},)";

TEST(ReadTestJson, MatrixIsEveryPrincipalActionAndResource) {
  const SuiteFolder folder;
  const TestSuite suite =
      WithTest(folder, std::string(kOffice) +
                           R"("matrix":{"principals":["alice","bob"],
"actions":["oss:GetObject","oss:PutObject"],
"resources":["acs:oss:c:1:photos/a","acs:oss:c:1:photos/b"]},
"expect":{"oss:GetObject":"allow","oss:PutObject":"implicit-deny"})");
  ASSERT_FALSE(suite.broken()) << FindingsOf(suite);
  const SuiteResult result = RunAll(suite);
  ASSERT_EQ(result.checks.size(), 8U);
  // bob holds nothing, so his two reads are the ones that fail.
  EXPECT_EQ(result.failed, 2U);
  for (const CheckResult& check : result.checks) {
    EXPECT_EQ(check.passed, check.check->principal_name == "alice" ||
                                check.check->request.action == "oss:PutObject");
  }
}

TEST(ReadTestJson, TheClockIsTheFilesUnlessTheTestSaysAnother) {
  const SuiteFolder folder;
  folder.Write("photo.writ",
               "writ 1;\npolicy photo identity {\n  allow oss:* on * when "
               "acs:CurrentTime < 2027-01-01T00:00:00Z;\n}\n");
  const std::string head =
      R"({"version":1,"policies":["photo.writ"],"tests":[{"name":"n",)";
  const std::string tail =
      R"("principal":"acs:ram::1:user/a","action":"oss:Get","resource":"*","expect":"allow"}]})";
  const auto failed = [&](const std::string& now) {
    folder.Write("a.test.json", head + now + tail);
    const TestSuite suite = folder.Load("a.test.json", "2026-12-01T00:00:00Z");
    EXPECT_FALSE(suite.broken()) << FindingsOf(suite);
    return RunAll(suite).failed;
  };
  EXPECT_EQ(failed(""), 0U);
  EXPECT_EQ(failed(R"("now":"2027-06-01T00:00:00Z",)"), 1U);
  EXPECT_EQ(failed(R"("context":{"ACS:CurrentTime":"2027-06-01T00:00:00Z"},)"),
            1U);
}

TEST(ReadTestJson, BecauseMustBeAmongWhatDecided) {
  const SuiteFolder folder;
  const auto failed = [&](const std::string& because) {
    const TestSuite suite =
        WithTest(folder, std::string(kOffice) +
                             R"("principal":"alice","action":"oss:GetObject",
"resource":"acs:oss:c:1:photos/a","expect":{"decision":"allow","because":[)" +
                             because + "]}");
    EXPECT_FALSE(suite.broken()) << FindingsOf(suite);
    return RunAll(suite).failed;
  };
  EXPECT_EQ(failed(R"("photo.read")"), 0U);
  EXPECT_EQ(failed(R"("photo#read")"), 0U);
  EXPECT_EQ(failed(R"("photo.0")"), 0U);
  EXPECT_EQ(failed(R"("photo.guard")"), 1U);
  EXPECT_EQ(failed(R"("photo.0","photo.1")"), 1U);
}

TEST(ReadTestJson, SeveralMistakesAreSeveralFindings) {
  const SuiteFolder folder;
  const TestSuite suite =
      WithTest(folder,
               R"("nam":"t","principal":"alise","context":{"acs:SourceIp":null},
"action":"oss:GetObject","resource":7,
"expect":{"decision":"alow","because":["photo.reed"],"kind":"exlicit"})");
  EXPECT_TRUE(suite.broken());
  EXPECT_EQ(
      FindingsOf(suite),
      "a.test.json:6:10: error[W-TST-001]: the test has no `name`\n"
      "a.test.json:6:11: error[W-TST-001]: a test has no member `nam`\n"
      "a.test.json:6:33: error[W-TST-001]: no principal is called `alise`\n"
      "a.test.json:6:67: error[W-TST-001]: a context value is `null`, not a "
      "string, a number, true, false, or a list of them\n"
      "a.test.json:7:37: error[W-TST-001]: `resource` is a number, not a "
      "string\n"
      "a.test.json:8:22: error[W-TST-001]: `alow` is no decision\n"
      "a.test.json:8:61: error[W-TST-001]: `exlicit` is no kind of deny\n");
  EXPECT_EQ(suite.diagnostics.all().at(1).help, "did you mean `name`?");
  EXPECT_EQ(suite.diagnostics.all().at(1).pointer, "/tests/0/nam");
}

TEST(ReadTestJson, NamesOfPoliciesAndStatementsMustBeThere) {
  const SuiteFolder folder;
  const TestSuite suite =
      WithTest(folder, std::string(kOffice) +
                           R"("principal":"alice","policies":["foto"],
"action":"oss:GetObject","resource":"acs:oss:c:1:photos/a",
"expect":{"decision":"allow","because":["photo.reed"]})");
  EXPECT_TRUE(suite.broken());
  ASSERT_EQ(suite.diagnostics.all().size(), 2U) << FindingsOf(suite);
  EXPECT_EQ(suite.diagnostics.all()[0].help, "did you mean `photo`?");
  EXPECT_EQ(suite.diagnostics.all()[1].help, "did you mean `read`?");
}

TEST(ReadTestJson, BrokenJsonAndHostileTextAreFindings) {
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("null"),
        std::string("{\"version\":2}"), std::string("\xff\xfe"),
        std::string(100000, '['),
        std::string("{\"tests\":[{\"expect\":[]}],\"tests\":1}")}) {
    const SourceText source("x.test.json", text);
    Diagnostics diagnostics;
    ReadTestJson(source, "", &diagnostics);
    EXPECT_TRUE(diagnostics.has_errors()) << text.substr(0, 40);
  }
}

TEST(ReadTestJson, AMatrixIsBounded) {
  std::string list;
  for (int i = 0; i < 400; ++i) {
    list += (i == 0 ? "\"a:b" : ",\"a:b") + std::to_string(i) + "\"";
  }
  const SourceText source(
      "x.test.json",
      R"({"version":1,"policies":["p.writ"],"tests":[{"name":"n","principal":"*",
"matrix":{"actions":[)" +
          list + R"(],"resources":[)" + list + R"(]},"expect":"deny"}]})");
  Diagnostics diagnostics;
  const PolicyTestFile file = ReadTestJson(source, "", &diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 1U);
  EXPECT_EQ(file.tests.at(0).checks.size(), kMaxTestChecks);
}

// A test block as the parser gives it.
WritTest Block() {
  WritTest test;
  test.name.text = "block";
  const auto given = [&](std::string name, std::string value) {
    WritGiven& one = test.givens.emplace_back();
    one.name.text = std::move(name);
    one.values.items.emplace_back().text = std::move(value);
  };
  given("principal", "acs:ram::1:user/alice");
  given("acs:SourceIp", "10.1.2.3");
  given("now", "2026-01-01T00:00:00Z");
  WritExpectation& expectation = test.expectations.emplace_back();
  expectation.allow = false;
  expectation.explicit_deny = true;
  for (const char* action : {"oss:GetObject", "oss:PutObject"}) {
    expectation.actions.items.emplace_back().text = action;
  }
  expectation.resources.items.emplace_back().text = "*";
  expectation.because.push_back({"photo.guard", {}});
  return test;
}

TEST(LowerTests, GivensAndExpectationsBecomeChecks) {
  const WritTest test = Block();
  Diagnostics diagnostics;
  const PolicyTestFile file = LowerTests({&test, 1}, "", &diagnostics);
  EXPECT_TRUE(diagnostics.all().empty());
  ASSERT_EQ(file.tests.size(), 1U);
  ASSERT_EQ(file.tests[0].checks.size(), 2U);
  const PolicyTestCheck& check = file.tests[0].checks[1];
  EXPECT_EQ(check.request.principal, "acs:ram::1:user/alice");
  EXPECT_EQ(check.request.action, "oss:PutObject");
  ASSERT_EQ(check.request.context.size(), 2U);
  EXPECT_EQ(check.request.context[1].key, "acs:CurrentTime");
  EXPECT_EQ(check.explicit_deny, true);
  EXPECT_EQ(check.because.at(0).text.text, "photo.guard");
}

TEST(LowerTests, UnknownGivensAreFindings) {
  WritTest test = Block();
  test.givens[0].name.text = "principle";
  Diagnostics diagnostics;
  LowerTests({&test, 1}, "", &diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 2U);
  EXPECT_EQ(diagnostics.all()[0].help, "did you mean `principal`?");
}

TEST(MeaningOf, AnnotationsPlaceAControlPolicy) {
  ast::Policy policy;
  ast::Annotation& level = policy.annotations.emplace_back();
  level.name.text = "level";
  level.arguments.emplace_back().text = "folder";
  level.arguments.emplace_back().text = "2";
  const CasePolicy meaning = MeaningOf(policy, ast::PolicyKind::kControl);
  EXPECT_EQ(meaning.level, ControlLevel::kFolder);
  EXPECT_EQ(meaning.depth, 2U);
  EXPECT_EQ(MeaningOf(policy, ast::PolicyKind::kIdentity).depth, 0U);
}

TEST(TestFilter, GlobsSelectChecks) {
  const SuiteFolder folder;
  folder.Write("photo.writ", kPhotoPolicy);
  folder.Write("a.test.json", kPhotoTests);
  const TestSuite suite = folder.Load("a.test.json");
  const auto count = [&](const char* text) {
    const auto filter = TestFilter::Parse(text);
    EXPECT_TRUE(filter.ok()) << text;
    return RunSuite(suite, *filter, ForEachInTurn, false).checks.size();
  };
  EXPECT_EQ(count(""), 2U);
  EXPECT_EQ(count("test=raw*"), 1U);
  EXPECT_EQ(count("policy=ph?to;principal=alice"), 2U);
  EXPECT_EQ(count("principal=*bob"), 0U);
  EXPECT_FALSE(TestFilter::Parse("tests=x").ok());
  EXPECT_FALSE(TestFilter::Parse("test").ok());
}

TEST(TestSuite, AnInvalidPolicyIsNotRun) {
  const SuiteFolder folder;
  folder.Write("photo.writ",
               "writ 1;\npolicy photo identity { allow x on *; }");
  folder.Write("a.test.json", kPhotoTests);
  const TestSuite suite = folder.Load("a.test.json");
  EXPECT_TRUE(suite.broken());
  EXPECT_TRUE(suite.files.at(0)->diagnostics.has_errors());
}

}  // namespace
}  // namespace writ
