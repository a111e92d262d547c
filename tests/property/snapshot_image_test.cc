// SPDX-License-Identifier: Apache-2.0
//
// Random directories as bytes: a snapshot that was packed and loaded decides
// like the one that was published, the bytes are those of the directory
// whatever happened before, and bytes that were changed are refused.
// WRIT_SEED and WRIT_CASES (thirty of them are a directory) choose others.
#include "authz/snapshot_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "compiler/snapshot_compiler.h"
#include "tests/property/directory_changes.h"
#include "tests/property/directory_world.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

namespace writ::testing {
namespace {

constexpr uint64_t kSeed = 505;
constexpr uint64_t kDirectories = 60;
constexpr uint64_t kRequests = 30;

std::shared_ptr<const SnapshotImage> Loaded(const PackedSnapshot& packed) {
  auto image = SnapshotImage::Load(7, packed.directory, packed.program);
  EXPECT_TRUE(image.ok()) << image.status().ToString();
  return image.ok() ? image.value() : nullptr;
}

class SnapshotImages : public ::testing::Test {
 protected:
  SnapshotImages()
      : seed_(NumberFromEnvironment("WRIT_SEED", kSeed)),
        count_(NumberFromEnvironment("WRIT_CASES", kDirectories * kRequests) /
               kRequests),
        material_(seed_),
        random_(seed_) {
    std::cout << "WRIT_SEED=" << seed_ << " WRIT_CASES=" << count_ * kRequests
              << "\n";
  }

  const uint64_t seed_;
  const uint64_t count_;
  const Material material_;
  reference::Random random_;
};

TEST_F(SnapshotImages, DecideLikeThePublishedSnapshot) {
  uint64_t decided = 0;
  for (uint64_t i = 0; i < count_ && !HasFailure(); ++i) {
    Changes changes(random_.Next(), &material_);
    const auto published = changes.compiler()->Publish(7).value();
    const auto image = Loaded(changes.compiler()->Pack().value());
    ASSERT_NE(image, nullptr);
    for (uint64_t k = 0; k < kRequests; ++k) {
      const Material::Asked asked = material_.Pick(&random_);
      const RequestView view(asked.one->read().request);
      const Attachment* const session =
          asked.session ? &*asked.session : nullptr;
      const std::string answer = Answer(*published, view.request(), session);
      ASSERT_EQ(answer, Answer(*image->snapshot(), view.request(), session))
          << asked.one->line();
      if (!answer.starts_with("IMPLICIT")) ++decided;
    }
  }
  EXPECT_GT(decided, count_ * kRequests / 10);
}

TEST_F(SnapshotImages, AreTheSameBytesWhateverTheOrderOfTheChanges) {
  for (uint64_t i = 0; i < count_ / 2 && !HasFailure(); ++i) {
    Changes changes(random_.Next(), &material_);
    if (random_.Percent(50)) {
      ASSERT_TRUE(changes.compiler()->Publish(1).ok());
    }
    const PackedSnapshot packed = changes.compiler()->Pack().value();
    SnapshotCompiler fresh;
    changes.world().Tell(&fresh, &random_);
    const PackedSnapshot again = fresh.Pack().value();
    ASSERT_TRUE(packed.program == again.program);
    ASSERT_TRUE(packed.directory == again.directory);
  }
}

}  // namespace
}  // namespace writ::testing
