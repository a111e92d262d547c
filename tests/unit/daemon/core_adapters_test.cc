// SPDX-License-Identifier: Apache-2.0
#include "daemon/core_adapters.h"

#include <fcntl.h>

#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/audit.h"
#include "control/router.h"
#include "gtest/gtest.h"
#include "store/key_provider_file.h"
#include "store/keyring.h"
#include "store/memory_kv.h"
#include "store/metadata.h"
#include "tests/unit/daemon/scratch_directory.h"

namespace writ {
namespace {

class GroupedAuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const UniqueFd directory(
        ::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Result<std::unique_ptr<FileKeyProvider>> provider =
        FileKeyProvider::Open(directory.get(), /*create=*/true);
    ASSERT_TRUE(provider.ok()) << provider.status().ToString();
    provider_ = std::move(provider).value();
    Result<std::unique_ptr<Keyring>> keyring =
        Keyring::Open(kv_.get(), provider_.get(), &clock_);
    ASSERT_TRUE(keyring.ok());
    keyring_ = std::move(keyring).value();
    Result<std::unique_ptr<MetadataStore>> store =
        MetadataStore::Open(kv_.get(), keyring_.get(), &clock_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(store).value();
    trail_ = std::make_unique<AuditTrail>(store_.get(), &clock_);
  }

  ScratchDirectory scratch_;
  FakeClock clock_;
  std::unique_ptr<Kv> kv_ = MakeMemoryKv();
  std::unique_ptr<FileKeyProvider> provider_;
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<MetadataStore> store_;
  std::unique_ptr<AuditTrail> trail_;
};

TEST_F(GroupedAuditTest, EveryRecordOfManyAtOnceIsThereWhenItsCallReturns) {
  GroupedAudit audit(trail_.get());
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::vector<std::future<int>> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    writers.push_back(std::async(std::launch::async, [&audit, thread] {
      int failed = 0;
      for (int i = 0; i < kEach; ++i) {
        InvocationAudit record;
        record.request_id = std::to_string(thread) + "/" + std::to_string(i);
        if (!audit.Append(record).ok()) ++failed;
      }
      return failed;
    }));
  }
  for (std::future<int>& writer : writers) EXPECT_EQ(writer.get(), 0);
  EXPECT_EQ(store_->audit_sequence(), uint64_t{kThreads * kEach});
  const Result<std::vector<AuditTrail::Line>> lines =
      trail_->Read(kThreads * kEach, 0);
  ASSERT_TRUE(lines.ok());
  std::set<std::string> seen;
  for (const AuditTrail::Line& line : lines.value()) {
    const size_t at = line.json.find("\"RequestId\":\"");
    ASSERT_NE(at, std::string::npos);
    seen.insert(line.json.substr(at, line.json.find(',', at) - at));
  }
  EXPECT_EQ(seen.size(), size_t{kThreads * kEach});
}

TEST_F(GroupedAuditTest, AnUnauthenticatedCallIsRecordedAsAnonymous) {
  GroupedAudit audit(trail_.get());
  InvocationAudit record;
  record.source_ip = "127.0.0.1";
  record.http_status = 403;
  ASSERT_TRUE(audit.Append(record).ok());
  const Result<std::vector<AuditTrail::Line>> lines = trail_->Read(1, 0);
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines.value().size(), 1u);
  EXPECT_NE(lines.value()[0].json.find("\"Principal\":\"anonymous\""),
            std::string::npos);
}

RequestHead InvokeHead(std::string path, std::string query) {
  RequestHead head;
  head.method = "POST";
  head.raw_path = std::move(path);
  head.raw_query = std::move(query);
  head.headers = {{"x-acs-action", "InvokeFunction"},
                  {"x-acs-version", "2023-03-30"}};
  return head;
}

TEST(ClassifyInvocation, TakesNameAndQualifierDecoded) {
  const ControlAdapter control(nullptr);
  const std::optional<InvocationTarget> target = control.ClassifyInvocation(
      InvokeHead("/2023-03-30/functions/my%2Dfn/invocations", "qualifier=a"));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->function_name, "my-fn");
  EXPECT_EQ(target->qualifier, "a");
}

TEST(ClassifyInvocation, EverythingElseIsTheControlPlanes) {
  const ControlAdapter control(nullptr);
  EXPECT_FALSE(
      control.ClassifyInvocation(InvokeHead("/2023-03-30/functions/f", "")));
  EXPECT_FALSE(control.ClassifyInvocation(InvokeHead(
      "/2023-03-30/functions/f/invocations", "qualifier=a&qualifier=b")));
  EXPECT_FALSE(control.ClassifyInvocation(InvokeHead("/", "")));
}

}  // namespace
}  // namespace writ
