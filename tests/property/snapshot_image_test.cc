// SPDX-License-Identifier: Apache-2.0
//
// Random directories as bytes: a snapshot that was packed and loaded decides
// like the one that was published, the bytes are those of the directory
// whatever happened before, and bytes that were changed are refused.
// WRIT_SEED and WRIT_CASES (thirty of them are a directory) choose others.
#include "authz/snapshot_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "authz/directory_image.h"
#include "authz/what_if.h"
#include "compiler/snapshot_compiler.h"
#include "tests/property/directory_changes.h"
#include "tests/property/directory_world.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

namespace writ::testing {
namespace {

constexpr uint64_t kSeed = 505;
constexpr uint64_t kDirectories = 150;
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

// The statements of the explanation, by place in the units.
std::set<StatementRef> Determining(const Explanation& explanation) {
  std::set<StatementRef> found;
  for (const ExplainedUnit& unit : explanation.units) {
    for (const ExplainedStatement& statement : unit.statements) {
      if (statement.determining) found.insert(statement.ref);
    }
  }
  return found;
}

void ExpectExplained(const Snapshot& snapshot, const Request& request,
                     const Attachment* session, uint64_t* flips) {
  std::vector<StatementRef> all(200);
  const Decision decision = snapshot.Decide(request, all, session);
  all.resize(decision.statement_count);
  const Result<SnapshotExplanation> explained =
      snapshot.Explain(request, {}, session);
  if (!explained.ok()) {
    // Decide has no other word for a request that is itself wrong.
    ASSERT_EQ(explained.status().code(), StatusCode::kInvalidArgument);
    ASSERT_EQ(decision.reason, Reason::kMalformedRequest);
    return;
  }
  const Explanation& why = explained->explanation;
  ASSERT_EQ(why.decision.verdict, decision.verdict);
  ASSERT_EQ(why.decision.layer, decision.layer);
  ASSERT_EQ(why.decision.reason, decision.reason);
  ASSERT_EQ(why.decision.resource, decision.resource);
  ASSERT_EQ(why.statements, all);
  ASSERT_EQ(Determining(why), std::set(all.begin(), all.end()));
  for (const ExplainedUnit& unit : why.units) {
    ASSERT_TRUE(decision.allowed() || unit.resource == decision.resource);
    for (const uint32_t attachment : unit.attachments) {
      ASSERT_LT(attachment, explained->attachments.size());
    }
  }
  const bool of_request =
      std::ranges::none_of(why.flip, [](const Change& change) {
        return change.kind == Change::Kind::kRemoveStatement;
      });
  if (why.flip.empty() || !of_request) return;
  ++*flips;
  const ChangedQuestion changed(request, {}, why.flip);
  ASSERT_TRUE(snapshot.Decide(changed.request(), {}, session).allowed());
}

TEST_F(SnapshotImages, AreExplainedAsTheyDecide) {
  uint64_t flips = 0;
  for (uint64_t i = 0; i < count_ / 3 && !HasFailure(); ++i) {
    Changes changes(random_.Next(), &material_);
    const auto image = Loaded(changes.compiler()->Pack().value());
    ASSERT_NE(image, nullptr);
    for (uint64_t k = 0; k < kRequests && !HasFailure(); ++k) {
      const Material::Asked asked = material_.Pick(&random_);
      SCOPED_TRACE(asked.one->line());
      const RequestView view(asked.one->read().request);
      ExpectExplained(*image->snapshot(), view.request(),
                      asked.session ? &*asked.session : nullptr, &flips);
    }
  }
  std::cout << flips << " flips of the request\n";
  EXPECT_GT(flips, 0u);
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

TEST_F(SnapshotImages, AreRefusedWhenAnyByteIsAnother) {
  Changes changes(random_.Next(), &material_);
  const PackedSnapshot packed = changes.compiler()->Pack().value();
  ASSERT_NE(Loaded(packed), nullptr);
  for (size_t at = 0; at < packed.directory.size(); ++at) {
    std::string bytes = packed.directory;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.Below(8)));
    ASSERT_FALSE(SnapshotImage::Load(1, bytes, packed.program).ok()) << at;
    bytes = packed.directory.substr(0, at);
    ASSERT_FALSE(SnapshotImage::Load(1, bytes, packed.program).ok()) << at;
  }
  for (size_t at = 0; at < packed.program.size(); at += 1 + at / 200) {
    std::string bytes = packed.program;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.Below(8)));
    ASSERT_FALSE(SnapshotImage::Load(1, packed.directory, bytes).ok()) << at;
  }
  ASSERT_FALSE(
      SnapshotImage::Load(1, packed.directory + '\0', packed.program).ok());
}

// Somebody who makes checksums right gets a directory that is refused or one
// that can be asked, never a crash.
TEST_F(SnapshotImages, ChangedWithTheirChecksumAreRefusedOrAnswer) {
  uint64_t taken = 0;
  for (uint64_t i = 0; i < count_ / 6 && !HasFailure(); ++i) {
    Changes changes(random_.Next(), &material_);
    const PackedSnapshot packed = changes.compiler()->Pack().value();
    for (int k = 0; k < 400; ++k) {
      std::string bytes = packed.directory;
      for (size_t edits = 1 + random_.Below(3); edits > 0; --edits) {
        const size_t at = random_.Below(bytes.size());
        bytes[at] =
            random_.Percent(50)
                ? static_cast<char>(random_.Below(256))
                : static_cast<char>(bytes[at] + (random_.Percent(50) ? 1 : -1));
      }
      const uint64_t sum = DirectoryChecksum(bytes);
      std::memcpy(bytes.data() + offsetof(DirectoryHeader, checksum), &sum,
                  sizeof(sum));
      const auto image = SnapshotImage::Load(1, bytes, packed.program);
      if (!image.ok()) continue;
      ++taken;
      const Material::Asked asked = material_.Pick(&random_);
      const RequestView view(asked.one->read().request);
      Answer(*image.value()->snapshot(), view.request(), nullptr);
      const auto why = image.value()->snapshot()->Explain(view.request());
      if (why.ok()) {
        ASSERT_LE(why->explanation.units.size(), 100u);
      }
    }
  }
  std::cout << taken << " were taken\n";
  EXPECT_GT(taken, 0u);
}

}  // namespace
}  // namespace writ::testing
