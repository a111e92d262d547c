// SPDX-License-Identifier: Apache-2.0
#include "daemon/listen_address.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using ::testing::HasSubstr;

TEST(ParseListenAddress, ReadsEveryLoopbackForm) {
  for (const char* text : {"127.0.0.1:9443", "127.1.2.3:0", "[::1]:65535"}) {
    const Result<ListenAddress> address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address.value().ToString(), text);
  }
  EXPECT_EQ(ParseListenAddress("localhost:1").value().ToString(),
            "127.0.0.1:1");
}

TEST(ParseListenAddress, RefusesWhatIsNotLoopbackAndSaysWhy) {
  for (const char* text : {"0.0.0.0:1", "192.168.0.1:1", "[::]:1",
                           "[::ffff:10.0.0.1]:1", "8.8.8.8:443"}) {
    const Status status = ParseListenAddress(text).status();
    EXPECT_EQ(status.code(), StatusCode::kPermissionDenied) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("loopback"));
  }
}

TEST(ParseListenAddress, RefusesOtherForms) {
  for (const char* text : {"", ":", "9443", "127.0.0.1", "127.0.0.1:",
                           "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                           "example.com:1", "::1:1", "[::1]", "127.0.0.1:1 "}) {
    EXPECT_EQ(ParseListenAddress(text).status().code(),
              StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(BindEndpoint, PortZeroBecomesTheRealOne) {
  ListenAddress address = ParseListenAddress("127.0.0.1:0").value();
  const Result<UniqueFd> fd = BindEndpoint(&address);
  ASSERT_TRUE(fd.ok()) << fd.status().ToString();
  EXPECT_NE(address.port, 0);
}

TEST(BindEndpoint, ATakenPortNamesItsHolder) {
  ListenAddress address = ParseListenAddress("127.0.0.1:0").value();
  const Result<UniqueFd> holder = BindEndpoint(&address);
  ASSERT_TRUE(holder.ok());
  ASSERT_EQ(::listen(const_cast<UniqueFd&>(holder.value()).get(), 1), 0);
  const Status status = BindEndpoint(&address).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("pid " + std::to_string(::getpid())));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(std::to_string(address.port)));
}

}  // namespace
}  // namespace writ
