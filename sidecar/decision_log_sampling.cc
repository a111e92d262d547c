// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_log_sampling.h"

#include <utility>

#include "authz/match_glob.h"

namespace writ {
namespace {

constexpr uint32_t kMillion = 1000000;

// SplitMix64: every number of the counter has a number that looks like chance.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Result<LogSampler> LogSampler::Make(std::vector<LogSampling> rules,
                                    uint64_t seed) {
  std::vector<Rule> made;
  for (LogSampling& rule : rules) {
    Rule one;
    one.action = std::move(rule.action);
    one.keep_per_million = rule.keep_per_million;
    if (rule.keep_per_million > kMillion) {
      return InvalidArgument(
          "a sampling rule keeps at most 1000000 of a "
          "million records");
    }
    for (const Verdict verdict :
         {Verdict::kAllow, Verdict::kExplicitDeny, Verdict::kImplicitDeny}) {
      if (VerdictName(verdict) == rule.verdict) one.verdict = verdict;
    }
    if (!rule.verdict.empty() && !one.verdict) {
      return InvalidArgument("no verdict is called `" + rule.verdict +
                             "`: ALLOW, EXPLICIT_DENY, IMPLICIT_DENY");
    }
    made.push_back(std::move(one));
  }
  return LogSampler(std::move(made), seed);
}

bool LogSampler::Keeps(std::string_view action,
                       std::optional<Verdict> verdict) {
  for (const Rule& rule : rules_) {
    if (rule.verdict && rule.verdict != verdict) continue;
    if (!rule.action.empty() &&
        !MatchGlob(rule.action, action, kFoldEverything)) {
      continue;
    }
    if (rule.keep_per_million == kMillion) return true;
    if (rule.keep_per_million == 0) return false;
    const uint64_t number = drawn_.fetch_add(1, std::memory_order_relaxed);
    return Mix(seed_ + number) % kMillion < rule.keep_per_million;
  }
  return true;
}

}  // namespace writ
