// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_AUDIT_H_
#define WRIT_CONTROL_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/status.h"
#include "store/metadata.h"

namespace writ {

// One audit record: the members are the rows of audit_fields.def, and there is
// no place for anything else.
struct AuditEntry {
  std::string time;  // set by Append
  std::string request_id;
  std::string phase = "answered";
  std::string operation;
  std::string principal = "anonymous";
  std::string access_key_id;
  std::string source_ip;
  std::string resource;
  std::string verdict;
  std::string layer;
  std::string reason;
  std::vector<std::string> statements;
  uint64_t revision = 0;
  int http_status = 0;
  std::string code;
  bool unsigned_headers = false;

  // Fills verdict, layer, reason, statements and revision.
  //
  // snapshot  that decided
  void SetDecision(const Decision& decision, const Snapshot& snapshot);
};

// Appends sealed audit records (P51). Thread-safe. Whoever answers a call that
// was authenticated or refused appends first; when that fails, changes and
// invocations answer 503 instead.
class AuditTrail {
 public:
  // store, clock  must outlive the trail
  AuditTrail(MetadataStore* store, const Clock* clock)
      : store_(store), clock_(clock) {}

  // On the disk when this returns.
  Status Append(AuditEntry entry) const;
  // The same for a group of invocations: one write.
  Status Append(std::vector<AuditEntry> entries) const;

  // One record as read back: a JSON object of the fields, on one line.
  struct Line {
    uint64_t sequence = 0;
    std::string json;
  };
  // The last `count` records up to sequence `before` (0: all), newest first.
  Result<std::vector<Line>> Read(size_t count, uint64_t before) const;

 private:
  MetadataStore* const store_;
  const Clock* const clock_;
};

}  // namespace writ

#endif  // WRIT_CONTROL_AUDIT_H_
