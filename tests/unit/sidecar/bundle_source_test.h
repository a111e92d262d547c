// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_SIDECAR_BUNDLE_SOURCE_TEST_H_
#define WRIT_TESTS_UNIT_SIDECAR_BUNDLE_SOURCE_TEST_H_

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/pem.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sidecar/bundle_source.h"
#include "tests/unit/sidecar/metrics_page.h"
#include "tests/unit/sidecar/signed_bundle.h"

namespace writ {

// A folder, keys in it, and a source of bundles that believes key 1. A test
// looks with LoadOnce, which is what the thread does at every poll.
class BundleSourceTest : public ::testing::Test {
 protected:
  BundleSourceTest() {
    std::string name = ::testing::TempDir() + "bundle_source_XXXXXX";
    WRIT_CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    WriteKey("one.pem", 1);
    options_.key_files = {PathOf("one.pem")};
    // Long enough for no test to see a poll that it did not ask for.
    options_.poll = std::chrono::hours(1);
  }
  ~BundleSourceTest() override {
    source_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string PathOf(std::string_view name) const {
    return folder_ + "/" + std::string(name);
  }
  void Write(std::string_view name, std::string_view bytes) const {
    ASSERT_TRUE(WriteFileAtomic(PathOf(name), bytes, 0600).ok());
  }
  // As a careless program does: the file is short for a while.
  void WriteInPlace(std::string_view name, std::string_view bytes) const {
    FILE* file = std::fopen(PathOf(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
    EXPECT_EQ(std::fclose(file), 0);
  }
  void WriteKey(std::string_view name, char number) const {
    Write(name, WriteEd25519PublicPem(TestKey(number).public_key()));
  }
  void Remove(std::string_view name) const {
    std::filesystem::remove(PathOf(name));
  }

  void Make(std::string location) {
    options_.location = std::move(location);
    source_ = BundleSource::Make(options_, &holder_, &metrics_, &clock_);
  }
  void MakeOfFile() { Make(PathOf("a.bundle")); }

  // Of the bundle in force, which must decide as it says; 0: there is none.
  uint64_t Revision() const {
    const std::shared_ptr<const Bundle> bundle = holder_.Current();
    if (bundle == nullptr) return 0;
    EXPECT_TRUE(AllowsRevision(*bundle, bundle->revision()));
    EXPECT_FALSE(AllowsRevision(*bundle, bundle->revision() + 1));
    return bundle->revision();
  }
  std::string Error() const { return source_->State().last_error; }
  double Loads(std::string_view result) const {
    const MetricsPage page(metrics_.Text());
    return page
        .Value("writ_bundle_loads_total{result=\"" + std::string(result) +
               "\"}")
        .value_or(0);
  }

  // Waits for what another thread brings about.
  template <typename Condition>
  static bool Eventually(const Condition& condition) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  std::string folder_;
  BundleSourceOptions options_;
  BundleHolder holder_;
  Metrics metrics_;
  FakeClock clock_;
  std::unique_ptr<BundleSource> source_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_SIDECAR_BUNDLE_SOURCE_TEST_H_
