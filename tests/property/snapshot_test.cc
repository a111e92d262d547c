// SPDX-License-Identifier: Apache-2.0
//
// A directory under random changes: the snapshot that followed them all decides
// like one compiled from the directory as it stands, and like the reference
// evaluator under the policies that a plain search of the directory finds.
// WRIT_SEED and WRIT_CASES (five of them are a change) choose others.
#include "authz/snapshot.h"

#include <gtest/gtest.h>

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

constexpr uint64_t kSeed = 404;
constexpr uint64_t kChanges = 6000;
constexpr uint64_t kChangesOfOneDirectory = 300;
constexpr int kRequestsAfterEach = 12;

// Counts what a statement or being root decided.
void Check(const Material& material, Changes* changes,
           reference::Random* random, uint64_t revision, int* decided) {
  if (random->Percent(10)) {
    ASSERT_TRUE(changes->compiler()->Fold().ok());
  }
  const auto followed = changes->compiler()->Publish(revision).value();
  const auto fresh = changes->world().CompileFresh();
  for (int i = 0; i < kRequestsAfterEach; ++i) {
    const Material::Asked asked = material.Pick(random);
    const RequestView view(asked.one->read().request);
    const Request& request = view.request();
    const Attachment* const session = asked.session ? &*asked.session : nullptr;
    const std::string answer = Answer(*followed, request, session);
    ASSERT_EQ(answer, Answer(*fresh, request, session)) << asked.one->line();
    if (request.resources.size() == 1) {
      ASSERT_EQ(answer, changes->world().Answer(request, asked.session_tree))
          << asked.one->line();
    }
    if (!answer.starts_with("IMPLICIT")) ++*decided;
  }
}

TEST(Snapshots, FollowChangesLikeAFreshCompilation) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  // A change costs as much as five decisions.
  const uint64_t count = NumberFromEnvironment("WRIT_CASES", 5 * kChanges) / 5;
  std::cout << "WRIT_SEED=" << seed << " WRIT_CASES=" << 5 * count << "\n";
  const Material material(seed);
  reference::Random random(seed);
  int decided = 0;
  uint64_t checks = 0;
  std::unique_ptr<Changes> changes;
  for (uint64_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    if (i % kChangesOfOneDirectory == 0) {
      changes = std::make_unique<Changes>(random.Next(), &material);
    }
    changes->ChangeOnce();
    if (random.Percent(60)) {
      Check(material, changes.get(), &random, ++checks, &decided);
    }
  }
  std::cout << decided << " of " << checks * kRequestsAfterEach
            << " decided by a statement or by root\n";
  EXPECT_GT(static_cast<uint64_t>(decided), checks * kRequestsAfterEach / 10);
}

}  // namespace
}  // namespace writ::testing
