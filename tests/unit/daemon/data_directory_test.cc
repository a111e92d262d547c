// SPDX-License-Identifier: Apache-2.0
#include "daemon/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "daemon/tls.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/daemon/scratch_directory.h"

namespace writ {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kCoreUid = 1899990001;

mode_t ModeOf(const std::string& path, uid_t* owner = nullptr) {
  struct stat info = {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  if (owner != nullptr) *owner = info.st_uid;
  return info.st_mode & 07777;
}

// The directory is root's and two parts of it the core's: this needs root.
class DataDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0u) << "the daemon's tests need root";
  }
  ScratchDirectory scratch_;
  const std::string path_ = scratch_.path() + "/data";
};

TEST_F(DataDirectoryTest, IsMadeForRootAlone) {
  const Result<DataDirectory> data = DataDirectory::Open(path_, kCoreUid);
  ASSERT_TRUE(data.ok()) << data.status().ToString();
  uid_t owner = 1;
  EXPECT_EQ(ModeOf(path_, &owner), 0700u);
  EXPECT_EQ(owner, 0u);
  for (const char* part : {"/store", "/keys"}) {
    EXPECT_EQ(ModeOf(path_ + part, &owner), 0700u);
    EXPECT_EQ(owner, kCoreUid);
  }
  EXPECT_EQ(ModeOf(path_ + "/tls", &owner), 0700u);
  EXPECT_EQ(owner, 0u);
}

TEST_F(DataDirectoryTest, ADirectoryThatWasOpenToOthersIsClosed) {
  ASSERT_EQ(::mkdir(path_.c_str(), 0755), 0);
  ASSERT_TRUE(DataDirectory::Open(path_, kCoreUid).ok());
  EXPECT_EQ(ModeOf(path_), 0700u);
}

TEST_F(DataDirectoryTest, ASecondPlatformIsToldWhoHasIt) {
  const Result<DataDirectory> first = DataDirectory::Open(path_, kCoreUid);
  ASSERT_TRUE(first.ok());
  const Status second = DataDirectory::Open(path_, kCoreUid).status();
  EXPECT_EQ(second.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()),
              HasSubstr("pid " + std::to_string(::getpid())));
}

TEST_F(DataDirectoryTest, IsFreeAgainWhenItsHolderIsGone) {
  { ASSERT_TRUE(DataDirectory::Open(path_, kCoreUid).ok()); }
  EXPECT_TRUE(DataDirectory::Open(path_, kCoreUid).ok());
}

TEST_F(DataDirectoryTest, SomebodyElsesDirectoryIsLeftAlone) {
  ASSERT_EQ(::mkdir(path_.c_str(), 0755), 0);
  std::ofstream(path_ + "/letter.txt") << "dear";
  EXPECT_EQ(DataDirectory::Open(path_, kCoreUid).status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(ModeOf(path_), 0755u);
  EXPECT_NE(::access((path_ + "/lock").c_str(), F_OK), 0);
}

TEST_F(DataDirectoryTest, AForeignOwnerIsRefused) {
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(DataDirectory::Open(path_, kCoreUid).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(DataDirectoryTest, CredentialsComeBackAsWritten) {
  const Result<DataDirectory> data = DataDirectory::Open(path_, kCoreUid);
  ASSERT_TRUE(data.ok());
  Credentials credentials;
  credentials.endpoint = "https://127.0.0.1:9443";
  credentials.ca_certificate = path_ + "/tls/ca.pem";
  credentials.account_id = "1234567890123456";
  credentials.region = "cn-local-1";
  credentials.access_key_id = "AK\"1";
  credentials.access_key_secret = SecretBytes::CopyOf("s3cret");
  ASSERT_TRUE(data.value().WriteCredentials(credentials).ok());
  EXPECT_EQ(ModeOf(path_ + "/credentials.json"), 0600u);
  const Result<Credentials> read = ReadCredentials(path_);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read.value().endpoint, credentials.endpoint);
  EXPECT_EQ(read.value().ca_certificate, credentials.ca_certificate);
  EXPECT_EQ(read.value().account_id, credentials.account_id);
  EXPECT_EQ(read.value().access_key_id, credentials.access_key_id);
  EXPECT_EQ(read.value().access_key_secret.text(), "s3cret");
}

TEST_F(DataDirectoryTest, TheRunStateComesBackAndGoesAtTheEnd) {
  const Result<DataDirectory> data = DataDirectory::Open(path_, kCoreUid);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(ReadRunState(path_).status().code(), StatusCode::kNotFound);
  RunState state;
  state.supervisor_pid = 4711;
  state.state = "ready";
  state.restarts = 2;
  state.roles = {{"core", 4712, "ready"}};
  ASSERT_TRUE(data.value().WriteRunState(state).ok());
  const Result<RunState> read = ReadRunState(path_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().supervisor_pid, 4711);
  EXPECT_EQ(read.value().restarts, 2u);
  ASSERT_EQ(read.value().roles.size(), 1u);
  EXPECT_EQ(read.value().roles[0].pid, 4712);
  data.value().RemoveRunState();
  EXPECT_EQ(ReadRunState(path_).status().code(), StatusCode::kNotFound);
}

TEST_F(DataDirectoryTest, MalformedFilesAreNoCrash) {
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  for (const char* text : {"", "[]", "{", "null", "{\"endpoint\":7}"}) {
    std::ofstream(path_ + "/credentials.json") << text;
    EXPECT_EQ(ReadCredentials(path_).status().code(), StatusCode::kDataLoss)
        << text;
  }
}

class AuthorityTest : public DataDirectoryTest {
 protected:
  void SetUp() override {
    DataDirectoryTest::SetUp();
    Result<DataDirectory> data = DataDirectory::Open(path_, kCoreUid);
    ASSERT_TRUE(data.ok());
    data_.emplace(std::move(data).value());
  }
  const WallTime now_ = FakeClock().Now();
  std::optional<DataDirectory> data_;
};

TEST_F(AuthorityTest, StaysTheSame) {
  const Result<CertifiedKey> first = OpenAuthority(data_->tls_fd(), now_);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  const Result<CertifiedKey> second = OpenAuthority(data_->tls_fd(), now_);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first.value().certificate_pem, second.value().certificate_pem);
  EXPECT_EQ(ModeOf(path_ + "/tls/ca-key.pem"), 0600u);
}

TEST_F(AuthorityTest, IssuesWhatClientsAccept) {
  const Result<CertifiedKey> authority = OpenAuthority(data_->tls_fd(), now_);
  ASSERT_TRUE(authority.ok());
  const Result<CertifiedKey> endpoint =
      IssueEndpointCertificate(authority.value(), now_);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status().ToString();
  EXPECT_TRUE(VerifyCertificate(endpoint.value(),
                                authority.value().certificate_pem, now_)
                  .ok());
  const Result<CertificateSummary> summary =
      ReadCertificate(endpoint.value().certificate_pem);
  ASSERT_TRUE(summary.ok());
  EXPECT_THAT(summary.value().alternative_names,
              ::testing::IsSupersetOf({"IP:127.0.0.1", "DNS:localhost"}));
}

TEST_F(AuthorityTest, ALostKeyIsNotReplacedSilently) {
  ASSERT_TRUE(OpenAuthority(data_->tls_fd(), now_).ok());
  ASSERT_EQ(::unlink((path_ + "/tls/ca-key.pem").c_str()), 0);
  EXPECT_EQ(OpenAuthority(data_->tls_fd(), now_).status().code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(::access((path_ + "/tls/ca.pem").c_str(), F_OK), 0);
}

TEST_F(AuthorityTest, AnUnfinishedFirstStartIsFinished) {
  ASSERT_TRUE(OpenAuthority(data_->tls_fd(), now_).ok());
  ASSERT_EQ(::unlink((path_ + "/tls/ca.pem").c_str()), 0);
  const Result<CertifiedKey> authority = OpenAuthority(data_->tls_fd(), now_);
  ASSERT_TRUE(authority.ok()) << authority.status().ToString();
  EXPECT_TRUE(IssueEndpointCertificate(authority.value(), now_).ok());
}

}  // namespace
}  // namespace writ
