// SPDX-License-Identifier: Apache-2.0
//
// Random questions to random directories, through the log and back: every
// record decides again as it was decided, from the line alone.
// WRIT_SEED and WRIT_CASES (forty of them are a directory) choose others.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "cli/redecide.h"
#include "sidecar/decision_record.h"
#include "sidecar/decision_record_reader.h"
#include "tests/property/directory_changes.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

namespace writ::testing {
namespace {

constexpr uint64_t kSeed = 606;
constexpr uint64_t kDirectories = 300;
constexpr uint64_t kRequests = 40;

std::shared_ptr<const Bundle> BundleOf(const SnapshotCompiler& compiler,
                                       uint64_t revision) {
  const PackedSnapshot packed = compiler.Pack().value();
  BundleManifest manifest;
  manifest.revision = revision;
  return Bundle::OpenUnverified(
             MakeBundle(manifest, packed.directory, packed.program))
      .value();
}

// The line of a decision that `bundle` takes now.
std::string LineOf(const Bundle& bundle, const Request& request,
                   const Attachment* session, std::vector<std::string> mask) {
  std::vector<StatementRef> all(200);
  const Decision decision = bundle.snapshot().Decide(request, all, session);
  std::vector<RecordedStatement> statements;
  for (uint32_t i = 0; i < decision.statement_count; ++i) {
    statements.push_back(NameStatement(bundle.snapshot(), all[i]));
  }
  RecordedDecision record;
  record.id = "x-1";
  record.protocol = "check";
  record.request = request;
  record.verdict = decision.verdict;
  record.layer = decision.layer;
  record.reason = decision.reason;
  record.resource = decision.resource;
  record.statements = statements;
  record.bundle_digest = bundle.digest();
  record.revision = bundle.revision();
  if (session != nullptr) {
    record.session = RecordedSession::kDigest;
    record.session_digest = Sha256(session->program->image());
  }
  std::string line;
  DecisionRecordWriter(std::move(mask)).Append(record, WallTime(), &line);
  line.pop_back();
  return line;
}

TEST(Replay, AgreesWithEveryDecisionAndSeesEveryChange) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  const uint64_t directories =
      NumberFromEnvironment("WRIT_CASES", kDirectories * kRequests) / kRequests;
  std::cout << "WRIT_SEED=" << seed << " WRIT_CASES=" << directories * kRequests
            << "\n";
  const Material material(seed);
  reference::Random random(seed);
  ReplayPolicies policies;
  DecisionRecordReader reader;
  uint64_t decided = 0;
  uint64_t changed = 0;
  uint64_t masked = 0;
  uint64_t with_masks = 0;
  for (uint64_t i = 0; i < directories && !HasFailure(); ++i) {
    Changes changes(random.Next(), &material);
    ReplayBundle before(BundleOf(*changes.compiler(), 7));
    for (int k = 0; k < 40; ++k) changes.ChangeOnce();
    ReplayBundle after(BundleOf(*changes.compiler(), 8));
    for (uint64_t k = 0; k < kRequests && !HasFailure(); ++k) {
      const Material::Asked asked = material.Pick(&random);
      const RequestView view(asked.one->read().request);
      const Attachment* const session =
          asked.session ? &*asked.session : nullptr;
      std::vector<std::string> mask;
      if (random.Percent(30) && !view.request().context.empty()) {
        mask.emplace_back(view.request().context.front().key);
      }
      if (session != nullptr) {
        const std::string image(session->program->image());
        ASSERT_TRUE(policies.Add(Sha256(image), image).ok());
      }
      const std::string line =
          LineOf(before.bundle(), view.request(), session, mask);
      ASSERT_TRUE(reader.Read(line).ok()) << line;
      const RecordedDecision& record = reader.decision();
      if (!mask.empty()) ++with_masks;
      const NotDecided why = before.Decide(record, policies);
      if (why == NotDecided::kMasked) {
        ASSERT_FALSE(mask.empty()) << line;
        ++masked;
        continue;
      }
      ASSERT_EQ(why, NotDecided::kNone) << line;
      ASSERT_TRUE(DifferingMembers(record, before).empty()) << line;
      if (!record.statements.empty()) ++decided;
      const NotDecided again = after.Decide(record, policies);
      if (again == NotDecided::kMasked) continue;
      ASSERT_EQ(again, NotDecided::kNone) << line;
      const bool same =
          Answer(before.bundle().snapshot(), view.request(), session) ==
          Answer(after.bundle().snapshot(), view.request(), session);
      const std::vector<std::string_view> members =
          DifferingMembers(record, after);
      if (same) {
        // Another policy of the same name may have other Sids.
        ASSERT_TRUE(members.empty() ||
                    members == std::vector<std::string_view>{"statements"})
            << line;
      } else {
        ASSERT_FALSE(members.empty()) << line;
      }
      if (!same) ++changed;
    }
  }
  std::cout << decided << " with statements, " << changed << " changed, "
            << masked << " of " << with_masks << " with masks left out\n";
  EXPECT_GT(decided, directories * kRequests / 20);
  EXPECT_GT(changed, 0u);
  EXPECT_GT(masked, 0u);
  EXPECT_LT(masked, with_masks);
}

}  // namespace
}  // namespace writ::testing
