// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_LOG_SAMPLING_H_
#define WRIT_SIDECAR_DECISION_LOG_SAMPLING_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "base/status.h"
#include "sidecar/decision_log.h"

namespace writ {

// Which records are kept. Thread-safe; no lock, no allocation.
class LogSampler {
 public:
  // Errors  kInvalidArgument  no such verdict, or a rate above a million
  static Result<LogSampler> Make(std::vector<LogSampling> rules, uint64_t seed);
  LogSampler(LogSampler&& other) noexcept
      : rules_(std::move(other.rules_)), seed_(other.seed_) {}

  // verdict  none: a lookup, which only rules for every verdict fit
  bool Keeps(std::string_view action, std::optional<Verdict> verdict);

 private:
  struct Rule {
    std::string action;
    std::optional<Verdict> verdict;
    uint32_t keep_per_million = 0;
  };
  LogSampler(std::vector<Rule> rules, uint64_t seed)
      : rules_(std::move(rules)), seed_(seed) {}

  std::vector<Rule> rules_;
  uint64_t seed_;
  // Of questions that a rate between none and all was asked for.
  std::atomic<uint64_t> drawn_{0};
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_LOG_SAMPLING_H_
