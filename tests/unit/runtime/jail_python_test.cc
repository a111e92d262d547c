// SPDX-License-Identifier: Apache-2.0
//
// Python functions in the real jail. Needs root.
#include <memory>
#include <string>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "runtime/instance.h"
#include "tests/unit/runtime/jail_process.h"

namespace writ::testing {
namespace {

class JailPythonTest : public ::testing::Test {
 protected:
  std::unique_ptr<Instance> Start(const std::string& index_py,
                                  InstanceConfiguration function) {
    const UniqueFd package = MakePythonPackage(index_py);
    const Result<uint32_t> slot = jail_.UnpackCode(package.get());
    EXPECT_TRUE(slot.ok()) << slot.status().message();
    if (!slot.ok()) return nullptr;
    auto instance = Instance::Start("c-test", std::move(function), slot.value(),
                                    &jail_, &clock_, &error_);
    EXPECT_NE(instance, nullptr) << error_.code << ": " << error_.message;
    return instance;
  }
  std::unique_ptr<Instance> Start(const std::string& index_py) {
    return Start(index_py, PythonFunction("index.handler"));
  }
  static InvocationResult Invoke(Instance* instance, std::string_view event) {
    EXPECT_TRUE(instance->TakePlace());
    return instance->Invoke(
        {.request_id = "1-abc", .qualifier = "", .body = event});
  }

  JailProcess process_;
  JailClient jail_{process_.TakeSocket()};
  SystemClock clock_;
  PlatformError error_;
};

TEST_F(JailPythonTest, BytesAndTextAreReturnedAsTheyAreAndTheRestAsJson) {
  const auto instance = Start(
      "def handler(event, context):\n"
      "    assert type(event) is bytes\n"
      "    return {b'bytes': b'\\x00\\xff', b'text': 'h\\u00e9',\n"
      "            b'json': {'a': [1, None]}}[event]\n");
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(Invoke(instance.get(), "bytes").body, std::string("\0\xff", 2));
  EXPECT_EQ(Invoke(instance.get(), "text").body, "h\xc3\xa9");
  EXPECT_EQ(Invoke(instance.get(), "json").body, "{\"a\": [1, null]}");
}

TEST_F(JailPythonTest, TheLogTailBelongsToTheRequest) {
  const auto instance = Start(
      "print('at import')\n"
      "def handler(event, context):\n"
      "    print('from', event.decode())\n"
      "    context.getLogger().info('logged')\n"
      "    return ''\n");
  ASSERT_NE(instance, nullptr);
  Invoke(instance.get(), "first");
  const std::string tail = Invoke(instance.get(), "second").log_tail;
  EXPECT_TRUE(tail.starts_with("FC Invoke Start RequestId: 1-abc\n")) << tail;
  EXPECT_TRUE(tail.ends_with("FC Invoke End RequestId: 1-abc\n")) << tail;
  EXPECT_NE(tail.find("from second\n"), std::string::npos) << tail;
  EXPECT_NE(tail.find("Z 1-abc [info] logged\n"), std::string::npos) << tail;
  EXPECT_EQ(tail.find("first"), std::string::npos);
  EXPECT_EQ(tail.find("import"), std::string::npos);
}

TEST_F(JailPythonTest, AnExceptionIsAFunctionErrorWithItsStack) {
  const auto instance = Start(
      "def handler(event, context):\n    raise ValueError('no \"luck\"')\n");
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError");
  EXPECT_EQ(
      result.body,
      "{\"errorMessage\": \"no \\\"luck\\\"\", \"errorType\": "
      "\"ValueError\", \"stackTrace\": [[\"File \\\"/code/index.py\\\"\", "
      "\"line 2\", \"in handler\", \"raise ValueError('no "
      "\\\"luck\\\"')\"]]}");
  EXPECT_FALSE(result.instance_lost);
  EXPECT_NE(result.log_tail.find("End RequestId: 1-abc, Error:"),
            std::string::npos);
}

TEST_F(JailPythonTest, AMissingHandlerIsToldByTheInvocation) {
  const auto instance = Start("x = 1\n", PythonFunction("index.nothing"));
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError");
  EXPECT_NE(result.body.find("Missing handler 'nothing'"), std::string::npos)
      << result.body;
}

TEST_F(JailPythonTest, ExitingEndsTheInstance) {
  for (const char* how :
       {"import sys\n    sys.exit(1)", "import os\n    os._exit(1)"}) {
    const auto instance =
        Start("def handler(event, context):\n    " + std::string(how) + "\n");
    ASSERT_NE(instance, nullptr);
    const InvocationResult result = Invoke(instance.get(), "");
    EXPECT_EQ(result.function_error, "UnhandledInvocationError");
    EXPECT_TRUE(result.body.starts_with(
        "{\"errorMessage\":\"Process exited unexpectedly before completing "
        "request"))
        << result.body;
    EXPECT_TRUE(result.instance_lost);
  }
}

TEST_F(JailPythonTest, TheInitializerRunsOnceBeforeTheFirstInvocation) {
  InstanceConfiguration function = PythonFunction("index.handler");
  function.initializer_handler = "index.initialize";
  function.initializer_timeout_seconds = 3;
  const auto instance = Start(
      "count = 0\n"
      "def initialize(context):\n    global count\n    count += 1\n"
      "def handler(event, context):\n    return str(count)\n",
      std::move(function));
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(Invoke(instance.get(), "").body, "1");
  EXPECT_EQ(Invoke(instance.get(), "").body, "1");
}

TEST_F(JailPythonTest, AFailingInitializerFailsTheInvocation) {
  InstanceConfiguration function = PythonFunction("index.handler");
  function.initializer_handler = "index.initialize";
  const auto instance = Start(
      "def initialize(context):\n    raise KeyError('x')\n"
      "def handler(event, context):\n    return 'ran'\n",
      std::move(function));
  ASSERT_NE(instance, nullptr);
  const InvocationResult result = Invoke(instance.get(), "");
  EXPECT_EQ(result.function_error, "UnhandledInvocationError");
  EXPECT_NE(result.body.find("KeyError"), std::string::npos) << result.body;
  EXPECT_TRUE(result.instance_lost);
}

TEST_F(JailPythonTest, TheContextFollowsTheRuntimesVersion) {
  const std::string code =
      "def handler(event, context):\n"
      "    return [hasattr(context, 'credentials'),\n"
      "            hasattr(context, 'service'),\n"
      "            hasattr(context.function, 'version_id'),\n"
      "            context.function.name, context.function.memory,\n"
      "            context.request_id, context.account_id]\n";
  const auto older = Start(code);
  ASSERT_NE(older, nullptr);
  EXPECT_EQ(Invoke(older.get(), "").body,
            "[true, true, false, \"snake\", 128, \"1-abc\", "
            "\"1000000000000001\"]");
  InstanceConfiguration function = PythonFunction("index.handler");
  function.route.runtime = "python3.12";
  const auto newer = Start(code, std::move(function));
  ASSERT_NE(newer, nullptr);
  EXPECT_EQ(Invoke(newer.get(), "").body,
            "[false, false, true, \"snake\", 128, \"1-abc\", "
            "\"1000000000000001\"]");
}

TEST_F(JailPythonTest, ConcurrentInvocationsShareAnInstance) {
  InstanceConfiguration function = PythonFunction("index.handler");
  function.route.instance_concurrency = 2;
  const auto instance = Start(
      "import threading\n"
      "both = threading.Barrier(2)\n"
      "def handler(event, context):\n    both.wait()\n    return event\n",
      std::move(function));
  ASSERT_NE(instance, nullptr);
  ASSERT_TRUE(instance->TakePlace());
  ASSERT_TRUE(instance->TakePlace());
  EXPECT_FALSE(instance->TakePlace());
  InvocationResult other;
  std::thread thread([&instance, &other] {
    other =
        instance->Invoke({.request_id = "1-b", .qualifier = "", .body = "b"});
  });
  const InvocationResult result =
      instance->Invoke({.request_id = "1-a", .qualifier = "", .body = "a"});
  thread.join();
  EXPECT_EQ(result.body, "a");
  EXPECT_EQ(other.body, "b");
}

}  // namespace
}  // namespace writ::testing
