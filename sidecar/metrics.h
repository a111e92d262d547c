// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_METRICS_H_
#define WRIT_SIDECAR_METRICS_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authz/decision.h"

namespace writ {

// Through which door a question came.
enum class Protocol : uint8_t {
#define PROTOCOL(Name, name) k##Name,
#include "sidecar/protocols.def"
#undef PROTOCOL
};
std::string_view ProtocolName(Protocol protocol);

// What the sidecar counts, in the text format of Prometheus (docs/sidecar.md
// lists the names). Thread-safe; counting takes no lock: a decision's two calls
// are a few relaxed additions to memory that few threads share. No label holds
// anything that an asker sent.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void CountDecision(Protocol protocol, Verdict verdict);
  // A question that got no decision; `code` is the name of a status code
  // (StatusCodeName). Another text counts as `unknown`.
  void CountRefused(Protocol protocol, std::string_view code);
  // From the question's arrival to its answer.
  void ObserveLatency(Protocol protocol, std::chrono::nanoseconds elapsed);

  // The bundle that is now in force.
  //
  // not_after  seconds since 1970; none: it does not expire
  void SetBundle(uint64_t revision, int64_t loaded_at_seconds,
                 uint32_t statements,
                 std::optional<int64_t> not_after = std::nullopt);
  void CountReload(bool good);

  void SetLogQueue(uint64_t records);
  void CountLogWritten(uint64_t records);
  void CountLogDropped(uint64_t records);
  void CountLogFailed(uint64_t records);
  // Decisions that no record was wanted of.
  void CountLogSampledOut(uint64_t records);

  // The page for /metrics: what was counted, and what the system says of this
  // process. Blocks for a few reads of /proc.
  std::string Text() const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_METRICS_H_
