// SPDX-License-Identifier: Apache-2.0
#include "runtime/instance_start.h"

#include <unistd.h>

#include <algorithm>

#include "gtest/gtest.h"
#include "runtime/instance.h"

namespace writ {
namespace {

InstanceConfiguration Function(const std::string& runtime) {
  InstanceConfiguration configuration;
  configuration.route.runtime = runtime;
  configuration.route.name = "f";
  configuration.port = 8080;
  configuration.handler = "index.handler";
  return configuration;
}

bool Has(const StartSpec& spec, const std::string& variable) {
  return std::find(spec.environment.begin(), spec.environment.end(),
                   variable) != spec.environment.end();
}

TEST(MakeStartSpec, FollowsTheRuntime) {
  const StartSpec python = MakeStartSpec(Function("python3.10"), "c-1");
  EXPECT_EQ(python.arguments[0], "/usr/bin/python3");
  EXPECT_EQ(python.port, 9000u);
  const StartSpec custom = MakeStartSpec(Function("custom"), "c-1");
  EXPECT_EQ(custom.arguments, std::vector<std::string>{"/code/bootstrap"});
  EXPECT_EQ(custom.port, 8080u);
  EXPECT_TRUE(Has(custom, "FC_CUSTOM_LISTEN_PORT=8080"));
  InstanceConfiguration commanded = Function("custom.debian12");
  commanded.command = {"python3", "app.py"};
  EXPECT_EQ(MakeStartSpec(commanded, "c-1").arguments, commanded.command);
}

TEST(MakeStartSpec, OurVariablesWinAndAFunctionMayChooseItsPath) {
  InstanceConfiguration configuration = Function("custom");
  configuration.environment.emplace("FC_INSTANCE_ID",
                                    SecretBytes::CopyOf("forged"));
  configuration.environment.emplace("PATH", SecretBytes::CopyOf("/opt/bin"));
  const StartSpec spec = MakeStartSpec(configuration, "c-1");
  EXPECT_TRUE(Has(spec, "FC_INSTANCE_ID=c-1"));
  EXPECT_FALSE(Has(spec, "FC_INSTANCE_ID=forged"));
  EXPECT_TRUE(Has(spec, "PATH=/opt/bin"));
}

TEST(MakeSealedMemory, CannotBeChanged) {
  const Result<UniqueFd> memory = MakeSealedMemory("text");
  ASSERT_TRUE(memory.ok());
  EXPECT_LT(pwrite(memory->get(), "x", 1, 0), 0);
  EXPECT_NE(ftruncate(memory->get(), 0), 0);
}

TEST(States, OnlyTheTablesMovesAreAllowed) {
  EXPECT_TRUE(MayMove(InstanceState::kReady, InstanceState::kBusy));
  EXPECT_TRUE(MayMove(InstanceState::kBusy, InstanceState::kReady));
  EXPECT_FALSE(MayMove(InstanceState::kParked, InstanceState::kReady));
  // What has ended never comes back, and nobody joins a draining instance.
  for (int to = 0; to <= static_cast<int>(InstanceState::kFailed); ++to) {
    const auto state = static_cast<InstanceState>(to);
    EXPECT_FALSE(MayMove(InstanceState::kDead, state));
    EXPECT_FALSE(MayMove(InstanceState::kFailed, state));
    EXPECT_FALSE(InstanceStateName(state).empty());
  }
  EXPECT_FALSE(MayMove(InstanceState::kDraining, InstanceState::kBusy));
}

}  // namespace
}  // namespace writ
