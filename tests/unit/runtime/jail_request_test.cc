// SPDX-License-Identifier: Apache-2.0
//
// What a hostile node may send to the jail, and what it gets. Needs root.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "runtime/jail/protocol.h"
#include "runtime/jail/socket_packet.h"
#include "tests/unit/runtime/jail_process.h"

namespace writ::testing {
namespace {

class JailRequestTest : public ::testing::Test {
 protected:
  JailReply Send(const void* data, size_t size, std::vector<int> descriptors) {
    EXPECT_TRUE(SendPacket(node_.get(), data, size, descriptors).ok());
    JailReply reply;
    std::array<UniqueFd, kMaxJailDescriptors> received;
    const Result<size_t> got =
        ReceivePacket(node_.get(), &reply, sizeof(reply), received);
    EXPECT_TRUE(got.ok());
    return reply;
  }
  JailReply Send(const JailRequest& request,
                 std::vector<int> descriptors = {}) {
    return Send(&request, sizeof(request), std::move(descriptors));
  }
  void ExpectRefused(const JailRequest& request,
                     std::vector<int> descriptors = {}) {
    EXPECT_EQ(Send(request, std::move(descriptors)).error,
              JailError::kBadRequest);
  }

  JailProcess process_;
  UniqueFd node_ = process_.TakeSocket();
  UniqueFd null_{open("/dev/null", O_RDWR | O_CLOEXEC)};
};

TEST_F(JailRequestTest, PacketsOfAnotherSizeAreRefused) {
  const std::string bytes(4096, '\0');
  JailRequest request;
  EXPECT_EQ(Send(&request, sizeof(request) - 1, {}).error,
            JailError::kBadRequest);
  EXPECT_EQ(Send(bytes.data(), sizeof(request) + 1, {}).error,
            JailError::kBadRequest);
  EXPECT_EQ(Send(bytes.data(), bytes.size(), {}).error, JailError::kBadRequest);
}

TEST_F(JailRequestTest, MalformedRequestsAreRefused) {
  JailRequest request;
  request.kind = JailRequestKind::kUnpackCode;
  JailRequest bad = request;
  bad.magic = 0;
  ExpectRefused(bad, {null_.get()});
  bad = request;
  bad.kind = static_cast<JailRequestKind>(99);
  ExpectRefused(bad);
  bad = request;
  bad.code_slot = static_cast<uint32_t>(kMaxCodeSlots);
  ExpectRefused(bad, {null_.get()});
  bad = request;
  bad.instance_slot = 0xffffffff;
  ExpectRefused(bad, {null_.get()});
  bad = request;
  bad.reserved[4] = 1;
  ExpectRefused(bad, {null_.get()});
  ExpectRefused(request);
  ExpectRefused(request, {null_.get(), null_.get()});
}

TEST_F(JailRequestTest, RequestsOutOfTurnAreRefused) {
  JailRequest request;
  for (const JailRequestKind kind :
       {JailRequestKind::kStopInstance, JailRequestKind::kSettleInstance,
        JailRequestKind::kReleaseCode}) {
    request.kind = kind;
    ExpectRefused(request);
  }
  request.kind = JailRequestKind::kStartInstance;
  ExpectRefused(request, {null_.get(), null_.get(), null_.get()});
}

TEST_F(JailRequestTest, AHostilePackageIsRefusedAndTheSlotIsFreeAgain) {
  JailRequest request;
  request.kind = JailRequestKind::kUnpackCode;
  request.tag = 17;
  for (int i = 0; i < 2; ++i) {
    const UniqueFd package = MakePackage({{"../../etc/cron.d/x", "x"}});
    const JailReply reply = Send(request, {package.get()});
    EXPECT_EQ(reply.tag, 17u);
    EXPECT_EQ(reply.error, JailError::kBadPackage);
    EXPECT_EQ(std::string(reply.detail, reply.detail_bytes),
              "the name of an entry climbs out of the package");
  }
  const UniqueFd package = MakePackage({{"a", "x"}});
  EXPECT_EQ(Send(request, {package.get()}).error, JailError::kNone);
  ExpectRefused(request, {package.get()});
  request.kind = JailRequestKind::kReleaseCode;
  EXPECT_EQ(Send(request).error, JailError::kNone);
}

TEST_F(JailRequestTest, AnInstanceThatCannotStartFreesItsSlot) {
  JailRequest request;
  request.kind = JailRequestKind::kUnpackCode;
  const UniqueFd package = MakePackage({{"a", "x"}});
  ASSERT_EQ(Send(request, {package.get()}).error, JailError::kNone);
  for (int i = 0; i < 3; ++i) {
    request.kind = JailRequestKind::kStartInstance;
    request.memory_mb = 0xffffffff;
    request.cpu_milli = 0xffffffff;
    request.disk_mb = 0xffffffff;
    // /dev/null is no frame socket: init itself ends at once.
    ASSERT_EQ(Send(request, {null_.get(), null_.get(), null_.get()}).error,
              JailError::kNone);
    ExpectRefused(request, {null_.get(), null_.get(), null_.get()});
    request.kind = JailRequestKind::kStopInstance;
    EXPECT_EQ(Send(request).error, JailError::kNone);
  }
}

TEST_F(JailRequestTest, TheJailEndsWhenTheNodeIsGone) {
  const HostState before = ReadHostState();
  node_.Reset();
  EXPECT_EQ(process_.StopInOrder(), 0);
  const HostState after = ReadHostState();
  EXPECT_EQ(after.mounts, before.mounts);
  EXPECT_EQ(after.runs.size() + 1, before.runs.size());
}

}  // namespace
}  // namespace writ::testing
