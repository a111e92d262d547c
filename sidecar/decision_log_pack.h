// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_LOG_PACK_H_
#define WRIT_SIDECAR_DECISION_LOG_PACK_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "sidecar/decision_log.h"
#include "sidecar/decision_record.h"

// A decision as the bytes that wait in the queue: everything that a record
// needs, copied once, so that nothing of the question has to live longer.
namespace writ {

// What a record will hold of its statements. Asks the bundle once.
class NamedStatements {
 public:
  explicit NamedStatements(const DecisionRecord& record);
  NamedStatements(const NamedStatements&) = delete;
  NamedStatements& operator=(const NamedStatements&) = delete;

  // Views are into the bundle.
  std::span<const RecordedStatement> all() const { return all_; }

 private:
  std::array<RecordedStatement, kMaxDeterminingStatements> few_;
  std::vector<RecordedStatement> many_;
  std::span<const RecordedStatement> all_;
};

// How many bytes PackDecision writes.
size_t PackedDecisionBytes(const DecisionRecord& record,
                           const NamedStatements& statements);
// Writes them to `to`. No allocation.
void PackDecision(const DecisionRecord& record,
                  const NamedStatements& statements, char* to);

// Reads what PackDecision wrote. Keeps its room between records. One thread.
class DecisionUnpacker {
 public:
  // Reads the decision at the front of `bytes`, which are PackDecision's, and
  // returns how many bytes it has.
  size_t Read(std::string_view bytes);

  // Borrowed from the bytes, until the next Read.
  const RecordedDecision& decision() const { return decision_; }
  WallTime time() const { return time_; }
  std::string_view session_policy() const { return session_policy_; }

 private:
  RecordedDecision decision_;
  WallTime time_;
  std::string_view session_policy_;
  std::vector<std::string_view> resources_;
  std::vector<std::string_view> values_;
  std::vector<ContextEntry> context_;
  std::vector<size_t> value_counts_;
  std::vector<RecordedStatement> statements_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_LOG_PACK_H_
