// SPDX-License-Identifier: Apache-2.0
//
// Instances of a native function in the real jail. Needs root.
#include <chrono>
#include <memory>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "runtime/instance.h"
#include "runtime/jail/cgroup.h"
#include "tests/unit/runtime/jail_process.h"

namespace writ::testing {
namespace {

class JailInstanceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const UniqueFd package = MakeProbePackage();
    const Result<uint32_t> slot = jail_->UnpackCode(package.get());
    ASSERT_TRUE(slot.ok()) << slot.status().message();
    code_slot_ = slot.value();
  }

  std::unique_ptr<Instance> Start(
      InstanceConfiguration function = CustomFunction()) {
    return Instance::Start("c-test", std::move(function), code_slot_,
                           jail_.get(), &clock_, &error_);
  }
  static InvocationResult Invoke(Instance* instance, std::string_view event) {
    EXPECT_TRUE(instance->TakePlace());
    return instance->Invoke(
        {.request_id = "1-abc", .qualifier = "", .body = event});
  }
  // The next invocation works on a new instance.
  void ExpectRecovery() {
    const auto next = Start();
    ASSERT_NE(next, nullptr) << error_.message;
    EXPECT_EQ(Invoke(next.get(), "again").body, "again");
  }

  HostState before_ = ReadHostState();
  JailProcess process_;
  std::unique_ptr<JailClient> jail_ =
      std::make_unique<JailClient>(process_.TakeSocket());
  SystemClock clock_;
  uint32_t code_slot_ = 0;
  PlatformError error_;
};

TEST_F(JailInstanceTest, EchoesSeveralEventsOverOneInstance) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr) << error_.code << ": " << error_.message;
  EXPECT_EQ(instance->state(), InstanceState::kReady);
  for (int i = 0; i < 50; ++i) {
    const std::string event = "event " + std::to_string(i);
    const InvocationResult result = Invoke(instance.get(), event);
    EXPECT_FALSE(result.error);
    EXPECT_EQ(result.body, event);
    EXPECT_EQ(result.function_error, "");
  }
}

TEST_F(JailInstanceTest, CarriesThirtyMegabytesBothWays) {
  InstanceConfiguration function = CustomFunction();
  function.route.memory_mb = 512;
  function.route.timeout_seconds = 20;
  const auto instance = Start(std::move(function));
  ASSERT_NE(instance, nullptr) << error_.message;
  const std::string event(30 << 20, 'e');
  const InvocationResult result = Invoke(instance.get(), event);
  EXPECT_FALSE(result.error);
  EXPECT_TRUE(result.body == event);
}

TEST_F(JailInstanceTest, GivesTheDocumentedHeadersAndNoKey) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr);
  const std::string head = Invoke(instance.get(), "head").body;
  for (const char* line :
       {"POST /invoke HTTP/1.1\r\n", "x-fc-request-id: 1-abc\r\n",
        "x-fc-access-key-id: \r\n", "x-fc-function-name: probe\r\n",
        "x-fc-account-id: 1000000000000001\r\n",
        "x-fc-control-path: /invoke"}) {
    EXPECT_NE(head.find(line), std::string::npos) << line;
  }
}

TEST_F(JailInstanceTest, NonSuccessStatusIsAFunctionError) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "fail");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError");
  EXPECT_FALSE(result.instance_lost);
}

TEST_F(JailInstanceTest, AnExitIsAFunctionErrorWithTheDocumentedText) {
  for (const char* event : {"exit", "abort"}) {
    const auto instance = Start();
    ASSERT_NE(instance, nullptr);
    const InvocationResult result = Invoke(instance.get(), event);
    EXPECT_FALSE(result.error);
    EXPECT_EQ(result.function_error, "UnhandledInvocationError");
    EXPECT_TRUE(result.body.starts_with(
        "{\"errorMessage\":\"Process exited unexpectedly before completing "
        "request (duration: "))
        << result.body;
    EXPECT_TRUE(result.instance_lost);
    EXPECT_EQ(instance->end_cause(), EndCause::kExit);
    EXPECT_FALSE(instance->TakePlace());
  }
  ExpectRecovery();
}

TEST_F(JailInstanceTest, AHangEndsAtTheTimeout) {
  for (const char* event : {"hang", "spin"}) {
    InstanceConfiguration function = CustomFunction();
    function.route.timeout_seconds = 1;
    const auto instance = Start(std::move(function));
    ASSERT_NE(instance, nullptr);
    const auto start = std::chrono::steady_clock::now();
    const InvocationResult result = Invoke(instance.get(), event);
    const auto taken = std::chrono::steady_clock::now() - start;
    EXPECT_GE(taken, std::chrono::seconds(1));
    EXPECT_LT(taken, std::chrono::seconds(3));
    EXPECT_EQ(result.function_error, "UnhandledInvocationError");
    EXPECT_NE(result.body.find("timed out after 1 seconds"), std::string::npos)
        << result.body;
    EXPECT_TRUE(result.instance_lost);
  }
  ExpectRecovery();
}

TEST_F(JailInstanceTest, MemoryBeyondTheLimitEndsTheInstance) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "memory");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError") << result.body;
  EXPECT_NE(result.body.find("out of memory"), std::string::npos)
      << result.body;
  EXPECT_LE(result.max_memory_mb, 128u);
  EXPECT_GE(result.max_memory_mb, 100u);
  EXPECT_EQ(instance->end_cause(), EndCause::kOom);
  ExpectRecovery();
}

TEST_F(JailInstanceTest, AForkBombDoesNotReachTheHost) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "fork");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError");
  instance->Stop(EndCause::kTimeout);
  ExpectRecovery();
}

TEST_F(JailInstanceTest, AnOutputFloodKeepsFourKilobytes) {
  InstanceConfiguration function = CustomFunction();
  function.route.timeout_seconds = 20;
  const auto instance = Start(std::move(function));
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "output");
  EXPECT_EQ(result.body, "output");
  EXPECT_EQ(result.log_tail.size(), 4096u);
  EXPECT_EQ(Invoke(instance.get(), "still here").body, "still here");
}

TEST_F(JailInstanceTest, AnAnswerThatIsNotHttpIsABadResponse) {
  for (const char* event : {"garbage", "silent", "big"}) {
    InstanceConfiguration function = CustomFunction();
    function.route.memory_mb = 512;
    const auto instance = Start(std::move(function));
    ASSERT_NE(instance, nullptr);
    const InvocationResult result = Invoke(instance.get(), event);
    ASSERT_TRUE(result.error) << event;
    EXPECT_EQ(result.error->http_status, 502u);
    EXPECT_EQ(result.error->code, "BadResponse");
    EXPECT_TRUE(result.error->delivered);
  }
}

TEST_F(JailInstanceTest, StartFailuresCarryTheDocumentedCodes) {
  InstanceConfiguration missing = CustomFunction();
  missing.command = {"/code/nothing"};
  EXPECT_EQ(Start(std::move(missing)), nullptr);
  EXPECT_EQ(error_.code, "CAFileNotFound");
  InstanceConfiguration forbidden = CustomFunction();
  forbidden.command = {"/etc/passwd"};
  EXPECT_EQ(Start(std::move(forbidden)), nullptr);
  EXPECT_EQ(error_.code, "CAFilePermission");
  InstanceConfiguration exits = CustomFunction();
  exits.command = {"/bin/false"};
  EXPECT_EQ(Start(std::move(exits)), nullptr);
  EXPECT_EQ(error_.code, "CAExited");
  EXPECT_NE(error_.message.find("exit status 1"), std::string::npos);
  EXPECT_EQ(error_.http_status, 412u);
  ExpectRecovery();
}

TEST_F(JailInstanceTest, ACommandIsFoundByItsName) {
  InstanceConfiguration function = CustomFunction();
  function.command = {"sh", "-c", "exec ./bootstrap"};
  function.port = 8123;
  const auto instance = Start(std::move(function));
  ASSERT_NE(instance, nullptr) << error_.message;
  EXPECT_EQ(Invoke(instance.get(), "x").body, "x");
}

TEST_F(JailInstanceTest, TheFunctionsVariablesArriveAndNotOthers) {
  InstanceConfiguration function = CustomFunction();
  function.environment.emplace("COLOUR", SecretBytes::CopyOf("blue"));
  function.environment.emplace("FC_REGION", SecretBytes::CopyOf("elsewhere"));
  const auto instance = Start(std::move(function));
  ASSERT_NE(instance, nullptr);
  const std::string text = Invoke(instance.get(), "environment").body;
  EXPECT_NE(text.find("COLOUR=blue\n"), std::string::npos);
  EXPECT_NE(text.find("FC_REGION=cn-local-1\n"), std::string::npos);
  EXPECT_NE(text.find("FC_INSTANCE_ID=c-test\n"), std::string::npos);
  EXPECT_EQ(text.find("elsewhere"), std::string::npos);
  EXPECT_EQ(text.find("WRIT"), std::string::npos);
}

TEST_F(JailInstanceTest, StoppedInstancesLeaveNothingBehind) {
  {
    const auto instance = Start();
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(Invoke(instance.get(), "background").body, "background");
  }
  EXPECT_TRUE(jail_->ReleaseCode(code_slot_).ok());
  jail_.reset();
  EXPECT_EQ(process_.StopInOrder(), 0);
  const HostState after = ReadHostState();
  EXPECT_EQ(after.mounts, before_.mounts);
  EXPECT_EQ(after.runs, before_.runs);
  EXPECT_EQ(after.instance_processes, before_.instance_processes);
}

TEST_F(JailInstanceTest, AJailThatIsKilledTakesItsInstancesAlong) {
  const auto instance = Start();
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(Invoke(instance.get(), "background").body, "background");
  process_.KillHard();
  const Result<CgroupLayout> layout = DetectCgroups();
  ASSERT_TRUE(layout.ok());
  EXPECT_TRUE(SweepCgroupRun(layout.value(), process_.run()).ok());
  // The kernel ends the instance's processes after the jail itself.
  HostState after = ReadHostState();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (after.instance_processes != before_.instance_processes &&
         std::chrono::steady_clock::now() < limit) {
    after = ReadHostState();
  }
  EXPECT_EQ(after.mounts, before_.mounts);
  EXPECT_EQ(after.runs, before_.runs);
  EXPECT_EQ(after.instance_processes, before_.instance_processes);
}

}  // namespace
}  // namespace writ::testing
