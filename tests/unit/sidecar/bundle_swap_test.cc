// SPDX-License-Identifier: Apache-2.0
//
// Threads ask without a pause while bundles are swapped under them: every
// answer is what the bundle gives that it names, and none is missing. Run with
// ThreadSanitizer too (preset `tsan`).
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sidecar/decision_point.h"
#include "tests/unit/sidecar/bundle_source_test.h"

namespace writ {
namespace {

constexpr uint64_t kRevisions = 4;
constexpr int kReaders = 4;
constexpr int kSwaps = 200;

// Asks about one revision's resource after the other, in batches of all of
// them and alone.
class Reader {
 public:
  Reader(const DecisionPoint* point, const Asker& asker)
      : point_(point), asker_(asker) {
    for (uint64_t i = 0; i < kRevisions; ++i) {
      names_[i] =
          "acs:oss:cn-hangzhou:1000:data/r" + std::to_string(i + 1) + "/x";
      resources_[i] = names_[i];
      questions_[i].request.principal.name = "acs:ram::1000:user/alice";
      questions_[i].request.action = "oss:GetObject";
      questions_[i].request.resources = {&resources_[i], 1};
    }
  }

  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void AskUntil(const std::atomic<bool>& stop) {
    while (!stop) {
      for (uint64_t i = 0; i < kRevisions; ++i) {
        Answer answer;
        const Status status =
            point_->Check(asker_, Protocol::kCheck, questions_[i], &answer);
        Judge(status, answer, i + 1);
      }
      std::array<Answer, kRevisions> answers;
      std::array<Status, kRevisions> statuses;
      std::shared_ptr<const Bundle> bundle;
      const Status status = point_->CheckAll(
          asker_, Protocol::kBatchCheck, 0, questions_, answers, statuses, &bundle);
      wrong_ += !status.ok();
      for (uint64_t i = 0; i < kRevisions; ++i) {
        Judge(statuses[i], answers[i], i + 1);
        wrong_ += answers[i].bundle != bundle;
      }
    }
  }

  uint64_t right() const { return right_; }
  uint64_t wrong() const { return wrong_; }
  bool saw_all() const {
    for (const bool seen : seen_) {
      if (!seen) return false;
    }
    return true;
  }

 private:
  void Judge(const Status& status, const Answer& answer, uint64_t revision) {
    const bool good =
        status.ok() && answer.bundle != nullptr &&
        answer.decision.allowed() == (answer.bundle->revision() == revision);
    good ? ++right_ : ++wrong_;
    if (good) seen_[answer.bundle->revision() - 1] = true;
  }

  const DecisionPoint* const point_;
  const Asker asker_;
  std::array<std::string, kRevisions> names_;
  std::array<std::string_view, kRevisions> resources_;
  std::array<Question, kRevisions> questions_;
  std::array<bool, kRevisions> seen_ = {};
  uint64_t right_ = 0;
  uint64_t wrong_ = 0;
};

using BundleSwapTest = BundleSourceTest;

TEST_F(BundleSwapTest, NoAnswerIsWrongOrMissing) {
  std::vector<std::string> bundles;
  for (uint64_t i = 0; i < kRevisions; ++i) {
    bundles.push_back(SignedBundle(i + 1, {1}, std::nullopt, 100));
  }
  Write("a.bundle", bundles[0]);
  MakeOfFile();
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  source_->Start();

  const ListenerRules listener = {
      .name = "test",
      .trusted = true,
      .context_prefix = {},
      .askers = {{.name = "tester",
                  .tokens = {},
                  .certificates = {},
                  .rights = {Right::kCheck, Right::kStatements}}}};
  const Asker asker = {.listener = &listener, .rule = &listener.askers[0]};
  const DecisionPoint point({.bundles = &holder_,
                             .log = nullptr,
                             .metrics = &metrics_,
                             .clock = &clock_});
  std::deque<Reader> readers;
  for (int i = 0; i < kReaders; ++i) readers.emplace_back(&point, asker);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (Reader& reader : readers) {
    threads.emplace_back([&] { reader.AskUntil(stop); });
  }
  uint64_t swaps = 0;
  for (uint64_t i = 1; i <= kSwaps; ++i) {
    const uint64_t revision = 1 + i % kRevisions;
    Write("a.bundle", bundles[revision - 1]);
    source_->Reload();
    swaps += Eventually([&] { return source_->State().revision == revision; });
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  source_->Stop();

  EXPECT_EQ(swaps, kSwaps);
  EXPECT_EQ(Error(), "");
  for (const Reader& reader : readers) {
    EXPECT_EQ(reader.wrong(), 0u);
    EXPECT_GT(reader.right(), 0u);
    EXPECT_TRUE(reader.saw_all());
  }
}

}  // namespace
}  // namespace writ
