// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/disasm.h"
#include "authz/program/program.h"
#include "base/limits.h"
#include "grammar/diagnostic.h"
#include "grammar/operators.h"
#include "grammar/parse_json.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

ast::Policy Parse(std::string_view statements) {
  const SourceText source("test", R"({"Version":"1","Statement":[)" +
                                      std::string(statements) + "]}");
  Diagnostics diagnostics;
  std::optional<ast::Policy> tree = ParseJsonPolicy(source, &diagnostics);
  EXPECT_TRUE(tree.has_value()) << statements;
  return tree ? *std::move(tree) : ast::Policy();
}

Result<std::string> Compile(std::string_view statements,
                            ast::PolicyKind kind = ast::PolicyKind::kIdentity) {
  const ast::Policy tree = Parse(statements);
  const PolicyInput inputs[] = {{&tree, kind}};
  return CompileProgram(inputs);
}

std::string List(const std::string& image) {
  auto program = Program::Load(image);
  EXPECT_TRUE(program.ok()) << program.status().message();
  return program.ok() ? Disassemble(**program) : "";
}

TEST(Compile, SameInputSameBytes) {
  constexpr std::string_view kText =
      R"({"Effect":"Allow","Action":["a:x","b:y"],"Resource":"*",)"
      R"("Condition":{"StringEquals":{"d:k":["2","1"]}}})";
  const auto first = Compile(kText);
  const auto second = Compile(kText);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST(Compile, OrderWithoutMeaningLeavesNoTrace) {
  const auto first =
      Compile(R"({"Effect":"Allow","Action":["a:x","b:y"],"Resource":"*",)"
              R"("Condition":{"NumericEquals":{"D:K":["2","1","2.0"]}}})");
  const auto second = Compile(
      R"({"Effect":"Allow","Action":["b:y","A:X","a:x"],"Resource":["*"],)"
      R"("Condition":{"NumericEquals":{"d:k":["1","2e0"]}}})");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST(Compile, EqualConditionsAreHeldOnce) {
  const std::string one = R"({"Effect":"Allow","Action":"a:x","Resource":"*",)"
                          R"("Condition":{"StringEquals":{"d:k":"v"}}})";
  auto program = Program::Load(
      *Compile(one + "," + one + "," +
               R"({"Effect":"Deny","Action":"a:y","Resource":"*",)"
               R"("Condition":{"StringNotEquals":{"D:K":"v"}}})"));
  ASSERT_TRUE(program.ok());
  const ProgramView& view = (*program)->view();
  EXPECT_EQ(view.atoms.size(), 1u);
  EXPECT_EQ(view.resource_lists.size(), 1u);
  EXPECT_EQ(view.statements[0].code, view.statements[1].code);
  EXPECT_NE(view.statements[0].code, view.statements[2].code);
}

TEST(Compile, EveryOperatorHasItsInstruction) {
  for (const OperatorInfo& info : kOperators) {
    const std::string_view value =
        info.family == OperandFamily::kDate   ? "2026-01-01T00:00:00Z"
        : info.family == OperandFamily::kBool ? "true"
        : info.family == OperandFamily::kIp   ? "10.0.0.0/8"
                                              : "1";
    const auto image = Compile(
        R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{")" +
        std::string(info.json) + R"(":{"d:k":")" + std::string(value) +
        R"("}}})");
    ASSERT_TRUE(image.ok()) << info.json << image.status().message();
    const std::string listing = List(*image);
    EXPECT_EQ(listing.find("  not\n") != std::string::npos, info.negated)
        << listing;
  }
}

TEST(Compile, ListingShowsTheWholeProgram) {
  const auto image = Compile(
      R"({"Sid":"read","Effect":"Deny","NotAction":"FC:Get*",)"
      R"("Resource":"acs:fc:*:*:functions/*","Condition":{)"
      R"("StringLike":{"acs:ResourceTag/Team":"a*"},)"
      R"("NotIpAddress":{"acs:SourceIp":["10.0.0.0/8","2001:db8::/32"]},)"
      R"("NumericLessThan":{"d:n":"-12.50"}}})");
  ASSERT_TRUE(image.ok());
  // Cheap tests come first.
  const std::string listing = List(*image);
  EXPECT_EQ(listing.substr(0, listing.find("unit 0")),
            "policy 0 identity  max steps 12\n"
            "  statement 0 deny \"read\"\n"
            "    not action \"fc:get*\"\n"
            "    resource \"acs:fc:*:*:functions/*\"\n"
            "    0000  num.lt      a2  \"d:n\" [-12.5]\n"
            "    0005  jump.false  0028\n"
            "    0010  ip.in       a1  \"acs:sourceip\" [10.0.0.0/8, "
            "2001:db8:0:0:0:0:0:0/32]\n"
            "    0015  not\n"
            "    0016  and\n"
            "    0017  jump.false  0028\n"
            "    0022  str.like    a0  \"acs:resourcetag/Team\" [\"a*\"]\n"
            "    0027  and\n"
            "    0028  halt\n");
}

TEST(Compile, ListingShowsTheIndex) {
  const auto image =
      Compile(R"({"Effect":"Deny","Action":"fc:Get*",)"
              R"("Resource":"acs:fc:*:*:functions/*","Condition":{)"
              R"("NumericLessThan":{"d:n":"-12.50"}}},)"
              R"({"Effect":"Allow","NotAction":"fc:Get*","Resource":"*"})");
  ASSERT_TRUE(image.ok());
  const std::string listing = List(*image);
  // What steps and ruling tags there are is tested elsewhere.
  for (const std::string_view part :
       {"\nunit 0  policies 0  max steps ",
        "\n  anywhere\n      end any\n        allow s1 0.1\n",
        "\n  resources\n    0000  \"fc:\" segment>0020\n",
        "\n    0020  \":\" segment>0040\n",
        "\n    0040  \":functions/\"\n"
        "      end any \"acs:fc:*:*:functions/*\"\n"
        "        deny s0 0.0?c0\n",
        "\ncondition c0 at 0000, 2 steps\n", "\nactions s0 \"fc:get*\"\n",
        "\nactions s1 not \"fc:get*\"\n", "\naction automaton  ",
        "\naxis x0  \"d:n\" [-12.5]\n", "\nranks a0 of x0 0..0\n"}) {
    EXPECT_NE(listing.find(part), std::string::npos) << part << "\nin\n"
                                                     << listing;
  }
}

TEST(Compile, RefusesTreesThatACheckWouldRefuse) {
  for (
      const std::string_view statement :
      {R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{)"
       R"("NumericEquals":{"d:k":"x"}}})",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{)"
       R"("IpAddress":{"d:k":"10.0.0.0/33"}}})",
       R"({"Effect":"Allow","Action":"nocolon","Resource":"*"})",
       R"({"Effect":"Allow","Action":"*","Resource":"acs:*"})",
       R"({"Effect":"Allow","Action":"*"})",
       R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":["*"]})"}) {
    EXPECT_EQ(Compile(statement).status().code(), StatusCode::kInvalidArgument)
        << statement;
  }
  EXPECT_EQ(Compile(R"({"Effect":"Allow","Action":"oss:*","Resource":"*"})",
                    ast::PolicyKind::kResource)
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

TEST(Compile, RefusesAPolicyThatMightTakeTooManySteps) {
  ast::Policy tree = Parse(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  ast::Statement& statement = tree.statements[0];
  statement.action->values.items.clear();
  for (int i = 0; i < 200; ++i) {
    statement.action->values.items.push_back(
        {ast::Value::Kind::kString, "a:" + std::to_string(i), {}});
  }
  const ast::Statement copy = statement;
  // 204 steps a statement.
  tree.statements.resize(kMaxDecideSteps / 204, copy);
  const PolicyInput inputs[] = {{&tree, ast::PolicyKind::kIdentity}};
  ASSERT_TRUE(CompileProgram(inputs).ok());
  tree.statements.push_back(copy);
  EXPECT_EQ(CompileProgram(inputs).status().code(),
            StatusCode::kResourceExhausted);
}

TEST(Compile, PoliciesKeepTheirPlaces) {
  const ast::Policy a =
      Parse(R"({"Effect":"Allow","Action":"a:*","Resource":"*"})");
  const ast::Policy b =
      Parse(R"({"Effect":"Deny","Action":"b:*","Resource":"*"},)"
            R"({"Effect":"Allow","Action":"b:*","Resource":"*"})");
  const PolicyInput inputs[] = {{&a, ast::PolicyKind::kIdentity},
                                {&b, ast::PolicyKind::kControl}};
  const auto image = CompileProgram(inputs);
  ASSERT_TRUE(image.ok());
  auto program = Program::Load(*image);
  ASSERT_TRUE(program.ok());
  const ProgramView& view = (*program)->view();
  ASSERT_EQ(view.policies.size(), 2u);
  EXPECT_EQ(view.policies[0].statements, (writ::Run{0, 1}));
  EXPECT_EQ(view.policies[1].statements, (writ::Run{1, 2}));
  EXPECT_EQ(view.policies[1].kind,
            static_cast<uint32_t>(ProgramPolicyKind::kControl));
}

}  // namespace
}  // namespace writ
