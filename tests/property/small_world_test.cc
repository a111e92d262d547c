// SPDX-License-Identifier: Apache-2.0
//
// A world small enough to try everything: all sets of at most two statements
// over three actions, three resources and two operators, the second statement
// in each place where it can stand, against all requests.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "authz/program/program.h"
#include "base/source.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/parse_json.h"
#include "tests/support/reference_evaluator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr std::string_view kEffects[] = {"Allow", "Deny"};
constexpr std::string_view kActions[] = {"fc:Get", "fc:*", "*"};
constexpr std::string_view kResources[] = {"acs:fc:*:1:functions/a",
                                           "acs:fc:*:*:functions/*", "*"};
constexpr std::string_view kConditions[] = {
    "", R"(,"Condition":{"StringNotLike":{"k:s":"d*"}})",
    R"(,"Condition":{"NumericLessThan":{"k:n":"10"}})"};

constexpr std::string_view kRequestActions[] = {"fc:Get", "FC:put", "oss:Get"};
constexpr std::string_view kRequestResources[] = {
    "acs:fc:r:1:functions/a", "acs:fc:r:2:functions/b", "*"};
// Values of k:s and k:n; an empty string leaves the key out.
constexpr std::string_view kContexts[][2] = {
    {"", ""}, {"dev", "9.5"}, {"ops", "10"}, {"ops", "ten"}, {"", "-1"}};

ast::Policy ParseOne(const std::string& statement) {
  const SourceText source("world",
                          R"({"Version":"1","Statement":[)" + statement + "]}");
  Diagnostics diagnostics;
  auto tree = ParseJsonPolicy(source, &diagnostics);
  EXPECT_TRUE(tree.has_value() && !diagnostics.has_errors()) << statement;
  return tree ? *tree : ast::Policy();
}

std::vector<ast::Policy> AllStatements() {
  std::vector<ast::Policy> all;
  for (std::string_view effect : kEffects) {
    for (std::string_view action : kActions) {
      for (std::string_view resource : kResources) {
        for (std::string_view condition : kConditions) {
          all.push_back(ParseOne(R"({"Effect":")" + std::string(effect) +
                                 R"(","Action":")" + std::string(action) +
                                 R"(","Resource":")" + std::string(resource) +
                                 "\"" + std::string(condition) + "}"));
        }
      }
    }
  }
  return all;
}

// A request and the storage its views need.
struct WorldRequest {
  std::string_view resource;
  std::vector<std::string_view> values;
  std::vector<ContextEntry> context;
  Request request;
};

std::vector<std::unique_ptr<WorldRequest>> AllRequests() {
  std::vector<std::unique_ptr<WorldRequest>> all;
  for (std::string_view action : kRequestActions) {
    for (const std::string_view& resource : kRequestResources) {
      for (const auto& context : kContexts) {
        auto one = std::make_unique<WorldRequest>();
        one->resource = resource;
        if (!context[0].empty()) {
          one->context.push_back({"k:s", std::span(&context[0], 1)});
        }
        if (!context[1].empty()) {
          one->context.push_back({"k:n", std::span(&context[1], 1)});
        }
        one->request.principal.name = "acs:ram::1:role/r/s";
        one->request.action = action;
        one->request.resources = std::span(&resource, 1);
        one->request.context = one->context;
        all.push_back(std::move(one));
      }
    }
  }
  return all;
}

class SmallWorld : public testing::Test {
 protected:
  // Decides all requests under `attached` both ways.
  void Try(const std::vector<reference::Attached>& attached) {
    std::vector<PolicyInput> inputs;
    std::vector<Attachment> attachments;
    for (const reference::Attached& a : attached) {
      const ast::PolicyKind kind =
          a.kind == AttachmentKind::kControl   ? ast::PolicyKind::kControl
          : a.kind == AttachmentKind::kSession ? ast::PolicyKind::kSession
                                               : ast::PolicyKind::kIdentity;
      inputs.push_back({a.policy, kind});
    }
    auto image = CompileProgram(inputs);
    ASSERT_TRUE(image.ok()) << image.status().ToString();
    auto program = Program::Load(std::move(image).value());
    ASSERT_TRUE(program.ok()) << program.status().ToString();
    for (size_t i = 0; i < attached.size(); ++i) {
      attachments.push_back(
          {.program = program->get(),
           .unit = static_cast<uint32_t>(i),
           .kind = attached[i].kind,
           .resource_group_scope = attached[i].resource_group_scope});
    }
    for (const auto& one : requests_) {
      CaseOutcome outcome;
      outcome.statements.resize(4);
      ASSERT_TRUE(Decide(one->request, attachments, &outcome.decision,
                         outcome.statements)
                      .ok());
      outcome.statements.resize(outcome.decision.statement_count);
      const std::string reference =
          AnswerText(reference::Evaluate(one->request, attached));
      ASSERT_EQ(AnswerText(outcome), reference)
          << one->request.action << " on " << one->resource;
      ++decisions_;
    }
  }

  const std::vector<ast::Policy> statements_ = AllStatements();
  const std::vector<std::unique_ptr<WorldRequest>> requests_ = AllRequests();
  size_t decisions_ = 0;
};

TEST_F(SmallWorld, NoAndOneStatement) {
  ASSERT_NO_FATAL_FAILURE(Try({}));
  for (const ast::Policy& one : statements_) {
    ASSERT_NO_FATAL_FAILURE(Try({{.policy = &one}}));
  }
  EXPECT_EQ(decisions_, 45u * 55u);
}

TEST_F(SmallWorld, TwoStatementsOfOnePolicy) {
  for (const ast::Policy& one : statements_) {
    for (const ast::Policy& two : statements_) {
      ast::Policy both = one;
      both.statements.push_back(two.statements[0]);
      ASSERT_NO_FATAL_FAILURE(Try({{.policy = &both}}));
    }
  }
}

TEST_F(SmallWorld, TwoStatementsInTwoLayers) {
  for (const ast::Policy& one : statements_) {
    for (const ast::Policy& two : statements_) {
      ASSERT_NO_FATAL_FAILURE(Try(
          {{.policy = &one}, {.policy = &two, .resource_group_scope = true}}));
      ASSERT_NO_FATAL_FAILURE(
          Try({{.policy = &one},
               {.policy = &two, .kind = AttachmentKind::kSession}}));
      ASSERT_NO_FATAL_FAILURE(
          Try({{.policy = &one},
               {.policy = &two, .kind = AttachmentKind::kControl}}));
    }
  }
}

}  // namespace
}  // namespace writ
