// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_log_pack.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "base/check.h"

namespace writ {
namespace {

// What does not vary in size.
struct Head {
  int64_t time = 0;
  uint64_t revision = 0;
  LookupTally lookup;
  Sha256Digest bundle = {};
  uint32_t resource = 0;
  uint32_t statements = 0;
  uint32_t resources = 0;
  uint32_t context = 0;
  Protocol protocol = Protocol::kCheck;
  Verdict verdict = Verdict::kImplicitDeny;
  Layer layer = Layer::kDefault;
  Reason reason = Reason::kNoMatch;
  RequestPrincipal::Declared declared = RequestPrincipal::Declared::kByName;
  bool in_management_account = false;
  bool is_lookup = false;
};

// The texts of a decision in their order, to be counted or copied.
template <typename Text, typename Count>
void ForEachText(const DecisionRecord& record,
                 const NamedStatements& statements, Text&& text,
                 Count&& count) {
  const Request& request = *record.request;
  text(record.decision_id);
  text(record.asker->listener->name);
  text(record.asker->rule->name);
  text(request.principal.name);
  text(request.principal.id);
  text(request.principal.account);
  text(request.action);
  text(request.resource_group);
  text(record.session_policy);
  for (const std::string_view resource : request.resources) text(resource);
  for (const ContextEntry& entry : request.context) {
    text(entry.key);
    count(static_cast<uint32_t>(entry.values.size()));
    for (const std::string_view value : entry.values) text(value);
  }
  for (const RecordedStatement& statement : statements.all()) {
    text(statement.kind);
    text(statement.account);
    text(statement.policy);
    text(statement.sid);
    count(statement.index);
  }
}

}  // namespace

NamedStatements::NamedStatements(const DecisionRecord& record) {
  if (record.statements.empty()) return;
  std::span<RecordedStatement> room = few_;
  if (record.statements.size() > few_.size()) {
    many_.resize(record.statements.size());
    room = many_;
  }
  const Snapshot& snapshot = record.bundle->snapshot();
  for (size_t i = 0; i < record.statements.size(); ++i) {
    room[i] = NameStatement(snapshot, record.statements[i]);
  }
  all_ = room.first(record.statements.size());
}

size_t PackedDecisionBytes(const DecisionRecord& record,
                           const NamedStatements& statements) {
  size_t bytes = sizeof(Head);
  ForEachText(
      record, statements,
      [&](std::string_view text) { bytes += sizeof(uint32_t) + text.size(); },
      [&](uint32_t) { bytes += sizeof(uint32_t); });
  return bytes;
}

void PackDecision(const DecisionRecord& record,
                  const NamedStatements& statements, char* to) {
  Head head;
  head.time = record.time.time_since_epoch().count();
  head.protocol = record.protocol;
  if (record.bundle != nullptr) {
    head.revision = record.bundle->revision();
    head.bundle = record.bundle->digest();
  }
  if (record.decision != nullptr) {
    head.verdict = record.decision->verdict;
    head.layer = record.decision->layer;
    head.reason = record.decision->reason;
    head.resource = record.decision->resource;
  }
  if (record.lookup != nullptr) {
    head.is_lookup = true;
    head.lookup = *record.lookup;
  }
  head.declared = record.request->principal.declared;
  head.in_management_account = record.request->principal.in_management_account;
  head.statements = static_cast<uint32_t>(statements.all().size());
  head.resources = static_cast<uint32_t>(record.request->resources.size());
  head.context = static_cast<uint32_t>(record.request->context.size());
  std::memcpy(to, &head, sizeof(head));
  to += sizeof(head);
  const auto count = [&](uint32_t number) {
    std::memcpy(to, &number, sizeof(number));
    to += sizeof(number);
  };
  ForEachText(
      record, statements,
      [&](std::string_view text) {
        count(static_cast<uint32_t>(text.size()));
        if (text.empty()) return;
        std::memcpy(to, text.data(), text.size());
        to += text.size();
      },
      count);
}

size_t DecisionUnpacker::Read(std::string_view bytes) {
  const size_t all = bytes.size();
  const auto raw = [&](size_t size) {
    WRIT_CHECK(size <= bytes.size());
    const std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return piece;
  };
  const auto count = [&] {
    uint32_t number = 0;
    std::memcpy(&number, raw(sizeof(number)).data(), sizeof(number));
    return number;
  };
  const auto text = [&] { return raw(count()); };

  Head head;
  std::memcpy(&head, raw(sizeof(head)).data(), sizeof(head));
  time_ = WallTime(std::chrono::nanoseconds(head.time));
  decision_ = {};
  decision_.protocol = ProtocolName(head.protocol);
  decision_.revision = head.revision;
  decision_.bundle_digest = head.bundle;
  decision_.verdict = head.verdict;
  decision_.layer = head.layer;
  decision_.reason = head.reason;
  decision_.resource = head.resource;
  if (head.is_lookup) decision_.lookup = head.lookup;
  Request& request = decision_.request;
  decision_.id = text();
  decision_.listener = text();
  decision_.asker = text();
  request.principal.name = text();
  request.principal.id = text();
  request.principal.account = text();
  request.principal.declared = head.declared;
  request.principal.in_management_account = head.in_management_account;
  request.action = text();
  request.resource_group = text();
  session_policy_ = text();
  resources_.resize(head.resources);
  for (std::string_view& resource : resources_) resource = text();
  request.resources = resources_;

  context_.resize(head.context);
  value_counts_.resize(head.context);
  values_.clear();
  for (size_t i = 0; i < context_.size(); ++i) {
    context_[i].key = text();
    value_counts_[i] = count();
    for (size_t v = 0; v < value_counts_[i]; ++v) values_.push_back(text());
  }
  size_t first = 0;
  for (size_t i = 0; i < context_.size(); ++i) {
    context_[i].values = std::span(values_).subspan(first, value_counts_[i]);
    first += value_counts_[i];
  }
  request.context = context_;

  statements_.resize(head.statements);
  for (RecordedStatement& statement : statements_) {
    statement.kind = text();
    statement.account = text();
    statement.policy = text();
    statement.sid = text();
    statement.index = count();
  }
  decision_.statements = statements_;
  return all - bytes.size();
}

}  // namespace writ
