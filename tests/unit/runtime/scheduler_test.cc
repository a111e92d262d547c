// SPDX-License-Identifier: Apache-2.0
#include "runtime/scheduler.h"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/runtime/fake_node.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

FunctionRoute Route(std::string name, uint64_t revision = 1) {
  FunctionRoute route;
  route.account = "1234567890123456";
  route.name = std::move(name);
  route.revision = revision;
  return route;
}

class SchedulerTest : public ::testing::Test {
 protected:
  using Acquired = std::variant<Scheduler::Place, PlatformError>;

  Scheduler& Make(const Scheduler::Options& options, uint32_t slots = 10) {
    scheduler_.emplace(options);
    scheduler_->AddNode(&node_, slots);
    return *scheduler_;
  }
  Scheduler& Make() { return Make(Scheduler::Options{}); }

  static std::string Id(const Acquired& acquired) {
    const auto* place = std::get_if<Scheduler::Place>(&acquired);
    return place == nullptr ? "" : place->instance_id();
  }
  static std::string Code(const Acquired& acquired) {
    const auto* error = std::get_if<PlatformError>(&acquired);
    return error == nullptr ? "" : error->code;
  }

  FakeNode node_{"node"};
  std::optional<Scheduler> scheduler_;
};

TEST_F(SchedulerTest, ReusesAnInstanceThatWasGivenBack) {
  Scheduler& scheduler = Make();
  std::string first;
  {
    const Acquired place = scheduler.Acquire(Route("f"));
    first = Id(place);
    EXPECT_TRUE(std::get_if<Scheduler::Place>(&place)->fresh());
  }
  const Acquired again = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Id(again), first);
  EXPECT_FALSE(std::get_if<Scheduler::Place>(&again)->fresh());
  EXPECT_EQ(node_.started(), 1);
}

TEST_F(SchedulerTest, OneInstanceServesOneInvocationAtATimeByDefault) {
  Scheduler& scheduler = Make();
  const Acquired one = scheduler.Acquire(Route("f"));
  const Acquired two = scheduler.Acquire(Route("f"));
  EXPECT_NE(Id(one), Id(two));
}

TEST_F(SchedulerTest, ConcurrencyFillsAnInstanceBeforeTheNext) {
  Scheduler& scheduler = Make();
  FunctionRoute route = Route("f");
  route.instance_concurrency = 2;
  const Acquired one = scheduler.Acquire(route);
  const Acquired two = scheduler.Acquire(route);
  const Acquired three = scheduler.Acquire(route);
  EXPECT_EQ(Id(one), Id(two));
  EXPECT_NE(Id(one), Id(three));
}

TEST_F(SchedulerTest, FunctionsDoNotShareInstances) {
  Scheduler& scheduler = Make();
  { const Acquired place = scheduler.Acquire(Route("f")); }
  const Acquired other = scheduler.Acquire(Route("g"));
  EXPECT_EQ(node_.started(), 2);
}

TEST_F(SchedulerTest, ANewRevisionRetiresTheOldInstances) {
  Scheduler& scheduler = Make();
  { const Acquired place = scheduler.Acquire(Route("f", 1)); }
  const Acquired place = scheduler.Acquire(Route("f", 2));
  EXPECT_EQ(Id(place), "node-2");
  EXPECT_EQ(node_.running(), 1u);
  EXPECT_EQ(scheduler.instance_count(), 1u);
}

TEST_F(SchedulerTest, AnOldInstanceInUseIsNotLentAgain) {
  Scheduler& scheduler = Make();
  std::optional<Acquired> old = scheduler.Acquire(Route("f", 1));
  { const Acquired place = scheduler.Acquire(Route("f", 2)); }
  old.reset();
  const Acquired place = scheduler.Acquire(Route("f", 2));
  EXPECT_EQ(Id(place), "node-2");
}

TEST_F(SchedulerTest, ADeletedFunctionLosesItsInstances) {
  Scheduler& scheduler = Make();
  { const Acquired place = scheduler.Acquire(Route("f")); }
  scheduler.FunctionChanged("1234567890123456", "f", 0);
  EXPECT_EQ(scheduler.instance_count(), 0u);
  EXPECT_EQ(node_.running(), 0u);
}

TEST_F(SchedulerTest, ALostInstanceIsForgotten) {
  Scheduler& scheduler = Make();
  {
    Acquired place = scheduler.Acquire(Route("f"));
    std::get_if<Scheduler::Place>(&place)->Lost();
  }
  EXPECT_EQ(scheduler.instance_count(), 0u);
  const Acquired place = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Id(place), "node-2");
}

TEST_F(SchedulerTest, AnInstanceThatTheNodeReportsGoneIsForgotten) {
  Scheduler& scheduler = Make();
  std::string id;
  {
    const Acquired place = scheduler.Acquire(Route("f"));
    id = Id(place);
  }
  scheduler.InstanceEnded("another node", id);
  EXPECT_EQ(scheduler.instance_count(), 1u);
  scheduler.InstanceEnded("node", id);
  EXPECT_EQ(scheduler.instance_count(), 0u);
}

TEST_F(SchedulerTest, AFailedStartIsTheAskersAnswerAndFreesTheSlot) {
  Scheduler& scheduler = Make(Scheduler::Options{}, 1);
  node_.start_error = PlatformError{
      .http_status = 412, .code = "CAExited", .message = "exit 1"};
  EXPECT_EQ(Code(scheduler.Acquire(Route("f"))), "CAExited");
  node_.start_error.reset();
  EXPECT_EQ(Code(scheduler.Acquire(Route("f"))), "");
}

TEST_F(SchedulerTest, BeyondTheMostInstancesTheLastAskerIsTurnedAway) {
  Scheduler::Options options;
  options.max_instances_per_function = 1;
  options.max_wait = milliseconds(20);
  Scheduler& scheduler = Make(options);
  const Acquired one = scheduler.Acquire(Route("f"));
  const Acquired two = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Code(two), "ResourceExhausted");
  EXPECT_EQ(std::get_if<PlatformError>(&two)->http_status, 429);
}

TEST_F(SchedulerTest, AWaitingAskerGetsWhatIsGivenBack) {
  Scheduler::Options options;
  options.max_instances_per_function = 1;
  options.max_wait = milliseconds(60000);
  Scheduler& scheduler = Make(options);
  std::optional<Acquired> held = scheduler.Acquire(Route("f"));
  const std::string id = Id(*held);
  std::future<std::string> waiting = std::async(
      std::launch::async, [&] { return Id(scheduler.Acquire(Route("f"))); });
  held.reset();
  EXPECT_EQ(waiting.get(), id);
}

TEST_F(SchedulerTest, TheQueueIsBounded) {
  Scheduler::Options options;
  options.max_instances_per_function = 1;
  options.max_waiting = 0;
  options.max_wait = milliseconds(60000);
  Scheduler& scheduler = Make(options);
  const Acquired held = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Code(scheduler.Acquire(Route("f"))), "ResourceExhausted");
}

TEST_F(SchedulerTest, AFullNodeGivesUpTheFunctionThatWasUsedLongestAgo) {
  Scheduler& scheduler = Make(Scheduler::Options{}, 2);
  { const Acquired place = scheduler.Acquire(Route("oldest")); }
  { const Acquired place = scheduler.Acquire(Route("newer")); }
  const Acquired place = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Id(place), "node-3");
  EXPECT_EQ(node_.running(), 2u);
  const Acquired newer = scheduler.Acquire(Route("newer"));
  EXPECT_EQ(Id(newer), "node-2");
}

TEST_F(SchedulerTest, ADeadNodeGivesNoPlace) {
  Scheduler& scheduler = Make();
  { const Acquired place = scheduler.Acquire(Route("f")); }
  node_.Die();
  const Acquired place = scheduler.Acquire(Route("f"));
  EXPECT_EQ(Code(place), "ServiceUnavailable");
  EXPECT_EQ(std::get_if<PlatformError>(&place)->http_status, 503);
}

TEST_F(SchedulerTest, WithoutANodeThereIsNoPlace) {
  Scheduler scheduler;
  EXPECT_EQ(Code(scheduler.Acquire(Route("f"))), "ServiceUnavailable");
}

TEST_F(SchedulerTest, ManyAskersAtOnceNeverShareAnInstance) {
  Scheduler::Options options;
  options.max_instances_per_function = 4;
  options.max_wait = milliseconds(60000);
  Scheduler& scheduler = Make(options);
  std::mutex mu;
  std::set<std::string> in_use;
  int clashes = 0;
  std::vector<std::future<void>> askers;
  for (int i = 0; i < 8; ++i) {
    askers.push_back(std::async(std::launch::async, [&] {
      for (int round = 0; round < 200; ++round) {
        const Acquired place = scheduler.Acquire(Route("f"));
        const std::string id = Id(place);
        {
          const std::lock_guard lock(mu);
          if (!in_use.insert(id).second) ++clashes;
        }
        const std::lock_guard lock(mu);
        in_use.erase(id);
      }
    }));
  }
  for (std::future<void>& asker : askers) asker.get();
  EXPECT_EQ(clashes, 0);
  EXPECT_LE(node_.started(), 4);
}

}  // namespace
}  // namespace writ
