// SPDX-License-Identifier: Apache-2.0
#include "sidecar/metrics.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/sidecar/metrics_page.h"

namespace writ {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

TEST(Metrics, ThePageIsWellFormedBeforeAnythingWasCounted) {
  const MetricsPage page(Metrics().Text());
  EXPECT_EQ(page.error(), "");
  EXPECT_THAT(page.Value("writ_bundle_serving"), Optional(0));
  EXPECT_EQ(page.Value("writ_bundle_revision"), std::nullopt);
  EXPECT_THAT(
      page.Value("writ_decisions_total{protocol=\"check\",verdict=\"ALLOW\"}"),
      Optional(0));
}

TEST(Metrics, EveryDoorHasEveryVerdict) {
  Metrics metrics;
  const Protocol protocols[] = {
#define PROTOCOL(Name, name) Protocol::k##Name,
#include "sidecar/protocols.def"
#undef PROTOCOL
  };
  double count = 0;
  for (const Protocol protocol : protocols) {
    for (const Verdict verdict :
         {Verdict::kAllow, Verdict::kExplicitDeny, Verdict::kImplicitDeny}) {
      ++count;
      for (int i = 0; i < count; ++i) metrics.CountDecision(protocol, verdict);
    }
  }
  const MetricsPage page(metrics.Text());
  ASSERT_EQ(page.error(), "");
  count = 0;
  for (const Protocol protocol : protocols) {
    for (const Verdict verdict :
         {Verdict::kAllow, Verdict::kExplicitDeny, Verdict::kImplicitDeny}) {
      EXPECT_THAT(
          page.Value("writ_decisions_total{protocol=\"" +
                     std::string(ProtocolName(protocol)) + "\",verdict=\"" +
                     std::string(VerdictName(verdict)) + "\"}"),
          Optional(++count));
    }
  }
}

TEST(Metrics, RefusalsCountByStatusCodeAndNeverByOtherText) {
  Metrics metrics;
  metrics.CountRefused(Protocol::kCheck,
                       StatusCodeName(StatusCode::kUnavailable));
  metrics.CountRefused(Protocol::kCheck, "unavailable");
  metrics.CountRefused(Protocol::kAuthZen, "whatever an asker sent");
  const std::string text = metrics.Text();
  EXPECT_THAT(text, Not(HasSubstr("whatever")));
  const MetricsPage page(text);
  ASSERT_EQ(page.error(), "");
  EXPECT_THAT(
      page.Value("writ_refused_total{protocol=\"check\",code=\"unavailable\"}"),
      Optional(2));
  EXPECT_THAT(
      page.Value("writ_refused_total{protocol=\"authzen\",code=\"unknown\"}"),
      Optional(1));
}

TEST(Metrics, ALatencyFallsIntoTheBucketThatEndsAtIt) {
  Metrics metrics;
  metrics.ObserveLatency(Protocol::kCheck, microseconds(5));
  metrics.ObserveLatency(Protocol::kCheck, nanoseconds(5001));
  metrics.ObserveLatency(Protocol::kCheck, std::chrono::seconds(20));
  metrics.ObserveLatency(Protocol::kCheck, nanoseconds(-3));
  const MetricsPage page(metrics.Text());
  ASSERT_EQ(page.error(), "");
  const auto bucket = [&page](const std::string& bound) {
    return page.Value(
        "writ_question_duration_seconds_bucket{protocol=\"check\",le=\"" +
        bound + "\"}");
  };
  EXPECT_THAT(bucket("1e-06"), Optional(1));
  EXPECT_THAT(bucket("5e-06"), Optional(2));
  EXPECT_THAT(bucket("1e-05"), Optional(3));
  EXPECT_THAT(bucket("1"), Optional(3));
  EXPECT_THAT(bucket("+Inf"), Optional(4));
  EXPECT_THAT(
      page.Value("writ_question_duration_seconds_sum{protocol=\"check\"}"),
      Optional(::testing::DoubleNear(20.000010001, 1e-9)));
}

TEST(Metrics, CountsOfManyThreadsAddUp) {
  Metrics metrics;
  constexpr int kThreads = 20;
  constexpr int kEach = 5000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < kEach; ++i) {
        metrics.CountDecision(Protocol::kExtAuthz, Verdict::kAllow);
        metrics.ObserveLatency(Protocol::kExtAuthz, microseconds(i % 3000));
      }
    });
  }
  // A page that is made meanwhile is well formed too.
  EXPECT_EQ(MetricsPage(metrics.Text()).error(), "");
  for (std::thread& thread : threads) thread.join();
  const MetricsPage page(metrics.Text());
  ASSERT_EQ(page.error(), "");
  EXPECT_THAT(
      page.Value(
          "writ_decisions_total{protocol=\"ext-authz\",verdict=\"ALLOW\"}"),
      Optional(kThreads * kEach));
  EXPECT_THAT(
      page.Value(
          "writ_question_duration_seconds_count{protocol=\"ext-authz\"}"),
      Optional(kThreads * kEach));
}

TEST(Metrics, TheBundleInForceAndWhatBecameOfLoads) {
  Metrics metrics;
  metrics.SetBundle(41, 1700000000, 10, 1800000000);
  metrics.CountReload(true);
  metrics.CountReload(false);
  metrics.CountReload(false);
  {
    const MetricsPage page(metrics.Text());
    ASSERT_EQ(page.error(), "");
    EXPECT_THAT(page.Value("writ_bundle_serving"), Optional(1));
    EXPECT_THAT(page.Value("writ_bundle_revision"), Optional(41));
    EXPECT_THAT(page.Value("writ_bundle_statements"), Optional(10));
    EXPECT_THAT(page.Value("writ_bundle_loaded_timestamp_seconds"),
                Optional(1700000000));
    EXPECT_THAT(page.Value("writ_bundle_expiry_timestamp_seconds"),
                Optional(1800000000));
    EXPECT_THAT(page.Value("writ_bundle_loads_total{result=\"good\"}"),
                Optional(1));
    EXPECT_THAT(page.Value("writ_bundle_loads_total{result=\"bad\"}"),
                Optional(2));
  }
  metrics.SetBundle(40, 1700000001, 9);
  const MetricsPage page(metrics.Text());
  EXPECT_THAT(page.Value("writ_bundle_revision"), Optional(40));
  EXPECT_EQ(page.Value("writ_bundle_expiry_timestamp_seconds"), std::nullopt);
}

TEST(Metrics, TheDecisionLogByOutcome) {
  Metrics metrics;
  metrics.SetLogQueue(7);
  metrics.CountLogWritten(100);
  metrics.CountLogDropped(3);
  metrics.CountLogFailed(2);
  const MetricsPage page(metrics.Text());
  EXPECT_THAT(page.Value("writ_decision_log_queue_records"), Optional(7));
  EXPECT_THAT(
      page.Value("writ_decision_log_records_total{outcome=\"written\"}"),
      Optional(100));
  EXPECT_THAT(
      page.Value("writ_decision_log_records_total{outcome=\"dropped\"}"),
      Optional(3));
  EXPECT_THAT(page.Value("writ_decision_log_records_total{outcome=\"failed\"}"),
              Optional(2));
}

TEST(Metrics, TheProcessAndItsBuild) {
  Metrics metrics;
  const std::string text = metrics.Text();
  const MetricsPage page(text);
  ASSERT_EQ(page.error(), "") << text;
  EXPECT_THAT(text, ::testing::ContainsRegex(
                        "writ_build_info.version=.[0-9]+[.][0-9.]+.. 1"));
  for (const char* name :
       {"process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_open_fds", "process_max_fds", "process_threads"}) {
    EXPECT_THAT(page.Value(name), Optional(::testing::Gt(0))) << name;
  }
  // Between 2020 and 2100.
  EXPECT_THAT(
      page.Value("process_start_time_seconds"),
      Optional(::testing::AllOf(::testing::Gt(1.58e9), ::testing::Lt(4.1e9))));
  EXPECT_EQ(page.types().at("process_cpu_seconds_total"), "counter");
}

TEST(Metrics, EveryNameHasItsRowInTheDocuments) {
  Metrics metrics;
  metrics.SetBundle(1, 1, 1, 1);
  const Result<std::string> document = ReadFile("docs/metrics.md", 1u << 20);
  ASSERT_TRUE(document.ok()) << document.status().ToString();
  const MetricsPage page(metrics.Text());
  EXPECT_GE(page.types().size(), 19u);
  for (const auto& [name, type] : page.types()) {
    EXPECT_THAT(*document, HasSubstr("`" + name + "`"));
  }
}

TEST(MetricsPage, SeesWhatIsWrong) {
  const std::string head = "# HELP a b\n# TYPE a counter\n";
  EXPECT_EQ(MetricsPage(head + "a 1\n").error(), "");
  for (const char* bad :
       {"a 1", "a x\n", "a  1\n", "b 1\n", "a -1\n", "a 1\na 1\n", "a{} 1\n",
        "a{x=1} 1\n", "a{x=\"1\" 1\n", "a{x=\"1\",x=\"1\"} 1\n",
        "# HELP a again\n# TYPE a gauge\n", "# HELP c d\nc 1\n"}) {
    EXPECT_NE(MetricsPage(head + bad).error(), "") << bad;
  }
  const std::string histogram = "# HELP h b\n# TYPE h histogram\n";
  EXPECT_EQ(MetricsPage(histogram + "h_count 2\nh_sum 1\nh_bucket{le=\"1\"} 1\n"
                                    "h_bucket{le=\"+Inf\"} 2\n")
                .error(),
            "");
  for (const char* bad :
       {"h_count 2\nh_sum 1\nh_bucket{le=\"+Inf\"} 1\n",
        "h_count 2\nh_bucket{le=\"+Inf\"} 2\n",
        "h_count 2\nh_sum 1\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 2\n"
        "h_bucket{le=\"+Inf\"} 2\n"}) {
    EXPECT_NE(MetricsPage(histogram + bad).error(), "") << bad;
  }
}

}  // namespace
}  // namespace writ
