// SPDX-License-Identifier: Apache-2.0
#include "control/audit.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace writ {
namespace {

using Json = nlohmann::ordered_json;

// The rows of audit_fields.def as JSON. Names in ARNs come from requests, so
// bytes that are not UTF-8 are replaced instead of refused.
std::string Encode(const AuditEntry& entry) {
  Json record;
#define AUDIT_FIELD(Name, member, redaction, meaning) \
  record[#Name] = entry.member;
#include "control/audit_fields.def"
#undef AUDIT_FIELD
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void AuditEntry::SetDecision(const Decision& decision,
                             const Snapshot& snapshot) {
  verdict = VerdictName(decision.verdict);
  layer = LayerName(decision.layer);
  reason = ReasonName(decision.reason);
  revision = snapshot.revision();
  statements.clear();
  const size_t count =
      std::min<size_t>(decision.statement_count, decision.statements.size());
  for (size_t i = 0; i < count; ++i) {
    const StatementRef& ref = decision.statements[i];
    const PolicyLabel* const policy = snapshot.FindPolicy(ref.policy);
    statements.push_back((policy == nullptr ? "?" : policy->name) + "#" +
                         std::to_string(ref.statement));
  }
}

Status AuditTrail::Append(AuditEntry entry) const {
  std::vector<AuditEntry> entries;
  entries.push_back(std::move(entry));
  return Append(std::move(entries));
}

Status AuditTrail::Append(std::vector<AuditEntry> entries) const {
  if (entries.empty()) return OkStatus();
  const std::string now = FormatRfc3339Millis(clock_->Now());
  std::vector<std::string> lines;
  lines.reserve(entries.size());
  for (AuditEntry& entry : entries) {
    entry.time = now;
    lines.push_back(Encode(entry));
  }
  return store_->AppendAudit(lines).status();
}

Result<std::vector<AuditTrail::Line>> AuditTrail::Read(size_t count,
                                                       uint64_t before) const {
  WRIT_ASSIGN_OR_RETURN(std::vector<MetadataStore::AuditRecord> records,
                        store_->ReadAudit(count, before));
  std::vector<Line> lines;
  lines.reserve(records.size());
  for (MetadataStore::AuditRecord& record : records) {
    lines.push_back({record.sequence, std::move(record.value)});
  }
  return lines;
}

}  // namespace writ
