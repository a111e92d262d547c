// SPDX-License-Identifier: Apache-2.0
//
// Counts live in plain atomics, in several copies (shards) so that threads that
// decide at the same time seldom write to the same cache line; a page adds the
// copies up. The library's own counters would take a mutex for each latency and
// a compare-and-swap of a double for each decision; it renders the page.
#include "sidecar/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <sstream>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "sidecar/process_figures.h"

namespace writ {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kProtocolNames[] = {
#define PROTOCOL(Name, name) name,
#include "sidecar/protocols.def"
#undef PROTOCOL
};
constexpr size_t kProtocols = std::size(kProtocolNames);

constexpr Verdict kVerdicts[] = {Verdict::kImplicitDeny, Verdict::kExplicitDeny,
                                 Verdict::kAllow};

constexpr StatusCode kCodes[] = {
#define STATUS_CODE(number, Name, text) StatusCode::k##Name,
#include "base/status_codes.def"
#undef STATUS_CODE
};

// Upper bounds of the latency buckets. A decision takes one to a hundred
// microseconds, a batch or a full decision log milliseconds.
constexpr int64_t kBucketNanoseconds[] = {
    1'000,       2'500,       5'000,       10'000,       25'000,
    50'000,      100'000,     250'000,     500'000,      1'000'000,
    2'500'000,   5'000'000,   10'000'000,  25'000'000,   50'000'000,
    100'000'000, 250'000'000, 500'000'000, 1'000'000'000};
constexpr size_t kBuckets = std::size(kBucketNanoseconds) + 1;
constexpr double kNanosecond = 1e-9;

using Count = std::atomic<uint64_t>;

void Add(Count* count, uint64_t by) {
  count->fetch_add(by, std::memory_order_relaxed);
}
uint64_t Read(const Count& count) {
  return count.load(std::memory_order_relaxed);
}

constexpr size_t kShards = 16;
constexpr size_t kCacheLineBytes = 64;

struct alignas(kCacheLineBytes) ProtocolCounts {
  std::array<Count, std::size(kVerdicts)> decisions = {};
  std::array<Count, std::size(kCodes)> refused = {};
  std::array<Count, kBuckets> latency = {};
  Count latency_nanoseconds = 0;
};
using Shard = std::array<ProtocolCounts, kProtocols>;

// The shard of the calling thread.
size_t ShardOfThread() {
  static std::atomic<size_t> next{0};
  thread_local const size_t mine =
      next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
}

ClientMetric Sample(std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  return metric;
}

MetricFamily Family(std::string name, std::string help, MetricType type) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

MetricFamily OneNumber(std::string name, std::string help, MetricType type,
                       double value) {
  MetricFamily family = Family(std::move(name), std::move(help), type);
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family.metric.push_back(std::move(metric));
  return family;
}

}  // namespace

std::string_view ProtocolName(Protocol protocol) {
  const auto index = static_cast<size_t>(protocol);
  return index < kProtocols ? kProtocolNames[index] : "unknown";
}

struct Metrics::Families {
  std::array<Shard, kShards> shards;
  Count good_loads = 0;
  Count bad_loads = 0;
  Count log_queue = 0;
  Count log_written = 0;
  Count log_dropped = 0;
  Count log_failed = 0;
  Count log_sampled_out = 0;

  struct InForce {
    uint64_t revision = 0;
    int64_t loaded_at = 0;
    uint32_t statements = 0;
    std::optional<int64_t> not_after;
  };
  mutable Mutex mu;
  std::optional<InForce> bundle WRIT_GUARDED_BY(mu);

  ProtocolCounts& Mine(Protocol protocol) {
    return shards[ShardOfThread()][static_cast<size_t>(protocol)];
  }

  // The sum of one count over all shards.
  template <typename Member>
  uint64_t Sum(size_t protocol, Member member) const {
    uint64_t sum = 0;
    for (const Shard& shard : shards) sum += Read(member(shard[protocol]));
    return sum;
  }

  void AddQuestions(std::vector<MetricFamily>* page) const;
  void AddLatency(std::vector<MetricFamily>* page) const;
  void AddBundle(std::vector<MetricFamily>* page) const;
  void AddDecisionLog(std::vector<MetricFamily>* page) const;
};

void Metrics::Families::AddQuestions(std::vector<MetricFamily>* page) const {
  MetricFamily decisions =
      Family("writ_decisions_total", "Decisions, by door and verdict.",
             MetricType::Counter);
  MetricFamily refused =
      Family("writ_refused_total",
             "Questions that got no decision, by door and status code.",
             MetricType::Counter);
  for (size_t p = 0; p < kProtocols; ++p) {
    const std::string protocol(kProtocolNames[p]);
    for (size_t v = 0; v < std::size(kVerdicts); ++v) {
      ClientMetric metric =
          Sample({{"protocol", protocol},
                  {"verdict", std::string(VerdictName(kVerdicts[v]))}});
      metric.counter.value = static_cast<double>(
          Sum(p, [v](const ProtocolCounts& c) -> const Count& {
            return c.decisions[v];
          }));
      decisions.metric.push_back(std::move(metric));
    }
    for (size_t s = 0; s < std::size(kCodes); ++s) {
      const uint64_t count =
          Sum(p, [s](const ProtocolCounts& c) -> const Count& {
            return c.refused[s];
          });
      // Seventeen codes at eight doors: those that occurred.
      if (count == 0) continue;
      ClientMetric metric =
          Sample({{"protocol", protocol},
                  {"code", std::string(StatusCodeName(kCodes[s]))}});
      metric.counter.value = static_cast<double>(count);
      refused.metric.push_back(std::move(metric));
    }
  }
  page->push_back(std::move(decisions));
  page->push_back(std::move(refused));
}

void Metrics::Families::AddLatency(std::vector<MetricFamily>* page) const {
  MetricFamily family =
      Family("writ_question_duration_seconds",
             "From a question's arrival to its answer, by door.",
             MetricType::Histogram);
  for (size_t p = 0; p < kProtocols; ++p) {
    ClientMetric metric =
        Sample({{"protocol", std::string(kProtocolNames[p])}});
    uint64_t cumulative = 0;
    for (size_t b = 0; b < kBuckets; ++b) {
      cumulative += Sum(p, [b](const ProtocolCounts& c) -> const Count& {
        return c.latency[b];
      });
      // The library adds the last bucket, without a bound, from the count.
      if (b == kBuckets - 1) break;
      ClientMetric::Bucket bucket;
      bucket.upper_bound =
          static_cast<double>(kBucketNanoseconds[b]) * kNanosecond;
      bucket.cumulative_count = cumulative;
      metric.histogram.bucket.push_back(bucket);
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum =
        static_cast<double>(Sum(p,
                                [](const ProtocolCounts& c) -> const Count& {
                                  return c.latency_nanoseconds;
                                })) *
        kNanosecond;
    family.metric.push_back(std::move(metric));
  }
  page->push_back(std::move(family));
}

void Metrics::Families::AddBundle(std::vector<MetricFamily>* page) const {
  MetricFamily loads =
      Family("writ_bundle_loads_total", "Attempts to load a bundle, by result.",
             MetricType::Counter);
  for (const bool good : {true, false}) {
    ClientMetric metric = Sample({{"result", good ? "good" : "bad"}});
    metric.counter.value =
        static_cast<double>(Read(good ? good_loads : bad_loads));
    loads.metric.push_back(std::move(metric));
  }
  page->push_back(std::move(loads));

  std::optional<InForce> now;
  {
    MutexLock lock(&mu);
    now = bundle;
  }
  MetricFamily info =
      Family("writ_build_info", "Always 1; what runs.", MetricType::Gauge);
  info.metric.push_back(Sample({{"version", WRIT_VERSION}}));
  info.metric.back().gauge.value = 1;
  page->push_back(std::move(info));
  const auto gauge = [page](std::string name, std::string help, auto value) {
    page->push_back(OneNumber(std::move(name), std::move(help),
                              MetricType::Gauge, static_cast<double>(value)));
  };
  gauge("writ_bundle_serving", "1 when a bundle is in force.",
        now.has_value() ? 1 : 0);
  if (!now.has_value()) return;
  gauge("writ_bundle_revision", "Revision of the bundle in force.",
        now->revision);
  gauge("writ_bundle_statements", "Statements of the bundle in force.",
        now->statements);
  gauge("writ_bundle_loaded_timestamp_seconds",
        "When the bundle in force was loaded, in seconds since 1970.",
        now->loaded_at);
  if (now->not_after.has_value()) {
    gauge("writ_bundle_expiry_timestamp_seconds",
          "When the bundle in force expires, in seconds since 1970.",
          *now->not_after);
  }
}

void Metrics::Families::AddDecisionLog(std::vector<MetricFamily>* page) const {
  page->push_back(OneNumber(
      "writ_decision_log_queue_records", "Records that wait to be written.",
      MetricType::Gauge, static_cast<double>(Read(log_queue))));
  MetricFamily family =
      Family("writ_decision_log_records_total",
             "Records of the decision log, by outcome.", MetricType::Counter);
  const std::pair<const char*, const Count*> outcomes[] = {
      {"written", &log_written},
      {"dropped", &log_dropped},
      {"failed", &log_failed},
      {"sampled-out", &log_sampled_out}};
  for (const auto& [name, count] : outcomes) {
    ClientMetric metric = Sample({{"outcome", name}});
    metric.counter.value = static_cast<double>(Read(*count));
    family.metric.push_back(std::move(metric));
  }
  page->push_back(std::move(family));
}

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::CountDecision(Protocol protocol, Verdict verdict) {
  Add(&families_->Mine(protocol).decisions[static_cast<size_t>(verdict)], 1);
}

void Metrics::CountRefused(Protocol protocol, std::string_view code) {
  size_t index = 0;
  while (index < std::size(kCodes) && StatusCodeName(kCodes[index]) != code) {
    ++index;
  }
  if (index == std::size(kCodes)) {
    index = static_cast<size_t>(
        std::ranges::find(kCodes, StatusCode::kUnknown) - std::begin(kCodes));
  }
  Add(&families_->Mine(protocol).refused[index], 1);
}

void Metrics::ObserveLatency(Protocol protocol,
                             std::chrono::nanoseconds elapsed) {
  const int64_t nanoseconds = std::max<int64_t>(elapsed.count(), 0);
  const auto bucket = static_cast<size_t>(
      std::ranges::lower_bound(kBucketNanoseconds, nanoseconds) -
      std::begin(kBucketNanoseconds));
  ProtocolCounts& counts = families_->Mine(protocol);
  Add(&counts.latency[bucket], 1);
  Add(&counts.latency_nanoseconds, static_cast<uint64_t>(nanoseconds));
}

void Metrics::SetBundle(uint64_t revision, int64_t loaded_at_seconds,
                        uint32_t statements, std::optional<int64_t> not_after) {
  MutexLock lock(&families_->mu);
  families_->bundle =
      Families::InForce{revision, loaded_at_seconds, statements, not_after};
}

void Metrics::CountReload(bool good) {
  Add(good ? &families_->good_loads : &families_->bad_loads, 1);
}

void Metrics::SetLogQueue(uint64_t records) {
  families_->log_queue.store(records, std::memory_order_relaxed);
}
void Metrics::CountLogWritten(uint64_t records) {
  Add(&families_->log_written, records);
}
void Metrics::CountLogDropped(uint64_t records) {
  Add(&families_->log_dropped, records);
}
void Metrics::CountLogFailed(uint64_t records) {
  Add(&families_->log_failed, records);
}

void Metrics::CountLogSampledOut(uint64_t records) {
  Add(&families_->log_sampled_out, records);
}

std::string Metrics::Text() const {
  std::vector<MetricFamily> page;
  families_->AddQuestions(&page);
  families_->AddLatency(&page);
  families_->AddBundle(&page);
  families_->AddDecisionLog(&page);
  for (const ProcessFigure& figure : ReadProcessFigures()) {
    page.push_back(OneNumber(
        figure.name, figure.help,
        figure.counts ? MetricType::Counter : MetricType::Gauge, figure.value));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, page);
  return std::move(text).str();
}

}  // namespace writ
