// SPDX-License-Identifier: Apache-2.0
#include "sidecar/connection_acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

// An acceptor at a Unix socket that greets every connection with a byte and
// lets it go.
class ConnectionAcceptorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ListenerAddress address;
    address.socket_path = path_;
    Result<UniqueFd> bound = BindListener(&address, 0600);
    ASSERT_TRUE(bound.ok()) << bound.status().message();
    const Status started =
        acceptor_.Start(std::move(bound).value(), [](int listener_fd, int fd) {
          EXPECT_GE(listener_fd, 0);
          const UniqueFd owned(fd);
          EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
          EXPECT_EQ(::write(fd, "!", 1), 1);
        });
    ASSERT_TRUE(started.ok()) << started.message();
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  // 0, or why connecting failed.
  int Connect(int fd) const {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0
               ? 0
               : errno;
  }
  static UniqueFd Socket() {
    return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  // Did the greeting come within so many milliseconds?
  static bool IsGreeted(int fd, int limit_ms) {
    pollfd waiting = {.fd = fd, .events = POLLIN, .revents = 0};
    char byte = 0;
    return ::poll(&waiting, 1, limit_ms) == 1 && ::read(fd, &byte, 1) == 1 &&
           byte == '!';
  }

  const std::string path_ =
      ::testing::TempDir() + "acceptor_" + std::to_string(::getpid());
  ConnectionAcceptor acceptor_;
};

TEST_F(ConnectionAcceptorTest, HandsOverWhoConnects) {
  for (int i = 0; i < 3; ++i) {
    const UniqueFd client = Socket();
    ASSERT_EQ(Connect(client.get()), 0);
    EXPECT_TRUE(IsGreeted(client.get(), 30000));
  }
}

TEST_F(ConnectionAcceptorTest, GoesOnAfterTheProcessRanOutOfDescriptors) {
  const UniqueFd client = Socket();
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // Takes the last descriptor that there is.
  std::vector<UniqueFd> held;
  const rlimit few = {256, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  while (true) {
    UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one.valid()) break;
    held.push_back(std::move(one));
  }
  ASSERT_EQ(Connect(client.get()), 0);
  EXPECT_FALSE(IsGreeted(client.get(), 300));
  held.clear();
  EXPECT_TRUE(IsGreeted(client.get(), 30000));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(ConnectionAcceptorTest, RefusesConnectionsOnceItIsStopped) {
  acceptor_.Stop();
  acceptor_.Stop();
  const UniqueFd client = Socket();
  EXPECT_EQ(Connect(client.get()), ECONNREFUSED);
}

}  // namespace
}  // namespace writ
