// SPDX-License-Identifier: Apache-2.0
#include "lint/edit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace writ {
namespace {

PolicyFile Read(const std::string& path, const std::string& text) {
  PolicyFile file = ParsePolicyText(path, text);
  CheckFile(std::nullopt, &file);
  EXPECT_TRUE(file.parsed) << text;
  return file;
}

std::string Applied(const PolicyFile& file,
                    const std::vector<TextEdit>& edits) {
  return ApplyEdits(file.source.text(), edits).value_or("(bad edits)");
}

// The text without items of the first statement's action list.
std::string WithoutActions(const std::string& path, const std::string& text,
                           const std::vector<size_t>& items) {
  const PolicyFile file = Read(path, text);
  const auto edits = RemoveItems(
      file, file.content.policies[0].statements[0].action->values, items);
  return edits ? Applied(file, *edits) : "(nothing)";
}

std::string Json(const std::string& actions) {
  return "{\"Version\": \"1\", \"Statement\": [{\"Effect\": \"Allow\", "
         "\"Action\": " +
         actions + ", \"Resource\": \"*\"}]}";
}

std::string Writ(const std::string& actions) {
  return "writ 1;\n\npolicy p identity {\n  allow " + actions + " on *;\n}\n";
}

TEST(EditTest, ItemsLeaveAListOnOneLine) {
  const std::string list = R"(["a:b", "c:d", "e:f"])";
  EXPECT_EQ(WithoutActions("p.json", Json(list), {0}),
            Json(R"(["c:d", "e:f"])"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {1}),
            Json(R"(["a:b", "e:f"])"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {2}),
            Json(R"(["a:b", "c:d"])"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {1, 2}), Json(R"(["a:b"])"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {0, 2}), Json(R"(["c:d"])"));
}

TEST(EditTest, ItemsTakeTheirLinesAlong) {
  const std::string list = "[\n    \"a:b\",\n    \"c:d\",\n    \"e:f\"\n  ]";
  EXPECT_EQ(WithoutActions("p.json", Json(list), {1}),
            Json("[\n    \"a:b\",\n    \"e:f\"\n  ]"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {2}),
            Json("[\n    \"a:b\",\n    \"c:d\"\n  ]"));
  EXPECT_EQ(WithoutActions("p.json", Json(list), {0, 1}),
            Json("[\n    \"e:f\"\n  ]"));
}

TEST(EditTest, WhatStaysKeepsItsComments) {
  EXPECT_EQ(WithoutActions("p.writ",
                           Writ("[\n    // reading\n    a:b,  // one\n    c:d, "
                                " // two\n    e:f,\n  ]"),
                           {1}),
            Writ("[\n    // reading\n    a:b,  // one\n    e:f,\n  ]"));
}

TEST(EditTest, ATrailingCommaStaysOne) {
  EXPECT_EQ(WithoutActions("p.writ", Writ("[\n    a:b,\n    c:d,\n  ]"), {1}),
            Writ("[\n    a:b,\n  ]"));
  EXPECT_EQ(WithoutActions("p.writ", Writ("[a:b, c:d]"), {1}), Writ("[a:b]"));
}

TEST(EditTest, AListIsNeverEmptied) {
  EXPECT_EQ(WithoutActions("p.json", Json(R"(["a:b"])"), {0}), "(nothing)");
  EXPECT_EQ(WithoutActions("p.json", Json(R"("a:b")"), {0}), "(nothing)");
  EXPECT_EQ(WithoutActions("p.writ", Writ("[a:b, c:d]"), {0, 1}), "(nothing)");
}

TEST(EditTest, PatternsKeepTheirForm) {
  PolicyFile file = Read("p.writ", Writ("[a:b, \"c:d\"]"));
  const auto& items = file.content.policies[0].statements[0].action->values;
  EXPECT_EQ(ReplacePattern(file, items.items[0], "a:B")->text, "a:B");
  EXPECT_EQ(ReplacePattern(file, items.items[0], "a: b")->text, "\"a: b\"");
  EXPECT_EQ(ReplacePattern(file, items.items[1], "c:D")->text, "\"c:D\"");
  EXPECT_EQ(ReplacePattern(file, items.items[1], "c:{")->text, "\"c:{{\"");
  file = Read("p.json", Json(R"("a:\u0062")"));
  EXPECT_EQ(
      ReplacePattern(
          file, file.content.policies[0].statements[0].action->values.items[0],
          "a:\"")
          ->text,
      R"("a:\"")");
}

TEST(EditTest, BareLiteralsKeepTheirType) {
  const PolicyFile file = Read(
      "p.writ",
      "policy p identity { allow a:b on * when acs:SourceIp within 10.0.0.1/8 "
      "and x:n < 5 and x:s == \"5\"; }");
  const ast::Condition& condition =
      *file.content.policies[0].statements[0].condition;
  const auto value = [&](size_t i) {
    return condition.operators[i].tests[0].values.items[0];
  };
  EXPECT_EQ(ReplaceLiteral(file, value(0), "10.0.0.0/8")->text, "10.0.0.0/8");
  EXPECT_FALSE(ReplaceLiteral(file, value(0), "5"));
  EXPECT_FALSE(ReplaceLiteral(file, value(1), "five"));
  EXPECT_EQ(ReplaceLiteral(file, value(1), "6")->text, "6");
  EXPECT_EQ(ReplaceLiteral(file, value(2), "6")->text, "\"6\"");
}

TEST(EditTest, AStatementLeavesWithItsLabelAndLine) {
  const std::string text =
      "policy p identity {\n  // reads\n  read => allow a:b on *;\n\n"
      "  write => allow c:d on *;  // writes\n"
      "  last => deny e:f on *;\n}\n";
  const PolicyFile file = Read("p.writ", text);
  EXPECT_EQ(
      Applied(file, {*RemoveStatement(file, file.content.policies[0], 1)}),
      "policy p identity {\n  // reads\n  read => allow a:b on *;\n\n"
      "  last => deny e:f on *;\n}\n");
}

TEST(EditTest, AStatementLeavesJsonWithOneComma) {
  const std::string one =
      R"({"Effect": "Allow", "Action": "a:b", "Resource": "*"})";
  const auto wrap = [](const std::string& statements) {
    return "{\n  \"Version\": \"1\",\n  \"Statement\": [" + statements +
           "]\n}\n";
  };
  const std::string text = wrap("\n    " + one + ",\n    " + one + "\n  ");
  const PolicyFile file = Read("p.json", text);
  const ast::Policy& policy = file.content.policies[0];
  const std::string left = wrap("\n    " + one + "\n  ");
  EXPECT_EQ(Applied(file, {*RemoveStatement(file, policy, 0)}), left);
  EXPECT_EQ(Applied(file, {*RemoveStatement(file, policy, 1)}), left);
  const PolicyFile single = Read("p.json", left);
  EXPECT_FALSE(RemoveStatement(single, single.content.policies[0], 0));
}

TEST(EditTest, BadEditsAreRefused) {
  EXPECT_EQ(
      ApplyEdits("abc", std::vector<TextEdit>{{{1, 2}, "X"}, {{0, 0}, "-"}}),
      "-aXc");
  EXPECT_FALSE(
      ApplyEdits("abc", std::vector<TextEdit>{{{0, 2}, ""}, {{1, 3}, ""}}));
  EXPECT_FALSE(ApplyEdits("abc", std::vector<TextEdit>{{{2, 4}, ""}}));
  EXPECT_FALSE(ApplyEdits("abc", std::vector<TextEdit>{{{2, 1}, ""}}));
}

}  // namespace
}  // namespace writ
