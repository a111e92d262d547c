// SPDX-License-Identifier: Apache-2.0
//
// Runs every attempt of attempts.cc inside a real instance: each has to fail
// there.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <sstream>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "runtime/instance.h"
#include "tests/unit/runtime/jail_process.h"

namespace writ::testing {
namespace {

TEST(Escape, EveryAttemptIsStopped) {
  // What the instance must not reach: a listener in the host's namespace.
  const UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, "\0writ-escape-probe", 18);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 18)),
            0);
  ASSERT_EQ(listen(listener.get(), 1), 0);

  JailProcess process;
  JailClient jail(process.TakeSocket());
  const SystemClock clock;
  const UniqueFd package = MakeProbePackage();
  const Result<uint32_t> slot = jail.UnpackCode(package.get());
  ASSERT_TRUE(slot.ok()) << slot.status().message();
  PlatformError error;
  InstanceConfiguration function = CustomFunction();
  function.route.timeout_seconds = 30;
  const auto instance = Instance::Start("c-1", std::move(function),
                                        slot.value(), &jail, &clock, &error);
  ASSERT_NE(instance, nullptr) << error.code << " " << error.message;
  ASSERT_TRUE(instance->TakePlace());
  const InvocationResult result = instance->Invoke(
      {.request_id = "1-0", .qualifier = "", .body = "attempts"});
  ASSERT_FALSE(result.error) << result.error->message;
  ASSERT_EQ(result.function_error, "") << result.body;
  std::istringstream lines(result.body);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    EXPECT_TRUE(line.ends_with(": stopped")) << line;
  }
  EXPECT_GE(count, 50);
}

}  // namespace
}  // namespace writ::testing
