// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_LOG_H_
#define WRIT_SIDECAR_DECISION_LOG_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/request.h"
#include "base/clock.h"
#include "base/status.h"
#include "bundle/bundle.h"
#include "sidecar/asker.h"
#include "sidecar/decision_record.h"
#include "sidecar/metrics.h"

namespace writ {

// Where records go.
enum class LogSink : uint8_t { kNone, kFile, kStandardOutput, kOtlp };
// What happens to a question when the queue is full.
enum class LogFull : uint8_t {
  kBlock,         // its asker waits
  kDropAndCount,  // it is answered without a record
  kDeny,          // it is answered UNAVAILABLE: no record, no decision
};

// Which records are kept: the first rule that fits decides; without one all.
struct LogSampling {
  // Empty fits everything; else a pattern of the language (`oss:Get*`).
  std::string action;
  // ALLOW, EXPLICIT_DENY, IMPLICIT_DENY; empty fits all.
  std::string verdict;
  // Of a million records that fit, so many are kept.
  uint32_t keep_per_million = 1000000;
};

struct DecisionLogOptions {
  LogSink sink = LogSink::kNone;
  std::string path;                     // kFile
  uint64_t rotate_bytes = 64ull << 20;  // a file that is larger is closed
  uint32_t keep_files = 8;              // closed ones; the oldest goes first
  std::string otlp_url;                 // kOtlp: https://host/v1/logs
  std::string otlp_ca_file;             // empty: the system's authorities
  LogFull when_full = LogFull::kBlock;
  uint32_t queue_records = 65536;
  uint64_t queue_bytes = 64ull << 20;
  std::vector<LogSampling> sampling;
  // Which records a rule keeps follows from this number and the order of the
  // questions; none: drawn at the start.
  std::optional<uint64_t> sampling_seed;
  // Context keys whose values are replaced by `<masked>`, and members that may
  // be masked: `principal-id`, `session-policy`.
  std::vector<std::string> mask;
};

// One decision, to be recorded. Borrowed for the call.
struct DecisionRecord {
  std::string_view decision_id;
  WallTime time;
  Protocol protocol = Protocol::kCheck;
  const Asker* asker = nullptr;
  const Request* request = nullptr;
  std::string_view session_policy;  // a program image
  // Null for a lookup, which has a tally instead.
  const Decision* decision = nullptr;
  const LookupTally* lookup = nullptr;
  std::span<const StatementRef> statements;  // all that determined it
  const Bundle* bundle = nullptr;
};

// Writes one JSON object a decision (docs/spec/decision_log.md), on a thread of
// its own behind a bounded queue. Thread-safe.
class DecisionLog {
 public:
  // Null when options.sink is kNone.
  //
  // metrics, clock  outlive the log
  // Errors  kInvalidArgument, kPermissionDenied…: the sink cannot be opened
  static Result<std::unique_ptr<DecisionLog>> Open(DecisionLogOptions options,
                                                   Metrics* metrics,
                                                   const Clock* clock);
  virtual ~DecisionLog() = default;
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;

  // A name for the next decision: unique among all sidecars and starts.
  virtual std::string NextId() = 0;

  // Queues a record.
  //
  // Errors  kUnavailable  the queue is full and says kDeny: the question must
  //                       not be answered with this decision
  virtual Status Add(const DecisionRecord& record) = 0;

  // Opens the file again (after it was moved away).
  virtual void Reopen() = 0;
  // Writes what is queued, for at most `grace`, and takes no more.
  virtual void Close(std::chrono::milliseconds grace) = 0;

 protected:
  DecisionLog() = default;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_LOG_H_
