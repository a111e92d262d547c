// SPDX-License-Identifier: Apache-2.0
// An end of the index with many cells: what is found there by the row of the
// action is what looking at each cell finds.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "compiler/compile.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

// More than are looked at one by one, and more than a search among them costs.
constexpr int kActions = 40;

std::string ActionNamed(int i) { return "fc:Call" + std::to_string(i); }

std::string Statement(std::string_view effect, int action,
                      std::string_view rest = "") {
  return R"({"Effect":")" + std::string(effect) + R"(","Action":")" +
         ActionNamed(action) + R"(","Resource":")" + std::string(kWeb) + "\"" +
         std::string(rest) + "}";
}

// Allow statement i is for action i: as many action sets at one end.
std::string Allows() {
  std::string text;
  for (int i = 0; i < kActions; ++i) {
    text += (i == 0 ? "" : ",") + Statement("Allow", i);
  }
  return text;
}

std::string Decided(std::string_view statements, PassSet passes, int action) {
  const auto tree = ParseStatements(statements);
  const PolicyInput inputs[] = {{tree.get(), ast::PolicyKind::kIdentity}};
  auto image = CompileProgram(inputs, {.passes = passes});
  if (!image.ok()) return image.status().ToString();
  const auto program = Program::Load(std::move(image).value());
  if (!program.ok()) return program.status().ToString();
  // Otherwise there is no row to look at.
  EXPECT_FALSE((*program)->view().action_rows.bytes().empty());
  const Attachment attachments[] = {{.program = program->get()}};
  Ask ask;
  const std::string name = ActionNamed(action);
  ask.action = name;
  const AskedRequest asked(ask);
  Decision decision;
  const Status status = Decide(asked.request(), attachments, &decision);
  return status.ok() ? Show(decision) : status.ToString();
}

constexpr PassSet kMixed = PassSet::All().Without(Pass::kDenyFirst);

TEST(IndexedUnit, CellsOfBothEffectsOfOneActionAreFoundAmongMany) {
  const std::string statements =
      Allows() + "," + Statement("Deny", 7) + "," +
      Statement("Deny", 9,
                R"(,"Condition":{"StringEquals":{"acs:Service":"x"}})");
  for (const PassSet passes : {kMixed, PassSet::All()}) {
    EXPECT_EQ(Decided(statements, passes, 7),
              "EXPLICIT_DENY identity denied 0.40");
    // This Deny does not apply, and its cell must not hide the other.
    EXPECT_EQ(Decided(statements, passes, 9), "ALLOW identity allowed 0.9");
    for (const int action : {0, 8, kActions - 1}) {
      EXPECT_EQ(Decided(statements, passes, action),
                "ALLOW identity allowed 0." + std::to_string(action));
    }
    EXPECT_EQ(Decided(statements, passes, kActions),
              "IMPLICIT_DENY default no-match");
  }
}

}  // namespace
}  // namespace writ::testing
